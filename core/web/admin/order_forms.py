"""What the pages share on which something is done with one order: the form, doing it, the way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, url_for
from marshmallow import Schema, fields
from marshmallow.validate import OneOf
from werkzeug.wrappers import Response

from core.commerce.orders import Order, Reason, get_order, lock_order
from core.context import Context
from core.errors import Refused
from core.web.admin.forms import Form
from core.web.admin.shell import answer, reading, render, writing

#: Makes the page with a form, for what has to be entered and for what was.
Page = Callable[[Context, Order, Form], str]


def carry_out(number: str, form: Form, work: Callable[[Context, Order], str], page: Page) -> Any:
    """Have `work` do what the form asks for, and go back to the order with the words that it gives.

    The order is held meanwhile. What does not fit or is refused is said on the page with the form.
    """
    if form.is_valid:
        try:
            with writing() as ctx:
                said = work(ctx, lock_order(ctx.session, get_order(ctx.session, number).id))
            return back(number, said)
        except Refused as error:
            form.complain(error)
    with reading() as ctx:
        return answer(page(ctx, get_order(ctx.session, number), form))


def action_page(template: str, ctx: Context, order: Order, **values: Any) -> str:
    """A page of `admin/orders/actions/`; with a `refusal` it says that instead of offering the form."""
    back_to = order_page(order.number)
    values = {"refusal": None, **values}
    return render(f"admin/orders/actions/{template}", ctx, order=order, back_to=back_to, **values)


def back(number: str, message: str) -> Response:
    """To the order, saying what was done."""
    flash(message, "done")
    return redirect(order_page(number), code=303)


def order_page(number: str) -> str:
    """Where an order is shown."""
    return url_for("orders.one", number=number)


def titles_of(reasons: tuple[Reason, ...]) -> dict[str, str]:
    """What each code means in words."""
    return {reason.code: reason.title for reason in reasons}


def reason_schema(reasons: tuple[Reason, ...]) -> Schema:
    """A form with a reason to choose."""
    codes, titles = [reason.code for reason in reasons], [reason.title for reason in reasons]
    chosen = fields.String(
        required=True, validate=OneOf(codes, labels=titles), metadata={"label": "Reason"}
    )
    return Schema.from_dict({"reason": chosen})()
