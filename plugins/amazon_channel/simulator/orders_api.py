"""The order operations of the Selling Partner API: two to read, one to confirm a shipment."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from .clock import as_timestamp
from .gateway import Gateway
from .order_documents import order_document
from .order_search import check_order_id, read_included_data, read_order_search


def orders_blueprint(gateway: Gateway) -> Blueprint:
    """The routes of the Orders API."""
    blueprint = Blueprint("orders_api", __name__)

    @blueprint.get("/orders/2026-01-01/orders")
    def search_orders() -> Response:
        return gateway.answer("searchOrders", lambda seller: _search(gateway, seller))

    @blueprint.get("/orders/2026-01-01/orders/<order_id>")
    def get_order(order_id: str) -> Response:
        return gateway.answer("getOrder", lambda seller: _read(gateway, seller, order_id))

    @blueprint.post("/orders/v0/orders/<order_id>/shipmentConfirmation")
    def confirm_shipment(order_id: str) -> Response:
        return gateway.answer("confirmShipment", lambda seller: _confirm(gateway, seller, order_id))

    return blueprint


def _search(gateway: Gateway, seller_id: str) -> dict[str, Any]:
    search = read_order_search(request.args.to_dict(), gateway.world.now())
    page = gateway.world.search_orders(seller_id, search)
    included = search.filter.included
    answer: dict[str, Any] = {"orders": [order_document(order, included) for order in page.orders]}
    if page.next_token:
        answer["pagination"] = {"nextToken": page.next_token}
    bound = "createdBefore" if search.filter.by_creation else "lastUpdatedBefore"
    answer[bound] = as_timestamp(page.upper_bound)
    return answer


def _read(gateway: Gateway, seller_id: str, order_id: str) -> dict[str, Any]:
    check_order_id(order_id)
    included = read_included_data(request.args.to_dict())
    order = gateway.world.read_order(seller_id, order_id)
    return {"order": order_document(order, included)}


def _confirm(gateway: Gateway, seller_id: str, order_id: str) -> None:
    check_order_id(order_id)
    body = request.get_json(force=True, silent=True)
    gateway.world.confirm_shipment(seller_id, order_id, body)
