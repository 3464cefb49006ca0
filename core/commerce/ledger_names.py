"""Which orders stand behind what the ledgers of stock name by a code, such as `order:12`."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.commerce.catalog import in_portions
from core.commerce.orders import Order
from core.commerce.shipments import Shipment

ORDER, SHIPMENT = "order", "shipment"


def order_numbers(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """The numbers of the orders behind those of these codes that stand for an order or a shipment."""
    wanted: dict[str, list[int]] = {ORDER: [], SHIPMENT: []}
    for code in set(codes):
        kind, _, number = code.partition(":")
        if kind in wanted and number.isascii() and number.isdigit():
            wanted[kind].append(int(number))
    found: dict[str, str] = {}
    for ids in in_portions(wanted[ORDER]):
        rows = session.execute(select(Order.id, Order.number).where(Order.id.in_(ids)))
        found.update((f"{ORDER}:{order_id}", number) for order_id, number in rows)
    for ids in in_portions(wanted[SHIPMENT]):
        rows = session.execute(select(Shipment.id, Order.number).join(Order).where(Shipment.id.in_(ids)))
        found.update((f"{SHIPMENT}:{shipment_id}", number) for shipment_id, number in rows)
    return found
