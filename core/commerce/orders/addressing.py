"""Where an order goes: whether a parcel could be sent there, and mending it by hand."""

from __future__ import annotations

from dataclasses import asdict

from core.commerce import statuses
from core.commerce.addresses import Address
from core.commerce.orders.changing import lock_order
from core.commerce.orders.tables import Order, OrderAddress
from core.context import Context
from core.errors import InvalidValue, WrongState
from core.problems import raise_problem, resolve_problems

ADDRESS_INCOMPLETE = "address_incomplete"


def find_shipping_address(order: Order) -> OrderAddress | None:
    """The address that the order goes to, if one was ever told."""
    return next((entry for entry in order.addresses if entry.kind == "shipping"), None)


def lacks_address(order: Order) -> bool:
    """Whether an address was told and no parcel could be sent there.

    Where none was told at all, as by channels that keep addresses to themselves, nothing is lacking.
    """
    known = find_shipping_address(order)
    return known is not None and not known.to_address().is_complete


def check_address(ctx: Context, order: Order) -> None:
    """An order that waits to be shipped to an incomplete address is a problem until that is mended."""
    is_open = statuses.like_of(ctx.session, order.status) in statuses.OPEN
    if not is_open or not lacks_address(order):
        resolve_problems(ctx, order.subject, [ADDRESS_INCOMPLETE])
        return
    raise_problem(
        ctx,
        ADDRESS_INCOMPLETE,
        order.number,
        order.subject,
        f"The address of order {order.number} is incomplete: mend it, so that the order can be shipped.",
        number=order.number,
    )


def mend_address(ctx: Context, order: Order, address: Address) -> None:
    """Write down where the order goes. Raises WrongState if it has left, InvalidValue for missing parts."""
    order = lock_order(ctx.session, order.id)
    if order.has_shipped or statuses.like_of(ctx.session, order.status) not in statuses.OPEN:
        raise WrongState(f"order {order.number} has left or ended: its address stays as it is")
    if not address.is_complete:
        missing = {
            field: ["this is needed to send a parcel"]
            for field in ("line1", "city", "country")
            if not getattr(address, field)
        }
        if not (address.name or address.company):
            missing["name"] = ["a name or a company is needed to send a parcel"]
        raise InvalidValue("the address is not complete yet", missing)
    known = find_shipping_address(order)
    if known is None:
        order.addresses.append(OrderAddress(kind="shipping", **asdict(address)))
    else:
        for name, value in asdict(address).items():
            setattr(known, name, value)
    ctx.session.flush()
    resolve_problems(ctx, order.subject, [ADDRESS_INCOMPLETE])
