"""The decision tables: which channel order becomes an order, and what is reserved. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.channels.listing import (
    CANCELED,
    MERCHANT,
    PARTIALLY_SHIPPED,
    PENDING,
    SHIPPED,
    UNFULFILLABLE,
    UNSHIPPED,
)


class Reserve(StrEnum):
    """What is reserved: nothing, what was ordered, or what is left to ship."""

    NOTHING = "nothing"
    ORDERED = "ordered"
    LEFT_TO_SHIP = "left_to_ship"


@dataclass(frozen=True)
class Situation:
    """What the tables look at.

    is_short   whether a managed line is short of what is left to ship
    """

    fulfilled_by: str
    status: str
    pending_orders: str
    out_of_stock: str
    is_short: bool = False


@dataclass(frozen=True)
class Verdict:
    """What follows. `code` is the trace's word for why there is no order; None where there is one."""

    creates_order: bool
    reserves: Reserve
    code: str | None = None


def decide(situation: Situation) -> Verdict:
    """One row of the tables of *Which order is created, and what is reserved*."""
    if situation.fulfilled_by != MERCHANT:
        return _fulfilled_by_channel(situation.status)
    if situation.status == PENDING:
        return _pending(situation.pending_orders)
    if situation.status in (UNSHIPPED, PARTIALLY_SHIPPED):
        return _open(situation)
    if situation.status == SHIPPED:
        return Verdict(creates_order=True, reserves=Reserve.NOTHING)
    if situation.status == UNFULFILLABLE:
        return Verdict(False, Reserve.NOTHING, "unfulfillable")
    if situation.status == CANCELED:
        return Verdict(False, Reserve.NOTHING, "never_shipped")
    return Verdict(False, Reserve.NOTHING, "status_waits")


def _fulfilled_by_channel(status: str) -> Verdict:
    if status == SHIPPED:
        return Verdict(creates_order=True, reserves=Reserve.NOTHING)
    return Verdict(False, Reserve.NOTHING, "channel_ships_later")


def _pending(pending_orders: str) -> Verdict:
    reserves = Reserve.ORDERED if pending_orders == "reserve" else Reserve.NOTHING
    return Verdict(False, reserves, "pending")


def _open(situation: Situation) -> Verdict:
    if situation.is_short and situation.out_of_stock == "block":
        return Verdict(False, Reserve.NOTHING, "out_of_stock")
    reserves = situation.pending_orders == "reserve"
    return Verdict(
        creates_order=True,
        reserves=Reserve.LEFT_TO_SHIP if reserves else Reserve.NOTHING,
    )
