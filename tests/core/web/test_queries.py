"""What a list asks of the database: as many statements for thirty rows as for three."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from core.access import CORE_SCOPES, Operator, add_token, note_audit
from core.application import LiveApplication
from core.channels.accounts import Account, AccountMarketplace
from core.channels.channel_orders import ChannelOrder
from core.channels.channel_requests import ChannelRequest
from core.channels.confirmations import Confirmation
from core.channels.runs import SyncRun
from core.commerce.addresses import Address
from core.commerce.catalog import Product, create_product
from core.commerce.customers import Buyer, create_customer, remember_address
from core.commerce.file_imports import start_import
from core.commerce.import_plans import CsvRow
from core.commerce.importers import PRODUCTS
from core.commerce.orders import DraftCharge, DraftLine, Order, OrderDraft, get_order, place_order
from core.commerce.refunds import refund_order
from core.commerce.shipments import Package, PackageContents, ship_order
from core.commerce.statuses import add_status
from core.commerce.stores import add_store, get_store
from core.commerce.views import save_view
from core.context import Context
from core.events import record_event
from core.extensions import enable_plugin
from core.jobs import enqueue
from core.money import Money
from core.problems import Problem, raise_problem
from core.web.app import API
from plugins.erp_bridge.consumers import NewConsumer, add_consumer
from plugins.erp_bridge.models import Consumer, Pickup
from tests.core.web.api.conftest import PREFIX, Api
from tests.core.web.conftest import Pages, enter
from tests.shop import GERMANY

#: Lists that stand under something; every other list is found by its having no parameter.
PAGES = (
    "/customers/1", "/products/1", "/products/import/1", "/accounts/account-0", "/accounts/account-0/runs",
    "/problems/{problem}", "/orders/{order}", f"/accounts/account-0/marketplaces/{GERMANY}/settings",
    "/erp/consumers/consumer-0", "/erp/consumers/consumer-0/dry-run",
)  # fmt: skip
#: What is read without a parameter and lists nothing.
NO_LISTS = ("/login", "/setup", "/healthz", "/readyz", "/profile/second-factor")
RESOURCES = ("/orders/{order}/shipments", "/orders/{order}/refunds")


@dataclass
class Statements:
    """How many were sent to the database."""

    count: int = 0


@contextmanager
def counted(live: LiveApplication) -> Iterator[Statements]:
    """Count what is sent meanwhile."""
    found = Statements()

    def count(*_: object) -> None:
        found.count += 1

    event.listen(live.engine, "before_cursor_execute", count)
    try:
        yield found
    finally:
        event.remove(live.engine, "before_cursor_execute", count)


def fill(ctx: Context, place: int, long_order: str) -> None:
    """One more row in every list, each about something else."""
    name = f"{place:02}"
    store = get_store(ctx.session, "default")
    add_store(ctx, f"store-{name}", f"Store {name}", "EUR", f"S{name}-")
    add_status(ctx, f"status_{name}", f"Status {name}", "processing")
    product = create_product(ctx, f"SKU-{name}", f"Product {name}", Money(Decimal(9), "EUR"))
    customer = create_customer(ctx, store.id, Buyer(f"Buyer {name}", f"{name}@example.com"), "amazon")
    remember_address(ctx, customer, Address(line1=f"Street {name}", city="London", country="GB"))
    fill_channel(ctx, place, product, long_order)
    for subject in [*fill_access(ctx, name), f"customer:{customer.id}", f"product:{product.sku}"]:
        note_audit(ctx, "personal_data.seen", subject)
    start_import(ctx, PRODUCTS, f"{name}.csv", [CsvRow(2, {"sku": f"NEW-{name}"}, None)])
    save_view(ctx, "orders", f"View {name}", {"status": "processing"})


def fill_access(ctx: Context, name: str) -> list[str]:
    """An operator and a token; what the audit log calls them."""
    operator = Operator(
        email=f"{name}@shop.example", email_index=f"{name}@shop.example", role="operator",
        password_hash="-", created_at=ctx.clock.now(),
    )  # fmt: skip
    ctx.session.add(operator)
    token, _text = add_token(ctx, f"token {name}", ["orders:read"], CORE_SCOPES)
    ctx.session.flush()
    return [f"operator:{operator.id}", f"token:{token.id}"]


def fill_channel(ctx: Context, place: int, product: Product, long_order: str) -> None:
    """An account, an order that was shipped and picked up, and what is told of them."""
    name = f"{place:02}"
    account = Account(
        channel="amazon", name=f"account-{place}", seller_id=name, region="eu", credentials={},
        added_at=ctx.clock.now(),
    )  # fmt: skip
    account.marketplaces.append(AccountMarketplace(marketplace=GERMANY, title="Germany"))
    ctx.session.add(account)
    ctx.session.flush()
    order = order_of(ctx, product.sku, 1)
    order.customer_id = 1
    package = ship_order(ctx, order, [PackageContents("DHL", f"T{name}", None)]).packages[0]
    rows, confirmation, request = of_channel(ctx, name, account, package)
    lengthen(ctx, long_order, name)
    subjects = {
        "order": order.id, "channel_order": rows[0].id, "product": product.id, "request": request.id,
        "confirmation": confirmation.id, "account": account.id,
    }  # fmt: skip
    tell_of(ctx, subjects)
    skus = {"code": "out_of_stock", "skus": [product.sku]}
    raise_problem(
        ctx, "channel_order_held", product.sku, f"channel_order:{rows[1].id}", "It waits.", **skus
    )
    seen = [
        f"order:{order.number}",
        f"account:{account.name}",
        f"settings:amazon_channel marketplace {account.id}/{GERMANY}",
        f"settings:amazon_channel account {account.id}",
    ]  # fmt: skip
    for subject in seen:
        note_audit(ctx, "personal_data.seen", subject)
    pick_up(ctx, place, order)


def of_channel(
    ctx: Context, name: str, account: Account, package: Package
) -> tuple[list[ChannelOrder], Confirmation, ChannelRequest]:
    """Two orders of a channel, the one with a confirmation and a request, and a run."""
    now = ctx.clock.now()
    rows = [
        ChannelOrder(
            account_id=account_id, marketplace=GERMANY, external_id=f"{held}-{name}",
            status="Unshipped", fulfilled_by="merchant", placed_at=now, updated_at=now, payload={},
            counts_as_new=True, stored_at=now, order_id=order_id, held_code=held,
            buyer_name=f"Buyer {name}",
        )
        for account_id, order_id, held in (
            (account.id, package.shipment.order_id, None), (1, None, "unknown_sku"),
        )
    ]  # fmt: skip
    ctx.session.add_all(rows)
    ctx.session.flush()
    confirmation = Confirmation(
        channel_order_id=rows[0].id, package_id=package.id, reference="1", state="queued", created_at=now
    )
    request = ChannelRequest(
        channel_order_id=rows[0].id, kind="cancel", reason="NoInventory", lines=[], state="refused",
        actor="cli", created_at=now,
    )  # fmt: skip
    run = SyncRun(
        account_id=1, started_at=now, ended_at=now, seen=1, imported=1, updated=0, skipped=0, held=0,
        failed=0,
    )  # fmt: skip
    ctx.session.add_all([confirmation, request, run])
    ctx.session.flush()
    return rows, confirmation, request


def lengthen(ctx: Context, long_order: str, name: str) -> None:
    """One more shipment and one more refund of one order."""
    long = get_order(ctx.session, long_order)
    ship_order(ctx, long, [PackageContents("DHL", f"L{name}", {long.lines[0].id: 1})])
    refund_order(ctx, long, Money(Decimal("0.10"), "EUR"), "customer_asked")


def tell_of(ctx: Context, subjects: dict[str, int]) -> None:
    """Jobs, an event and a problem about each of these."""
    kinds = {"request": "channel_request", "account": "channel_account"}
    for kind, row_id in subjects.items():
        subject = f"{kinds.get(kind, kind)}:{row_id}"
        enqueue(ctx, "nobody.knows", {f"{kind}_id": row_id})
        enqueue(ctx, "nobody.knows", {"subject": subject, "plugin": "amazon_channel"})
        record_event(ctx, "order_created", subject, {"order_id": subjects["order"]})
        raise_problem(ctx, "job_failed", "one cause", subject, "It failed.", title="Something")


def pick_up(ctx: Context, place: int, order: Order) -> None:
    """One more consumer of the ERP bridge, and one more thing that the first of them is told."""
    now, name = ctx.clock.now(), f"{place:02}"
    consumer = add_consumer(ctx, NewConsumer(f"consumer-{place}"))
    first = ctx.session.scalar(select(Consumer).order_by(Consumer.id)) or consumer
    pickup = Pickup(
        consumer_id=first.id, order_id=order.id, event="order.created", idempotency_key=name,
        waits_since=now, created_at=now, changed_at=now,
    )  # fmt: skip
    ctx.session.add(pickup)


def order_of(ctx: Context, sku: str, units: int) -> Order:
    """An order of so many, 10.00 a unit."""
    return place_order(
        ctx,
        OrderDraft(
            store=get_store(ctx.session, "default"),
            status="processing",
            currency="EUR",
            placed_at=ctx.clock.now(),
            lines=(DraftLine(sku, sku, units, charges=(DraftCharge("item", Decimal(10) * units),)),),
            customer_policy="guest",
            buyer=Buyer("Ada", "ada@example.com"),
        ),
    ).order


@dataclass(frozen=True)
class Lists:
    """A shop whose lists can be made longer, and who asks for them."""

    live: LiveApplication
    pages: Pages
    api: Api
    long_order: str

    def grow(self, first: int, last: int) -> None:
        """Have these rows in every list; each by another operator."""
        for place in range(first, last):
            with self.live.current().writing(f"operator:{place + 2}") as ctx:
                fill(ctx, place, self.long_order)

    def addresses(self) -> list[str]:
        """Every list: whatever is read without a parameter, and those above."""
        app = self.pages.app
        plain = [_plain_addresses(app, ""), _plain_addresses(app.extensions[API], PREFIX)]
        with self.live.current().reading() as ctx:
            problem = ctx.session.scalar(select(func.min(Problem.id)).where(Problem.cause == "one cause"))
        under = [*PAGES, *(PREFIX + path for path in RESOURCES)]
        return sorted(
            [*plain[0], *plain[1], *(path.format(problem=problem, order=self.long_order) for path in under)]
        )

    def statements(self, address: str) -> int:
        """How many it takes to answer this."""
        with counted(self.live) as statements:
            if address.startswith(PREFIX):
                status = self.api.get(address.removeprefix(PREFIX)).status
            else:
                status = self.pages.get(address).status
        assert status == 200, (address, status)
        return statements.count


@pytest.fixture
def lists(live: LiveApplication) -> Lists:
    """The lists of a shop with every plugin, still empty."""
    enable_plugin(live.current().plugin_host(), "erp_bridge", "test")
    with live.current().writing("test") as ctx:
        number = order_of(ctx, "LONG", 40).number
    lists = Lists(live, enter(Pages(live), live), Api(live), number)
    assert lists.api.get("/orders").status == 200, "that the token is in use is written down once"
    return lists


def test_a_list_takes_as_many_statements_for_thirty_rows_as_for_three(lists: Lists) -> None:
    lists.grow(0, 3)
    addresses = lists.addresses()
    assert len(addresses) > 40, "every list is found"
    three = [lists.statements(address) for address in addresses]
    lists.grow(3, 30)
    thirty = [lists.statements(address) for address in addresses]
    compared = zip(addresses, three, thirty, strict=True)
    assert [each for each in compared if each[1] != each[2]] == []


def test_a_list_is_turned_over_to_its_end(lists: Lists) -> None:
    lists.grow(0, 10)
    problem = next(address for address in lists.addresses() if address.startswith("/problems/"))
    for address in ("/jobs", "/deliveries", "/audit", problem):
        page, rows = lists.pages.get(address), 0
        while following := [link for link in page.links() if "before=" in link or "after=" in link]:
            rows += page.source.count("<tr>") - 1
            page = lists.pages.get(following[0])
            assert address in page.links(), "it leads back to the first page"
        assert rows >= 50, address
        assert page.source.count("<tr>") > 1, address


def _plain_addresses(app: Flask, prefix: str) -> list[str]:
    rules = [
        rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments
    ]
    return [prefix + rule.rule for rule in rules if rule.rule not in NO_LISTS]
