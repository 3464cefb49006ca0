"""The trace: what is told again and again is counted, and does not grow it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.channels.explaining import explain_order
from core.channels.trace import add_trace, list_trace
from core.context import Context
from tests.shop import Shop

NUMBER = "028-1"


def tell(shop: Shop, code: str, **data: Any) -> None:
    shop.write(lambda ctx: add_trace(ctx, (shop.account_id, NUMBER), code, **data))


def counted(shop: Shop) -> list[tuple[str, int]]:
    found: Callable[[Context], list[tuple[str, int]]] = lambda ctx: [  # noqa: E731
        (entry.code, entry.times) for entry in list_trace(ctx.session, NUMBER)
    ]
    return shop.read(found)


def test_codes_that_alternate_are_counted_each(shop: Shop) -> None:
    for _ in range(3):
        tell(shop, "carrier_unmapped", carrier="Pony")
        for reference in ("1", "2"):
            tell(shop, "confirmation_retried", reference=reference, error="access_denied")
    assert counted(shop) == [
        ("carrier_unmapped", 3),
        ("confirmation_retried", 3),
        ("confirmation_retried", 3),
    ]


def test_what_was_told_last_answers_although_it_was_counted_with_an_older_entry(shop: Shop) -> None:
    for code in ("not_sold_here", "channel_ships_later", "not_sold_here"):
        tell(shop, code, status="Unshipped")
    (explanation,) = shop.read(lambda ctx: explain_order(ctx.session, NUMBER))
    assert "was not sold on this marketplace" in explanation.answer


def test_what_is_told_anew_after_something_else_of_its_kind_long_since_is_an_entry_of_its_own(
    shop: Shop,
) -> None:
    tell(shop, "status", old="Pending", new="Unshipped")
    for number in range(9):
        tell(shop, "status", old=str(number), new=str(number + 1))
    tell(shop, "status", old="Pending", new="Unshipped")
    assert len(counted(shop)) == 11
