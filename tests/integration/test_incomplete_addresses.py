"""An incomplete address never blocks the import; it blocks shipping until somebody mends it."""

from __future__ import annotations

import pytest

from core.commerce.addresses import Address
from core.commerce.orders import get_order, mend_address
from core.context import Context
from core.errors import InvalidValue, WrongState
from tests.shop import Shop


def mend(shop: Shop, **parts: str | None) -> None:
    address = Address(**{"name": "Ada", "line1": "Mill Lane 1", "city": "Ghent", "country": "BE", **parts})

    def write(ctx: Context) -> None:
        mend_address(ctx, get_order(ctx.session, shop.order().number), address)

    shop.write(write)


def test_incomplete_address_blocks_shipping_until_it_is_mended(shop: Shop) -> None:
    shop.stock("MUG", 5)
    number = shop.place(("MUG", 1), address={"address_line1": None})
    shop.sync()
    order = shop.order()
    assert [(problem.kind, problem.cause) for problem in shop.problems()] == [
        ("address_incomplete", order.number)
    ]
    with pytest.raises(WrongState, match="mend it before shipping"):
        shop.ship(order.number)
    with pytest.raises(InvalidValue) as refused:
        mend(shop, line1=None)
    assert list(refused.value.fields) == ["line1"]
    mend(shop)
    assert shop.problems() == []
    shop.world.request_cancellation(number)
    shop.later()
    shop.sync()
    assert [entry.line1 for entry in shop.order().addresses] == ["Mill Lane 1"]
    assert "address_incomplete" not in [problem.kind for problem in shop.problems()]


def test_mended_address_lets_the_order_be_shipped(shop: Shop) -> None:
    shop.stock("MUG", 5)
    shop.place(("MUG", 1), address={"address_line1": None})
    shop.sync()
    mend(shop)
    shop.ship(shop.order().number)
    assert shop.order().status == "complete"
    with pytest.raises(WrongState, match="has left"):
        mend(shop)
