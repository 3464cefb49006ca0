"""Whoever fills a field with what is meant for a browser or a spreadsheet, or sends a form of their own."""

from __future__ import annotations

import csv
import html
import re
from collections import Counter
from collections.abc import Iterator
from io import BytesIO, StringIO
from urllib.parse import quote

import pytest
from sqlalchemy import String, Table, select, update
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from core.commerce.orders import get_order, hold_order
from core.commerce.refunds import refund_order
from core.context import Context
from core.database.base import Base
from core.database.types import EncryptedText
from tests.core.web.conftest import Pages, enter
from tests.databases import SharedSqlite
from tests.shop import Shop

#: A formula, the end of an attribute, a script, a template, the end of an SQL text.
HOSTILE = "=1+1\"><img src=x onerror=alert('x')>{{7*13371337}}' OR '1'='1"
#: What would run or be computed if it were taken for more than text.
RUNS = ("<img src=x", "93599359")
#: Texts that come from outside or from people, by table; whatever is shorter is cut.
FILLED: dict[str, tuple[str, ...]] = {
    "orders": ("external_id", "buyer_name", "shipping_method", "payment_reference"),
    "order_lines": ("sku", "name"),
    "order_addresses": ("name", "company", "line1", "line2", "city", "state", "postal_code", "phone"),
    "order_status_changes": ("reason",),
    "packages": ("carrier", "tracking_number", "shipping_method"),
    "refunds": ("reason",),
    "products": ("sku", "name"),
    "stock_movements": ("reason", "reference"),
    "customers": ("name", "email"),
    "customer_addresses": ("name", "company", "line1", "line2", "city", "state", "postal_code", "phone"),
    "stores": ("name",),
    "order_statuses": ("label",),
    "saved_views": ("name",),
    "file_imports": ("file_name",),
    "channel_accounts": ("name", "seller_id", "last_error"),
    "channel_orders": ("buyer_name", "status"),
    "channel_confirmations": ("last_error",),
    "channel_requests": ("last_error", "reason"),
    "channel_sync_runs": ("error",),
    "problems": ("message", "cause"),
    "jobs": ("last_error",),
    "deliveries": ("last_error",),
    "api_tokens": ("name",),
}
MOST_OF_ONE_KIND = 4

pytestmark = pytest.mark.usefixtures("shop")


@pytest.fixture
def shared_database(shared_sqlite: SharedSqlite) -> Iterator[SharedSqlite]:
    """Where pages are the same on every kind of database."""
    shared_sqlite.reset()
    yield shared_sqlite
    shared_sqlite.close()


@pytest.fixture
def filled(shop: Shop) -> Pages:
    """A shop in which everything has happened and every text is hostile, as its owner sees it."""
    pages = enter(Pages(shop.live), shop.live)
    shop.stock("MUG", 10)
    shop.place(("MUG", 2))
    shop.place(("GONE", 1))
    shop.sync()
    number = shop.orders()[0].number
    shop.ship(number, ("MUG", 1))
    shop.write(lambda ctx: refund_order(ctx, get_order(ctx.session, number), None, "CustomerReturn"))
    shop.work()
    shop.write(lambda ctx: hold_order(ctx, get_order(ctx.session, number), "waits"))
    customers = "email,name,line1,city\nanna@shop.example,Anna,Way 1,Bonn\n"
    for kind, text in (("customers", customers), ("products", "sku,price\nMUG,dear\n")):
        sent = pages.post(f"/{kind}/import", {"file": (BytesIO(text.encode()), f"{HOSTILE}.csv")})
        assert sent.status == 303
        pages.post(f"{sent.headers['Location']}/apply")
    pages.post("/orders/views", {"name": "mine", "status": "processing"})
    pages.post("/tokens", {"name": "erp", "scopes": "orders:read"})
    shop.write(_fill)
    return pages


def _fill(ctx: Context) -> None:
    for name, columns in FILLED.items():
        table: Table = Base.metadata.tables[name]
        key = list(table.primary_key.columns)
        for place, row in enumerate(ctx.session.execute(select(*key)).all()):
            values = {column: _cut(table, column, f"{HOSTILE}{place:04}") for column in columns}
            wanted = [column == value for column, value in zip(key, row, strict=True)]
            ctx.session.execute(update(table).where(*wanted).values(values))


def _cut(table: Table, column: str, text: str) -> str:
    """So much of it as fits, the end kept: some columns are unique."""
    kind = table.c[column].type
    length = kind.length if isinstance(kind, String) and not isinstance(kind, EncryptedText) else None
    return text if length is None or len(text) <= length else text[: length - 4] + text[-4:]


def test_no_text_becomes_more_than_text_on_any_page(filled: Pages) -> None:
    adapter = filled.app.url_map.bind("127.0.0.1")
    waiting, seen, visits = ["/", "/problems?view=ignored", "/orders?status=on_hold"], set(), Counter[str]()
    while waiting:
        address = waiting.pop(0)
        try:
            endpoint, _ = adapter.match(html.unescape(address).partition("?")[0])
        except HTTPException:
            continue
        if address in seen or visits[endpoint] >= MOST_OF_ONE_KIND or "export" in endpoint:
            continue
        seen.add(address)
        found = filled.get(address)
        visits[endpoint] += found.status == 200
        assert found.status < 500, address
        assert not [word for word in RUNS if word in found.source], address
        waiting += [link.partition("#")[0] for link in found.links() if link.startswith("/")]
    assert not {"orders.one", "channel_orders.one", "products.one", "customers.one", "accounts.one",
                "problems.one", "products.import_one", "jobs.show",
                "deliveries.show", "audit.show", "tokens.show"} - {*visits}  # fmt: skip


@pytest.mark.parametrize("path", ["/orders/export.csv", "/products/export", "/customers/export"])
def test_no_cell_of_an_export_is_a_formula(filled: Pages, path: str) -> None:
    rows = list(csv.reader(StringIO(filled.get(path).source.removeprefix("\ufeff"))))
    cells = [cell for row in rows for cell in row]
    assert any("<img src=x" in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_every_form_is_refused_without_the_token_of_its_session(filled: Pages) -> None:
    answered = {
        rule.endpoint: filled.ask("POST", address).status
        for rule in filled.app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
        for address in [address_of(rule, "nothing", "1")]
    }
    assert len(answered) > 50
    assert {endpoint for endpoint, status in answered.items() if status != 400} == set()


def address_of(rule: Rule, text: str, number: str) -> str:
    """An address that this rule answers, with these in its parts."""
    found = re.sub(r"<any\((\w+)[^>]*>", r"\1", rule.rule)
    return re.sub(r"<[^>]*>", quote(text, safe=""), re.sub(r"<int:[^>]+>", number, found))
