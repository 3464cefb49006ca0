"""What can be done with an order from its page: each action with its address, or why it cannot be done."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, url_for
from flask_babel import gettext as _

from core.commerce import statuses
from core.commerce.orders import Order, can_cancel, can_hold, can_release
from core.commerce.refunds import can_refund
from core.context import Context
from core.web.admin.identity import needed_by
from core.web.admin.shell import may

SHIP, CANCEL = "order_shipping.show", "order_actions.cancel"


@dataclass(frozen=True)
class Offered:
    """One action. `why_not` is a sentence if it cannot be done now."""

    endpoint: str
    label: str
    icon: str
    address: str
    why_not: str | None = None

    @property
    def is_main(self) -> bool:
        """Whether it is what most orders wait for."""
        return self.endpoint == SHIP

    @property
    def is_cancel(self) -> bool:
        """Whether it cancels the order."""
        return self.endpoint == CANCEL


def has_view(endpoint: str) -> bool:
    """Whether there is such a page."""
    return endpoint in current_app.view_functions


def offered(ctx: Context, order: Order) -> list[Offered]:
    """What the operator may do, the most likely first; what makes no sense for this order is left out."""
    is_held = statuses.like_of(ctx.session, order.status) == statuses.ON_HOLD
    hold = (
        ("order_actions.release", _("Release"), "player-play", can_release)
        if is_held
        else ("order_actions.hold", _("Hold"), "player-pause", can_hold)
    )
    wanted = [
        (SHIP, _("Ship"), "truck-delivery", _can_ship),
        ("order_actions.address", _("Change address"), "pencil", _can_change_address),
        hold,
        ("order_refunding.show", _("Refund"), "receipt-refund", can_refund),
        (CANCEL, _("Cancel order"), "ban", can_cancel),
    ]
    return [
        Offered(endpoint, label, icon, url_for(endpoint, number=order.number), why_not(ctx, order))
        for endpoint, label, icon, why_not in wanted
        if may(needed_by(endpoint) or "")
    ]


def _can_ship(ctx: Context, order: Order) -> str | None:
    like = statuses.like_of(ctx.session, order.status)
    if like == statuses.ON_HOLD:
        return str(_("the order is on hold: release it first"))
    if like not in statuses.OPEN or order.left_to_ship == 0:
        return str(_("nothing is left to ship"))
    return None


def _can_change_address(ctx: Context, order: Order) -> str | None:
    if order.has_shipped:
        return str(_("part of the order has left already"))
    is_open = statuses.like_of(ctx.session, order.status) in statuses.OPEN
    return None if is_open else str(_("nothing is left to ship"))
