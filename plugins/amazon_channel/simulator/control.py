"""The control API: what only the operator of a simulated Amazon can do.

The same routes take JSON from programs, answering JSON, and the forms of the page, leading back
to it. They are described in the README of this package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from .clock import as_timestamp
from .errors import NotPossible, SimulatorError, UnknownOrder
from .feeds import Feed
from .feeds_api import feed_document
from .gateway import json_response
from .journal import RequestRecord
from .order_documents import DATA_SETS, order_document
from .orders import Order, Package
from .world import World

Action = Callable[[Mapping[str, Any]], tuple[object, str]]
"""Does what the values ask for; gives the JSON answer and the same in a sentence."""


def control_blueprint(world: World) -> Blueprint:
    """The routes under `/simulator`."""
    blueprint = Blueprint("control", __name__, url_prefix="/simulator")
    _add_reading(blueprint, world)

    @blueprint.post("/clock")
    def clock() -> Response:
        return _perform(lambda values: _advance(world, values))

    @blueprint.post("/orders")
    def place() -> Response:
        return _perform(lambda values: _told(world.place_order(**_with_line(values)), "was placed"))

    @blueprint.post("/orders/<order_id>/<step>")
    def change(order_id: str, step: str) -> Response:
        return _perform(lambda values: _change(world, order_id, step, values))

    return blueprint


def _add_reading(blueprint: Blueprint, world: World) -> None:
    @blueprint.get("/clock")
    def read_clock() -> Response:
        return json_response({"now": as_timestamp(world.now())})

    @blueprint.get("/orders")
    def orders() -> Response:
        return json_response({"orders": [control_document(order) for order in world.orders()]})

    @blueprint.get("/orders/<order_id>")
    def order(order_id: str) -> Response:
        return _perform(lambda _: (control_document(world.get_order(order_id)), ""))

    @blueprint.get("/requests")
    def requests() -> Response:
        return json_response({"requests": [_request_document(one) for one in world.requests]})

    @blueprint.get("/feeds")
    def feeds() -> Response:
        return json_response({"feeds": [_feed_document(world, feed) for feed in world.feeds()]})

    @blueprint.get("/confirmations")
    def confirmations() -> Response:
        kept = [
            {"orderId": one.order_id, "received": as_timestamp(one.received), "body": one.body}
            for one in world.confirmations
        ]
        return json_response({"confirmations": kept})


def control_document(order: Order) -> dict[str, Any]:
    """An order with all that its seller may see, and who that is; FBA packages too."""
    document = order_document(order, DATA_SETS)
    packages = [_package_document(package) for package in order.packages]
    refunds = [
        {"orderItemId": each.order_item_id, "amount": str(each.amount), "reason": each.reason}
        for each in order.adjustments
    ]
    return {"sellerId": order.seller_id, "order": document, "packages": packages, "refunds": refunds}


def _feed_document(world: World, feed: Feed) -> dict[str, Any]:
    """A feed with its document and its processing report."""
    return feed_document(feed, world.now()) | {
        "sellerId": feed.seller_id,
        "document": world.document_text(feed.input_document_id),
        "report": world.document_text(feed.result_document_id),
    }


def _package_document(package: Package) -> dict[str, Any]:
    return {
        "packageReferenceId": package.reference_id,
        "carrier": package.carrier,
        "trackingNumber": package.tracking_number,
        "units": {item.order_item_id: item.quantity for item in package.items},
    }


def _request_document(record: RequestRecord) -> dict[str, Any]:
    return {
        "method": record.method,
        "path": record.path,
        "query": dict(record.query),
        "operation": record.operation,
        "status": record.status,
        "received": as_timestamp(record.received),
        "requestId": record.request_id,
    }


def _perform(action: Action) -> Response:
    """Run an action and answer it as JSON, or, for a form, on the page."""
    is_form = request.mimetype == "application/x-www-form-urlencoded"
    try:
        answer, sentence = action(_values(is_form))
    except SimulatorError as error:
        if is_form:
            return _back_to_page(error=str(error))
        status = 404 if isinstance(error, UnknownOrder) else 409
        return json_response({"error": str(error)}, status)
    return _back_to_page(message=sentence) if is_form else json_response(answer)


def _back_to_page(**notice: str) -> Response:
    return Response(status=303, headers={"Location": f"/?{urlencode(notice)}"})


def _values(is_form: bool) -> dict[str, Any]:
    if is_form:
        return {name: text for name, text in request.form.items() if text}
    if not request.content_length:
        return {}
    values = request.get_json(force=True, silent=True)
    if not isinstance(values, dict):
        raise NotPossible("The request needs a JSON object as its body.")
    return values


def _told(order: Order, what: str) -> tuple[object, str]:
    return control_document(order), f"Order {order.order_id} {what}."


def _advance(world: World, values: Mapping[str, Any]) -> tuple[object, str]:
    units = ("seconds", "minutes", "hours", "days")
    unknown = set(values) - set(units)
    if unknown or not values:
        raise NotPossible(f"The clock moves by {', '.join(units)}.")
    try:
        now = world.advance(timedelta(**{unit: int(number) for unit, number in values.items()}))
    except (TypeError, ValueError, OverflowError):
        raise NotPossible("The clock moves forward by whole numbers.") from None
    return {"now": as_timestamp(now)}, f"It is now {as_timestamp(now)}."


def _change(world: World, order_id: str, step: str, values: Mapping[str, Any]) -> tuple[object, str]:
    """One step of one order, with only the values that this step knows."""
    steps: dict[str, tuple[Callable[..., Order], frozenset[str], str]] = {
        "verify": (world.verify, frozenset(), "was verified"),
        "cancel": (world.cancel_at_amazon, frozenset({"by", "reason"}), "was canceled"),
        "cancellation-request": (
            world.request_cancellation,
            frozenset({"reason"}),
            "should be canceled, says the buyer",
        ),
        "quantity": (world.change_quantity, frozenset({"line", "quantity"}), "was reduced"),
        "status": (world.report_status_as, frozenset({"status"}), "has another status"),
        "ship": (
            world.ship_at_amazon,
            frozenset({"quantities", "carrier", "tracking_number", "shipping_service"}),
            "was shipped at Amazon",
        ),
    }
    if step not in steps:
        raise NotPossible(f"There is no step {step}; known are {', '.join(steps)}.")
    perform, known, what = steps[step]
    if step == "ship":
        values = _with_quantities(values)
    if set(values) - known:
        raise NotPossible(f"{step} takes only {', '.join(sorted(known)) or 'no values'}.")
    if "quantity" in values:
        values = {**values, "quantity": _whole_number(values["quantity"])}
    try:
        return _told(perform(order_id, **values), what)
    except TypeError:
        raise NotPossible(f"{step} needs {', '.join(sorted(known))}.") from None


def _with_line(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an order to place; `sku` and `quantity`, as the page sends them, are its one line."""
    line = {name: values[name] for name in ("sku", "quantity") if name in values}
    if not line:
        return dict(values)
    if "lines" in values:
        raise NotPossible("An order has either lines, or a sku and a quantity of its one line.")
    if "quantity" in line:
        line["quantity"] = _whole_number(line["quantity"])
    rest = {name: value for name, value in values.items() if name not in line}
    return rest | {"lines": [line]}


def _with_quantities(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a ship step; the page names units as `units:<order item id>`."""
    given = values.get("quantities", {})
    if not isinstance(given, Mapping):
        raise NotPossible("quantities is an object of units by order item id or SKU.")
    named = {name[6:]: units for name, units in values.items() if name.startswith("units:")}
    rest = {name: value for name, value in values.items() if not name.startswith("units:")}
    units = {name: _whole_number(value) for name, value in {**given, **named}.items()}
    return rest | {"quantities": units or None}


def _whole_number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise NotPossible("A quantity is a whole number.")
    try:
        return int(value)
    except ValueError:
        raise NotPossible("A quantity is a whole number.") from None
