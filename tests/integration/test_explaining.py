"""Why an order was or was not created: for every state an answer, and what decided it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from core.application import Application, LiveApplication
from core.context import Answer, Context
from core.errors import NotFound, PluginFailed
from tests.plugins.amazon_channel.amazon_json import line, order, standing
from tests.shop import Shop

NUMBER = "028-1234567-1234567"
WHERE = "(shop/A1PA6795UKMFR9)"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the kind of database."""
    return sqlite_url


def put(shop: Shop, *lines: Any, status: str = "UNSHIPPED", by: str = "MERCHANT", **more: Any) -> None:
    """Have an order of one blue mug, of which there is one, and read it."""
    there = shop.marketplace or shop.script()
    if NUMBER not in there.orders:
        shop.stock("MUG-BLUE", 1)
    times = {"createdTime": there.time(), "lastUpdatedTime": there.time()}
    there.put(order(*lines, fulfillment=standing(status, by), **times | more))
    shop.sync()


@pytest.mark.parametrize(
    ("status", "decided_by"),
    [
        ("PENDING", f"pending_orders = reserve {WHERE}"),
        ("PENDING_AVAILABILITY", "status = PendingAvailability (Amazon)"),
        ("CANCELLED", "status = Canceled (Amazon)"),
        ("UNFULFILLABLE", "status = Unfulfillable (Amazon)"),
        ("NEVER_HEARD_OF", "status = NEVER_HEARD_OF"),
    ],
)
def test_status_that_is_no_order_yet_is_explained(shop: Shop, status: str, decided_by: str) -> None:
    put(shop, status=status)
    explanation = shop.explain(NUMBER)
    assert explanation.answer.startswith("No order was created. ")
    assert (explanation.decided_by, explanation.order_number) == (decided_by, None)


def test_pending_order_that_reserves_nothing_is_explained(shop: Shop) -> None:
    shop.set(pending_orders="do_not_reserve")
    put(shop, status="PENDING")
    assert shop.explain(NUMBER).decided_by == f"pending_orders = do_not_reserve {WHERE}"


@pytest.mark.parametrize("status", ["UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED"])
def test_created_order_is_explained_with_customer_number_and_reservation(shop: Shop, status: str) -> None:
    put(shop, status=status)
    explanation = shop.explain(NUMBER)
    assert explanation.answer.startswith("An order was created: 1000001, now ")
    assert explanation.decided_by == f"import_orders = enabled {WHERE}"
    decided = {entry.code: entry.decided_by for entry in explanation.entries}
    assert decided["customer"] == f"customer_creation = guest {WHERE}, answered by guest_checkout"
    assert decided["number_source"] == f"order_number_source = store {WHERE}"
    assert ("left_reserved" in decided) == (status != "SHIPPED")
    if status != "SHIPPED":
        assert decided["left_reserved"] == f"pending_orders = reserve {WHERE}"


@pytest.mark.parametrize(
    ("settings", "lines", "decided_by", "says"),
    [
        ({"import_orders": "disabled"}, [], f"import_orders = disabled {WHERE}", "is Disabled"),
        ({}, ["UNKNOWN"], f"unknown_sku = block {WHERE}", "no product with the SKU UNKNOWN"),
        ({}, [None], f"unknown_sku = block {WHERE}", "a line has no SKU"),
        (
            {"unknown_sku": "create_disabled"},
            ["a\tb"],
            f"unknown_sku = create_disabled {WHERE}",
            "cannot be",
        ),
        ({"out_of_stock": "block"}, ["MUG-BLUE"], f"out_of_stock = block {WHERE}", "from stock"),
    ],
    ids=["disabled", "unknown sku", "no sku", "bad sku", "out of stock"],
)
def test_blocked_order_is_explained_with_the_setting_that_blocks_it(
    shop: Shop, settings: dict[str, str], lines: list[str | None], decided_by: str, says: str
) -> None:
    shop.set(**settings)
    items = []
    for sku in lines:
        item = line(quantity=2)
        item["product"] |= {"sellerSku": sku}
        items.append(item)
    put(shop, *items)
    explanation = shop.explain(NUMBER)
    assert explanation.decided_by == decided_by
    assert says in explanation.answer
    assert shop.orders() == []


def test_orders_that_are_not_kept_are_explained_too(shop: Shop) -> None:
    put(shop, by="AMAZON")
    assert shop.explain(NUMBER).decided_by == "status = Unshipped"
    assert "so that your stock is never touched" in shop.explain(NUMBER).answer
    with pytest.raises(NotFound, match="was never seen"):
        shop.explain("028-0000000-0000000")


def test_order_that_was_sold_elsewhere_is_explained(shop: Shop) -> None:
    put(shop, salesChannel={"channelName": "NON_AMAZON", "marketplaceId": "A1PA6795UKMFR9"})
    assert "not sold on this marketplace" in shop.explain(NUMBER).answer
    assert shop.explain(NUMBER).decided_by is not None


def test_order_whose_number_is_taken_is_explained(shop: Shop) -> None:
    shop.set(order_number_source="amazon")
    put(shop)
    (found,) = shop.orders()

    def rename(ctx: Context) -> None:
        row = ctx.session.get_one(type(found), found.id)
        row.number = "028-7654321-7654321"

    shop.write(rename)
    there = shop.script()
    times = {"createdTime": there.time(), "lastUpdatedTime": there.time()}
    there.put(order(**times) | {"orderId": "028-7654321-7654321"})
    shop.sync()
    explanation = shop.explain("028-7654321-7654321")
    assert explanation.decided_by == f"order_number_source = amazon {WHERE}"
    assert "is taken by another order" in explanation.answer


class _Hooks:
    """The application's hooks, and one plugin more that complains or fails."""

    def __init__(self, hooks: Any, complaints: list[str], broken: str | None) -> None:
        self._hooks, self._complaints, self._broken = hooks, complaints, broken

    def decide(self, hook: str, **arguments: Any) -> Answer | None:
        if hook == self._broken:
            raise PluginFailed("picky", hook, RuntimeError("Ada Lovelace"))
        return self._hooks.decide(hook, **arguments)  # type: ignore[no-any-return]

    def complaints(self, hook: str, **arguments: Any) -> list[str]:
        return [*self._hooks.complaints(hook, **arguments), *self._complaints]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hooks, name)


@pytest.fixture
def picky(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Adds a plugin that complains of every order, or fails in a hook."""
    current = LiveApplication.current

    def begin(*complaints: str, broken: str | None = None) -> None:
        def with_it(self: LiveApplication) -> Application:
            app = current(self)
            return replace(app, hooks=_Hooks(app.hooks, list(complaints), broken))  # type: ignore[arg-type]

        monkeypatch.setattr(LiveApplication, "current", with_it)

    return begin


def test_every_complaint_of_plugins_is_explained_and_gone_with_them(
    shop: Shop, picky: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    picky("picky: too cheap", "picky: too blue")
    put(shop)
    explanation = shop.explain(NUMBER)
    assert explanation.answer == "No order was created. Waits: picky: too cheap; picky: too blue."
    assert explanation.decided_by == "order_validate"
    monkeypatch.undo()
    shop.sync()
    assert len(shop.orders()) == 1
    assert shop.problems() == []


@pytest.mark.parametrize("hook", ["customer_resolve", "order_number_assign"])
def test_plugin_that_fails_is_named_and_nothing_of_the_order_stays(
    shop: Shop, picky: Callable[..., None], monkeypatch: pytest.MonkeyPatch, hook: str
) -> None:
    picky(broken=hook)
    put(shop)
    explanation = shop.explain(NUMBER)
    assert explanation.decided_by == f"picky: {hook}"
    assert explanation.answer == (
        f"No order was created. Waits: the plugin 'picky' failed in {hook}: RuntimeError."
    )
    assert (shop.orders(), shop.reserved("MUG-BLUE")) == ([], 0)
    monkeypatch.undo()
    shop.sync()
    assert shop.order().number == "1000001"
