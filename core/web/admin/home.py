"""Home: what came in, what has to leave, how it sells, how the accounts stand. It keeps up by itself."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask import Blueprint, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from core.channels.states import account_states
from core.commerce.orders.figures import MOST_COUNTED, Sales, orders_since, sales_by_day, to_ship
from core.commerce.statuses import PROCESSING
from core.context import Context
from core.problems import GroupQuery, list_groups
from core.web.admin.remedies import shown_groups
from core.web.admin.shell import may, needs, reading, render
from core.web.charts import Bar, bar_chart
from core.web.formatting import amount, day
from core.web.zones import local, start_of

pages = Blueprint("home", __name__)
_DAYS, _WEEK = 30, 7
_SHOWN = 10
_PROBLEMS = 5
_ACCOUNTS = 10


@pages.get("/")
@needs("orders.view")
def show() -> str:
    """The whole page."""
    with reading() as ctx:
        return render("admin/home/home.html", ctx, **_now(ctx), **_sales(ctx))


@pages.get("/home/now")
@needs("orders.view")
def now() -> str:
    """The part that changes by the minute."""
    with reading() as ctx:
        return render("admin/home/now.html", ctx, **_now(ctx))


@pages.get("/home/sales")
@needs("orders.view")
def sales() -> str:
    """The part that changes by the hour."""
    with reading() as ctx:
        return render("admin/home/sales.html", ctx, **_sales(ctx))


def _now(ctx: Context) -> dict[str, Any]:
    moment = ctx.clock.now()
    groups = list_groups(ctx.session, GroupQuery(limit=_PROBLEMS + 1)) if may("problems.view") else []
    accounts = account_states(ctx.session, _ACCOUNTS + 1) if may("accounts.view") else []
    return {
        "now": moment,
        "today": orders_since(ctx.session, start_of(local(moment).date())),
        "ship": to_ship(ctx.session, moment, _SHOWN),
        "most": MOST_COUNTED,
        "all_to_ship": url_for("orders.show", status=PROCESSING, sort="ship_by"),
        "accounts": accounts[:_ACCOUNTS],
        "more_accounts": len(accounts) > _ACCOUNTS,
        "entries": shown_groups(ctx, groups[:_PROBLEMS]),
        "more_problems": len(groups) > _PROBLEMS,
    }


def _sales(ctx: Context) -> dict[str, Any]:
    today = local(ctx.clock.now()).date()
    days = [today - timedelta(days=ago) for ago in range(_DAYS - 1, -2, -1)]
    found = sales_by_day(ctx.session, [start_of(day) for day in days])
    return {"sales": [_chart(each, today) for each in found]}


def _chart(sales: Sales, today: date) -> dict[str, Any]:
    week, month = sales.of_last(_WEEK), sales.of_last(_DAYS)
    bars = [
        Bar(value, f"{_day(today, place)}: {amount(value, sales.currency)}", is_last=place == _DAYS - 1)
        for place, value in enumerate(sales.days)
    ]
    return {
        "currency": sales.currency,
        "week": amount(week, sales.currency),
        "month": amount(month, sales.currency),
        "first": _day(today, 0),
        "last": _day(today, _DAYS - 1),
        "svg": _drawn(bars, sales.currency, week, month),
    }


def _drawn(bars: list[Bar], currency: str, week: Decimal, month: Decimal) -> Markup:
    title = _(
        "Sales of the last 30 days, day by day: %(month)s, of which %(week)s in the last 7.",
        month=amount(month, currency),
        week=amount(week, currency),
    )
    return bar_chart(bars, title)


def _day(today: date, place: int) -> str:
    return day(today - timedelta(days=_DAYS - 1 - place))
