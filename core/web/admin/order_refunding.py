"""Giving money back from an order's page: all that is left, or by line."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _

from core.channels.channel_requests import list_requests
from core.channels.wishes import REFUND
from core.commerce.orders import Order, get_order, refund_reasons
from core.commerce.refunds import (
    Wanted,
    can_refund,
    list_refunds,
    refund_order,
    refundable,
    refundable_by_line,
)
from core.context import Context
from core.errors import InvalidValue
from core.money import Money, parse_amount
from core.web.admin.forms import Form
from core.web.admin.order_forms import action_page, carry_out, reason_schema, titles_of
from core.web.admin.shell import needs, reading

pages = Blueprint("order_refunding", __name__, url_prefix="/orders/<path:number>/refund")


@pages.get("")
@needs("orders.refund")
def show(number: str) -> str:
    """What can still be given back."""
    with reading() as ctx:
        order = get_order(ctx.session, number)
        return _page(ctx, order, Form.of(reason_schema(refund_reasons(ctx, order))))


@pages.post("")
@needs("orders.refund")
def refund(number: str) -> Any:
    """Give it back; the same form sent twice gives it back once."""
    with reading() as ctx:
        form = Form.submitted(reason_schema(refund_reasons(ctx, get_order(ctx.session, number))))

    def work(ctx: Context, order: Order) -> str:
        if request.form.get("seen") != str(refundable(ctx.session, order)):
            return str(_("Nothing was given back twice: this was done already, or has changed."))
        made = refund_order(ctx, order, _wanted(order), form.data["reason"])
        given = Money(made.amount, order.currency)
        return str(_("Order %(number)s: %(amount)s is given back.", number=number, amount=str(given)))

    return carry_out(number, form, work, _page)


def _wanted(order: Order) -> Wanted:
    if request.form.get("what") != "lines":
        if any(request.form.get(f"amount-{line.id}", "").strip() for line in order.lines):
            raise InvalidValue(_("amounts are entered: choose them, or clear them to give all back"))
        return None
    wanted: dict[int, Money] = {}
    for line in order.lines:
        text = request.form.get(f"amount-{line.id}", "").strip()
        if not text:
            continue
        if "." not in text:
            text = text.replace(",", ".")
        try:
            wanted[line.id] = Money(parse_amount(text), order.currency)
        except ValueError as error:
            raise InvalidValue(str(error)) from None
    if not wanted:
        raise InvalidValue(_("enter an amount for at least one line, or give all back"))
    return wanted


def _page(ctx: Context, order: Order, form: Form) -> str:
    form.seen = str(refundable(ctx.session, order))
    return action_page(
        "refund.html",
        ctx,
        order,
        form=form,
        what=request.form.get("what", "all"),
        entered={line.id: request.form.get(f"amount-{line.id}", "") for line in order.lines},
        left=refundable(ctx.session, order),
        by_line=refundable_by_line(ctx.session, order),
        refunds=list_refunds(ctx.session, order.id),
        requests=[row for row in list_requests(ctx.session, order.id) if row.kind == REFUND],
        reasons=titles_of(refund_reasons(ctx, order)),
        refusal=can_refund(ctx, order),
    )
