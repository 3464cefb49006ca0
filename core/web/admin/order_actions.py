"""What is done with an order: canceled, held and released, its address mended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from flask import Blueprint, abort, flash, redirect, url_for
from flask_babel import gettext as _
from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Regexp
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
    Reason,
    can_cancel,
    can_hold,
    can_release,
    cancel_order,
    cancel_reasons,
    find_shipping_address,
    get_order,
    hold_order,
    is_being_canceled,
    lock_order,
    mend_address,
    release_order,
)
from core.context import Context
from core.errors import InvalidValue, NotFound, Refused
from core.web.admin.forms import Form
from core.web.admin.shell import answer, may, needs, reading, render, saw, writing

pages = Blueprint("order_actions", __name__, url_prefix="/orders/<path:number>")


def back(number: str, message: str) -> Response:
    """To the order, saying what was done."""
    flash(message, "done")
    return redirect(order_page(number), code=303)


def order_page(number: str) -> str:
    """Where an order is shown."""
    return url_for("order_actions.hold", number=number).removesuffix("/hold")


def reason_schema(reasons: tuple[Reason, ...]) -> Schema:
    """A form with a reason to choose."""
    codes, titles = [reason.code for reason in reasons], [reason.title for reason in reasons]
    chosen = fields.String(
        required=True, validate=OneOf(codes, labels=titles), metadata={"label": "Reason"}
    )
    return Schema.from_dict({"reason": chosen})()


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
    if form.is_valid:
        try:
            with writing() as ctx:
                is_done = cancel_order(ctx, get_order(ctx.session, number), form.data["reason"])
        except Refused as error:
            form.complain(InvalidValue(str(error)))
        else:
            if is_done:
                return back(number, _("Order %(number)s is canceled.", number=number))
            said = _(
                "The channel is asked to cancel order %(number)s, which is held meanwhile.", number=number
            )
            return back(number, said)
    with reading() as ctx:
        return answer(_cancel_page(ctx, get_order(ctx.session, number), form))


@pages.post("/cancel/<int:request_id>/<step>")
@needs("orders.cancel")
def cancel_request(number: str, request_id: int, step: str) -> Response:
    """Ask again for a cancellation that was refused, or leave it at that."""
    return settle(number, request_id, step, CANCEL)


@pages.post("/refund/<int:request_id>/<step>")
@needs("orders.refund")
def refund_request(number: str, request_id: int, step: str) -> Response:
    """Send a refund again that was refused, or leave it at that."""
    return settle(number, request_id, step, REFUND)


def settle(number: str, request_id: int, step: str, kind: str) -> Response:
    """Send a request again or close it; whether it is this order's and of this kind is checked."""
    steps: dict[str, Callable[[Context, ChannelRequest], None]] = {
        "again": retry_request,
        "close": close_request,
    }
    with writing() as ctx:
        order = get_order(ctx.session, number)
        request = get_request(ctx.session, request_id)
        mine = request in list_requests(ctx.session, order.id) and request.kind == kind
        if step not in steps or not mine:
            raise NotFound(f"order {number} has no such request")
        steps[step](ctx, request)
    if step == "again":
        return back(number, _("It is sent to the channel again."))
    return back(number, _("It is not sent again."))


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
    if form.is_valid:
        try:
            with writing() as ctx:
                order = get_order(ctx.session, number)
                if statuses.like_of(ctx.session, order.status) != statuses.ON_HOLD:
                    hold_order(ctx, order, form.data["reason"] or _("Held by hand"))
            return back(number, _("Order %(number)s is on hold: nobody packs it.", number=number))
        except Refused as error:
            form.complain(InvalidValue(str(error)))
    with reading() as ctx:
        return answer(_hold_page(ctx, get_order(ctx.session, number), form))


@pages.get("/release")
@needs("orders.hold")
def release(number: str) -> str:
    """Whether it may go on."""
    with reading() as ctx:
        return _release_page(ctx, get_order(ctx.session, number))


@pages.post("/release")
@needs("orders.hold")
def release_now(number: str) -> Any:
    """Let it go on; a second click changes nothing."""
    try:
        with writing() as ctx:
            order = get_order(ctx.session, number)
            is_held = statuses.like_of(ctx.session, order.status) == statuses.ON_HOLD
            if is_held:
                release_order(ctx, order)
        return back(number, _("Order %(number)s goes on.", number=number))
    except Refused:
        with reading() as ctx:
            return answer(_release_page(ctx, get_order(ctx.session, number)))


@pages.get("/address")
@needs("personal_data.view")
def address(number: str) -> str:
    """Where it goes."""
    with reading() as ctx:
        order = get_order(ctx.session, number)
        page = render(
            "admin/orders/actions/address.html", ctx, order=order, back_to=order_page(number),
            form=Form.of_stored(AddressForm(), _stored_address(order)),
        )  # fmt: skip
    saw("order", number)
    return page


@pages.post("/address")
@needs("orders.ship")
def mend(number: str) -> Any:
    """Mend where it goes; who may not see that could not say what is wrong with it."""
    if not may("personal_data.view"):
        abort(403)
    form = Form.submitted(AddressForm())
    if form.is_valid:
        try:
            with writing() as ctx:
                order = lock_order(ctx.session, get_order(ctx.session, number).id)
                form.check_unchanged(_stored_address(order))
                mend_address(ctx, order, Address(**form.data))
            return back(number, _("The address of order %(number)s is mended.", number=number))
        except InvalidValue as error:
            form.complain(error)
        except Refused as error:
            form.complain(InvalidValue(str(error)))
    with reading() as ctx:
        order = get_order(ctx.session, number)
        return answer(
            render(
                "admin/orders/actions/address.html", ctx, order=order, back_to=order_page(number), form=form
            )
        )


class HoldForm(Schema):
    """Why an order is held."""

    reason = fields.String(
        load_default="",
        validate=Length(max=80),
        metadata={"label": "Reason", "help": "A few words for your colleagues, without personal data."},
    )


def _part(label: str, longest: int = 200, required: bool = False) -> fields.String:
    if required:
        return fields.String(required=True, validate=Length(1, longest), metadata={"label": label})
    return fields.String(
        load_default=None, allow_none=True, validate=Length(max=longest), metadata={"label": label}
    )


class AddressForm(Schema):
    """Where an order goes."""

    name = _part("Name")
    company = _part("Company")
    line1 = _part("Street and number", required=True)
    line2 = _part("Address line 2")
    line3 = _part("Address line 3")
    postal_code = _part("Postal code", 40)
    city = _part("City", required=True)
    district = _part("District")
    state = _part("State or region")
    country = fields.String(
        required=True,
        validate=Regexp("[A-Z]{2}$", error="Two capital letters, such as DE."),
        metadata={"label": "Country", "help": "Two letters, such as DE or NL."},
    )
    phone = _part("Telephone", 60)


def _stored_address(order: Order) -> dict[str, Any]:
    known = find_shipping_address(order)
    return asdict(known.to_address() if known else Address())


def _cancel_page(ctx: Context, order: Order, form: Form) -> str:
    return render(
        "admin/orders/actions/cancel.html",
        ctx,
        order=order,
        form=form,
        back_to=order_page(order.number),
        refusal=can_cancel(ctx, order),
        is_asked=is_being_canceled(order),
        requests=[row for row in list_requests(ctx.session, order.id) if row.kind == CANCEL],
    )


def _hold_page(ctx: Context, order: Order, form: Form) -> str:
    return render(
        "admin/orders/actions/hold.html", ctx, order=order, form=form, back_to=order_page(order.number),
        refusal=can_hold(ctx, order),
    )  # fmt: skip


def _release_page(ctx: Context, order: Order) -> str:
    return render(
        "admin/orders/actions/release.html", ctx, order=order, back_to=order_page(order.number),
        refusal=can_release(ctx, order),
    )  # fmt: skip
