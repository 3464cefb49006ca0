"""What is done with an order: canceled, held and released, its address mended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from flask import Blueprint, abort
from flask_babel import gettext as _
from marshmallow import Schema, fields
from marshmallow.validate import Length
from werkzeug.wrappers import Response

from core.channels.channel_requests import (
    ChannelRequest,
    close_request,
    get_request,
    list_requests,
    retry_request,
)
from core.channels.wishes import CANCEL, REFUND
from core.commerce import statuses
from core.commerce.addresses import Address
from core.commerce.orders import (
    Order,
    can_cancel,
    can_hold,
    can_release,
    cancel_order,
    cancel_reasons,
    find_shipping_address,
    get_order,
    hold_order,
    mend_address,
    release_order,
)
from core.context import Context
from core.errors import NotFound
from core.web.admin.address_forms import ShippingAddressForm
from core.web.admin.forms import Form
from core.web.admin.order_forms import action_page, back, carry_out, reason_schema
from core.web.admin.shell import may, needs, reading, saw, writing

pages = Blueprint("order_actions", __name__, url_prefix="/orders/<path:number>")


@pages.get("/cancel")
@needs("orders.cancel")
def cancel(number: str) -> str:
    """Why it is to be canceled."""
    with reading() as ctx:
        order = get_order(ctx.session, number)
        return _cancel_page(ctx, order, Form.of(reason_schema(cancel_reasons(ctx, order))))


@pages.post("/cancel")
@needs("orders.cancel")
def cancel_now(number: str) -> Any:
    """Cancel it, or have the channel asked; a second click changes nothing."""
    with reading() as ctx:
        form = Form.submitted(reason_schema(cancel_reasons(ctx, get_order(ctx.session, number))))

    def work(ctx: Context, order: Order) -> str:
        if cancel_order(ctx, order, form.data["reason"]):
            return str(_("Order %(number)s is canceled.", number=number))
        return str(
            _("The channel is asked to cancel order %(number)s, which is held meanwhile.", number=number)
        )

    return carry_out(number, form, work, _cancel_page)


@pages.post("/cancel/<int:request_id>/<step>")
@needs("orders.cancel")
def cancel_request(number: str, request_id: int, step: str) -> Response:
    """Ask again for a cancellation that was refused, or leave it at that."""
    return _settle(number, request_id, step, CANCEL)


@pages.post("/refund/<int:request_id>/<step>")
@needs("orders.refund")
def refund_request(number: str, request_id: int, step: str) -> Response:
    """Send a refund again that was refused, or leave it at that."""
    return _settle(number, request_id, step, REFUND)


@pages.get("/hold")
@needs("orders.hold")
def hold(number: str) -> str:
    """Why it is to be held."""
    with reading() as ctx:
        return _hold_page(ctx, get_order(ctx.session, number), Form.of(HoldForm()))


@pages.post("/hold")
@needs("orders.hold")
def hold_now(number: str) -> Any:
    """Hold it; a second click changes nothing."""
    form = Form.submitted(HoldForm())

    def work(ctx: Context, order: Order) -> str:
        if not _is_held(ctx, order):
            hold_order(ctx, order, form.data["reason"] or _("Held by hand"))
        return str(_("Order %(number)s is on hold: nobody packs it.", number=number))

    return carry_out(number, form, work, _hold_page)


@pages.get("/release")
@needs("orders.hold")
def release(number: str) -> str:
    """Whether it may go on."""
    with reading() as ctx:
        return _release_page(ctx, get_order(ctx.session, number), Form.of(Schema()))


@pages.post("/release")
@needs("orders.hold")
def release_now(number: str) -> Any:
    """Let it go on; a second click changes nothing."""

    def work(ctx: Context, order: Order) -> str:
        if _is_held(ctx, order):
            release_order(ctx, order)
        return str(_("Order %(number)s goes on.", number=number))

    return carry_out(number, Form.submitted(Schema()), work, _release_page)


@pages.get("/address")
@needs("personal_data.view")
def address(number: str) -> str:
    """Where it goes."""
    with reading() as ctx:
        order = get_order(ctx.session, number)
        page = _address_page(ctx, order, Form.of_stored(ShippingAddressForm(), _stored_address(order)))
    saw("order", number)
    return page


@pages.post("/address")
@needs("orders.ship")
def mend(number: str) -> Any:
    """Mend where it goes; who may not see that could not say what is wrong with it."""
    if not may("personal_data.view"):
        abort(403)
    form = Form.submitted(ShippingAddressForm())

    def work(ctx: Context, order: Order) -> str:
        form.check_unchanged(_stored_address(order))
        mend_address(ctx, order, Address(**form.data))
        return str(_("The address of order %(number)s is mended.", number=number))

    done = carry_out(number, form, work, _address_page)
    if not form.is_valid:  # then the page can have what somebody else has stored meanwhile
        saw("order", number)
    return done


class HoldForm(Schema):
    """Why an order is held."""

    reason = fields.String(
        load_default="",
        validate=Length(max=80),
        metadata={"label": "Reason", "help": "A few words for your colleagues, without personal data."},
    )


def _stored_address(order: Order) -> dict[str, Any]:
    known = find_shipping_address(order)
    return asdict(known.to_address() if known else Address())


def _settle(number: str, request_id: int, step: str, kind: str) -> Response:
    """Send a request again or close it; whether it is this order's and of this kind is checked."""
    steps: dict[str, Callable[[Context, ChannelRequest], None]] = {
        "again": retry_request,
        "close": close_request,
    }
    with writing() as ctx:
        order = get_order(ctx.session, number)
        request = get_request(ctx.session, request_id)
        is_mine = request in list_requests(ctx.session, order.id) and request.kind == kind
        if step not in steps or not is_mine:
            raise NotFound(f"order {number} has no such request")
        steps[step](ctx, request)
    if step == "again":
        return back(number, _("It is sent to the channel again."))
    return back(number, _("It is not sent again."))


def _is_held(ctx: Context, order: Order) -> bool:
    return statuses.like_of(ctx.session, order.status) == statuses.ON_HOLD


def _cancel_page(ctx: Context, order: Order, form: Form) -> str:
    asked = [row for row in list_requests(ctx.session, order.id) if row.kind == CANCEL]
    refusal = can_cancel(ctx, order)
    return action_page("cancel.html", ctx, order, form=form, refusal=refusal, requests=asked)


def _hold_page(ctx: Context, order: Order, form: Form) -> str:
    return action_page("hold.html", ctx, order, form=form, refusal=can_hold(ctx, order))


def _release_page(ctx: Context, order: Order, form: Form) -> str:
    return action_page("release.html", ctx, order, form=form, refusal=can_release(ctx, order))


def _address_page(ctx: Context, order: Order, form: Form) -> str:
    return action_page("address.html", ctx, order, form=form)
