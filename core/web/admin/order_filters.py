"""What the address of a list of orders asks for, in words: its filters, its order, its place.

Whom one looks for never stands in an address: a search for a buyer is kept as a view, and the address
carries the number of that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields
from marshmallow.validate import Length

from core.commerce.orders import OrderFilter, OrderQuery
from core.commerce.views import SavedView, get_view
from core.context import Context
from core.errors import InvalidValue
from core.money import parse_amount
from core.web.admin.shell import may, whole
from core.web.zones import start_of

PAGE = "orders"
#: Rows on a page.
ROWS = 50
#: The orders to choose from, as in the address: a minus before the largest first.
ORDERS = (
    "-placed_at", "placed_at", "ship_by", "-ship_by", "number", "-number", "-total", "total", "status",
    "-status",
)  # fmt: skip


class Amount(fields.Field[Decimal]):
    """A decimal number, never a float; either sign between the digits and the cents."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_kwargs: Any) -> Decimal:
        try:
            return parse_amount(str(value).replace(",", "."))
        except ValueError as error:
            raise ValidationError("An amount is a number such as 12.50.") from error


class OrderFilterSchema(Schema):
    """The filters of the list of orders, as they are entered."""

    number = fields.String(validate=Length(max=80))
    channel = fields.String(validate=Length(max=40))
    status = fields.String(validate=Length(max=32))
    buyer = fields.String(validate=Length(max=320))
    total_from = Amount()
    total_to = Amount()
    placed_from = fields.Date(error_messages={"invalid": "A date is written as 2026-12-31."})
    placed_to = fields.Date(error_messages={"invalid": "A date is written as 2026-12-31."})


FILTERS = tuple(OrderFilterSchema().fields)


@dataclass(frozen=True)
class Asked:
    """What was asked for.

    values   the filters as they were entered
    errors   what is wrong with them, by filter; then nothing is looked for
    view     the saved view that it began with, if any
    """

    values: Mapping[str, str]
    sort: str
    view: SavedView | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    query: OrderQuery | None = None

    @property
    def is_filtered(self) -> bool:
        """Whether any filter is set."""
        return any(self.values.values())

    def sorted_by(self, column: str) -> Asked:
        """The same as it is shown, which can be sorted by something else than was asked for."""
        return replace(self, sort="-" * self.sort.startswith("-") + column)

    def address(self, endpoint: str = "orders.show", **changes: str | None) -> str:
        """The address of the same with changes, from its first page; a buyer stays in the view."""
        words: dict[str, Any]
        if self.view is not None:
            words = {"view": self.view.id, "sort": self.sort}
        else:
            words = {name: text for name, text in self.values.items() if text}
            words["sort"] = None if self.sort == ORDERS[0] else self.sort
        return url_for(endpoint, **(words | changes))


def asked(ctx: Context) -> Asked:
    """What this request asks for. Raises NotFound for a view that is not the operator's."""
    number = whole("view")
    view = get_view(ctx, PAGE, number) if number is not None else None
    kept = dict(view.query) if view else {}
    values = {name: request.args.get(name, kept.get(name, "")).strip() for name in FILTERS}
    values["buyer"] = kept.get("buyer", "") if may("personal_data.view") else ""
    sort = request.args.get("sort", kept.get("sort", ORDERS[0]))
    return read(values, sort if sort in ORDERS else ORDERS[0], view)


def entered() -> dict[str, str]:
    """The filters and the order of the form of this request, without those that are empty."""
    found = {name: request.form.get(name, "").strip() for name in (*FILTERS, "sort")}
    if not may("personal_data.view"):
        found["buyer"] = ""
    return {name: text for name, text in found.items() if text}


def read(values: Mapping[str, str], sort: str, view: SavedView | None = None) -> Asked:
    """The query that these words make, or what is wrong with them."""
    try:
        entered = {name: text for name, text in values.items() if text}
        loaded: dict[str, Any] = OrderFilterSchema().load(entered)
        last: date | None = loaded.pop("placed_to", None)
        first: date | None = loaded.pop("placed_from", None)
        wanted = OrderFilter(
            placed_from=start_of(first) if first else None,
            placed_before=start_of(last + timedelta(days=1)) if last else None,
            **loaded,
        )
    except ValidationError as error:
        wrong = {name: " ".join(map(str, texts)) for name, texts in error.messages_dict.items()}
        return Asked(values, sort, view, wrong)
    except OverflowError:  # the day after the last one that there is
        return Asked(values, sort, view, {"placed_to": _("A date is written as 2026-12-31.")})
    except InvalidValue as error:
        return Asked(values, sort, view, {"buyer" if "buyer" in str(error) else "number": str(error)})
    query = OrderQuery(
        filter=wanted,
        sort=sort.removeprefix("-"),
        descending=sort.startswith("-"),
        limit=ROWS,
        after=request.args.get("after"),
        with_buyers=may("personal_data.view"),
    )
    return Asked(values, sort, view, {}, query)


def order_titles() -> dict[str, str]:
    """The orders to choose from, in words."""
    return {
        "-placed_at": _("Newest first"),
        "placed_at": _("Oldest first"),
        "ship_by": _("To ship soonest"),
        "-ship_by": _("To ship latest"),
        "number": _("Number, lowest first"),
        "-number": _("Number, highest first"),
        "-total": _("Total, highest first"),
        "total": _("Total, lowest first"),
        "status": _("Status, A to Z"),
        "-status": _("Status, Z to A"),
    }
