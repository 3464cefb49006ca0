"""Order settings, settings that are made from a plugin's schema, and the pages of plugins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.application import LiveApplication
from core.testing import install_plugin
from tests.core.web.conftest import Pages, enter
from tests.databases import SharedSqlite
from tests.shop import GERMANY

pytestmark = pytest.mark.usefixtures("shop")
ORDERS = f"/accounts/shop/marketplaces/{GERMANY}/settings"
ACCOUNT = "/plugins/amazon_channel/settings/account/shop"
DEFAULTS = {
    "import_orders": "enabled",
    "store": "default",
    "customer_creation": "guest",
    "order_number_source": "store",
    "pending_orders": "reserve",
    "order_status": "default",
    "unknown_sku": "block",
    "out_of_stock": "create",
    "earlier_orders": "none",
    "show_pending": "no",
}


POSTCARDS = """
from marshmallow import Schema, fields, validate

from core import Plugin
from core.errors import TemporarilyUnavailable


class Postcards(Schema):
    greeting = fields.String(
        load_default="Hello",
        metadata={"label": "Greeting", "help": "What stands on it", "group": "Words"},
    )
    copies = fields.Integer(load_default=1, validate=validate.Range(1, 9))
    printer = fields.String(load_default="here", metadata={"address": True})
    api_key = fields.String(required=True, metadata={"secret": True, "label": "API key"})

    def try_values(self, values):
        if values["api_key"] == "expired":
            raise TemporarilyUnavailable("the printer does not answer")
        return f"the printer is ready for {values['copies']} copies"


plugin = Plugin("postcards", "Postcards", "1.2", settings={"global": Postcards})
"""


@pytest.fixture
def shared_database(shared_sqlite: SharedSqlite) -> Iterator[SharedSqlite]:
    """Nothing here depends on the kind of database."""
    shared_sqlite.reset()
    yield shared_sqlite
    shared_sqlite.close()


def chosen(source: str) -> dict[str, str]:
    """What each select of a page has chosen."""
    found = {}
    for name, body in re.findall(r'<select [^>]*name="(\w+)".*?>(.*?)</select>', source, re.DOTALL):
        values = re.findall(r'<option value="([^"]*)" selected', body)
        found[name] = values[0] if values else ""
    return found


def test_order_settings_begin_with_the_page_of_the_specification(pages: Pages) -> None:
    assert pages.get("/order-settings").headers["Location"] == ORDERS
    page = pages.get(ORDERS)
    assert chosen(page.source) == {**DEFAULTS, "processing_status": ""}
    labels = re.findall(r'<label class="form-label" for="\w+">([^<]*)</label>', page.source)
    assert labels == [
        "Import Amazon Orders", "Import Amazon Orders Into Store", "Customer Creation",
        "Order Number Source", "Pending Orders", "Order Status", "Processing Order Status", "Unknown SKU",
        "Out of Stock", "Earlier Orders", "Orders placed since", "Show Pending Orders",
    ]  # fmt: skip
    for option in ("No Customer Creation (guest)", "Build New Customer Account", "Do Not Reserve Quantity"):
        assert option in page.text
    assert re.search(r'data-enabled-when="order_status=custom" disabled', page.source)


def test_order_settings_are_saved_as_a_whole_and_undone(pages: Pages) -> None:
    custom = {**DEFAULTS, "order_status": "custom", "order_number_source": "amazon"}
    refused = pages.post(ORDERS, {**custom, "processing_status": ""})
    assert (refused.status, "Is required for Custom Order Status." in refused.text) == (422, True)
    assert chosen(refused.source)["order_number_source"] == "amazon"
    assert chosen(pages.get(ORDERS).source)["order_number_source"] == "store"
    assert pages.post(ORDERS, {**custom, "processing_status": "on_hold"}).status == 303
    saved = pages.get(ORDERS)
    assert "expect the store's order number" in saved.text
    assert "Order Status: Default Order Status → became Custom Order Status" in saved.text
    assert "owner.anna@shop.example" in saved.text
    (change,) = re.findall(r"/settings/undo/(\d+)", saved.source)
    assert pages.post(f"{ORDERS}/undo/{change}").status == 303
    assert chosen(pages.get(ORDERS).source) == {**DEFAULTS, "processing_status": ""}


@pytest.mark.parametrize(
    ("where", "mine"), [(ORDERS, {"out_of_stock": "block"}), (ACCOUNT, {"poll_minutes": "20"})]
)
def test_second_of_two_who_save_a_page_at_once_is_told(
    pages: Pages, live: LiveApplication, where: str, mine: dict[str, str]
) -> None:
    other = enter(Pages(live), live, "operator")
    fields = DEFAULTS if where == ORDERS else {"poll_minutes": "5", "carriers": ""}
    (seen,) = re.findall(r'name="seen" value="(\d+)"', pages.get(where).source)
    theirs = {"show_pending": "yes", "poll_minutes": "30"}
    theirs = {name: theirs.get(name, value) for name, value in fields.items()}
    assert other.post(where, {**theirs, "seen": seen}).status == 303
    told = pages.post(where, {**fields, **mine, "seen": seen})
    assert told.status == 422
    assert "perator.anna@shop.example saved these settings while" in told.text
    (seen,) = re.findall(r'name="seen" value="(\d+)"', told.source)
    assert pages.post(where, {**fields, **mine, "seen": seen}).status == 303


def test_disabled_import_keeps_every_other_field(pages: Pages) -> None:
    changed = {**DEFAULTS, "import_orders": "disabled", "out_of_stock": "block"}
    refused = pages.post(ORDERS, changed)
    assert (refused.status, "Cannot be changed while importing orders is Disabled." in refused.text) == (
        422,
        True,
    )
    assert pages.post(ORDERS, {"import_orders": "disabled"}).status == 303
    assert re.search(r'data-enabled-when="import_orders=enabled" disabled', pages.get(ORDERS).source)


@pytest.mark.parametrize(
    ("since", "status"), [("2026-06-01", 303), ("", 422), ("1999-01-01", 422), ("soon", 422)]
)
def test_earlier_orders_take_a_date(pages: Pages, since: str, status: int) -> None:
    form = {**DEFAULTS, "earlier_orders": "since", "earlier_orders_since": since}
    assert pages.post(ORDERS, form).status == status
    page = pages.get(ORDERS)
    assert chosen(page.source)["earlier_orders"] == ("since" if status == 303 else "none")
    assert ("Earlier Orders: None → became 2026-06-01" in page.text) is (status == 303)


def test_settings_of_an_account_come_from_the_schema(pages: Pages) -> None:
    page = pages.get(ACCOUNT)
    assert "Look for orders every (minutes)" in page.text
    refused = pages.post(ACCOUNT, {"poll_minutes": "1", "carriers": ""})
    assert (refused.status, 'id="poll_minutes-wrong"' in refused.source) == (422, True)
    assert pages.post(ACCOUNT, {"poll_minutes": "10", "carriers": "Post=DHL"}).status == 303
    saved = pages.get(ACCOUNT)
    assert "Post=DHL" in saved.source
    assert "Carriers: - → became Post → DHL" in saved.text
    assert pages.post(ACCOUNT, {"poll_minutes": "10", "carriers": ""}).status == 303
    assert "Post=DHL" not in pages.get(ACCOUNT).source
    assert pages.get("/plugins/amazon_channel/settings/account/other").status == 404
    assert pages.get("/plugins/amazon_channel/settings").status == 404


@pytest.fixture
def postcards(tmp_path: Path) -> Iterator[None]:
    """A plugin with a secret and a way to try its settings."""
    with install_plugin(tmp_path, "postcards", {"postcards.py": POSTCARDS}):
        yield


@pytest.mark.usefixtures("postcards")
def test_secret_of_a_plugin_is_kept_when_empty_and_tried_before_it_is_saved(pages: Pages) -> None:
    where = "/plugins/postcards/settings"
    assert pages.get(where).status == 404
    assert pages.post("/plugins/postcards/enable").status == 303
    assert "lease fill this in" in pages.post(where, {"greeting": "Hi", "copies": "3"}).text
    failing = {"greeting": "Hi", "copies": "3", "api_key": "expired"}
    refused = pages.post(where, failing)
    assert (refused.status, "The printer does not answer." in refused.text) == (422, True)
    assert "expired" not in refused.source
    assert "Save all the same" in refused.text
    tried = pages.post(where, {**failing, "api_key": "hunter2", "action": "test"})
    assert "ready for 3 copies" in tried.text
    assert pages.post(where, {**failing, "api_key": "hunter2"}).status == 303
    saved = pages.get(where)
    assert ("A value is stored." in saved.text, "hunter2" in saved.source) == (True, False)
    assert pages.post(where, {"greeting": "Hi", "copies": "4", "api_key": ""}).status == 303
    assert "ready for 5 copies" in pages.post(where, {"copies": "5", "api_key": "", "action": "test"}).text
    assert pages.post(where, {**failing, "action": "anyway"}).status == 303
    moved = {"greeting": "Hi", "copies": "4", "printer": "there"}
    for action in ("test", "save", "anyway"):
        asked = pages.post(where, {**moved, "action": action})
        assert (asked.status, "Printer was changed: enter this again" in asked.text) == (422, True)
    assert pages.post(where, {**moved, "api_key": "hunter3"}).status == 303
    (change, *_rest) = re.findall(r"/settings/undo/(\d+)", pages.get(where).source)
    kept = pages.post(f"{where}/undo/{change}")
    assert (kept.status, "a stored secret to another address" in kept.text) == (409, True)


def test_plugins_are_listed_with_what_they_add(pages: Pages) -> None:
    assert "Build New Customer Account" in pages.get("/plugins").text
    one = pages.get("/plugins/amazon_channel").text
    assert "shipment_completed" in one
    assert "entrepot amazon" in one
    assert pages.get("/plugins/nothing").status == 404


def test_disabling_a_plugin_says_first_what_stops(pages: Pages) -> None:
    asked = pages.post("/plugins/amazon_channel/disable")
    assert (asked.status, "The account shop is not read any more" in asked.text) == (409, True)
    assert pages.post("/plugins/amazon_channel/disable", {"confirmed": "yes"}).status == 303
    disabled = pages.get("/plugins/amazon_channel").text
    assert "plugins.amazon_channel:plugin" in disabled
    says = "Amazon as a sales channel: its orders in, tracking numbers back."
    assert says in disabled
    assert says in pages.get("/plugins").row("Amazon", "Disabled")
    assert "shipment_completed" not in disabled
    assert pages.get("/accounts/shop").status == 200
    assert pages.post("/plugins/amazon_channel/enable").status == 303


def test_who_may_only_look_changes_no_setting(live: LiveApplication) -> None:
    pages = enter(Pages(live), live, "read_only")
    assert "Save</button>" not in pages.get(ORDERS).text
    assert pages.post(ORDERS, DEFAULTS).status == 403
    assert pages.post(ACCOUNT, {"poll_minutes": "10"}).status == 403
    assert pages.post("/plugins/guest_checkout/disable").status == 403
