"""Finding an order by its buyer's name, which is encrypted: by the blind hashes of its words."""

from __future__ import annotations

from sqlalchemy import delete

from core.commerce.orders.tables import Order, OrderWord
from core.commerce.words import words_of
from core.context import Context


def index_buyer(ctx: Context, order: Order) -> None:
    """Make an order that has been written findable by each word of its buyer's name, and by no other."""
    ctx.session.execute(delete(OrderWord).where(OrderWord.order_id == order.id))
    for word in words_of(order.buyer_name):
        ctx.session.add(OrderWord(order_id=order.id, word=word, placed_at=order.placed_at))
    ctx.session.flush()
