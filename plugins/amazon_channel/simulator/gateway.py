"""What every call of the Selling Partner API goes through: token, quota, errors, record."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

from flask import Response, g, request

from .errors import ApiRefusal
from .journal import RequestRecord
from .order_search import flat_arguments
from .rates import RateLimits
from .world import World

_STATUSES_WITH_LIMIT = frozenset({200, 201, 202, 204, 400, 404})
_HTML_REFUSAL = "<html><body><h1>400 Bad Request</h1></body></html>"

Operation = Callable[[str], dict[str, Any] | None]
"""Answers for the seller that is handed in: a JSON object, or None for 204."""


class Gateway:
    """The front door of the API for one world."""

    def __init__(self, world: World, limits: RateLimits) -> None:
        self.world = world
        self._limits = limits

    def answer(self, name: str, operation: Operation, status: int = 200) -> Response:
        """Run the operation for whoever holds the token, and answer as Amazon does."""
        if request.method == "GET" and request.content_length:
            response = Response(_HTML_REFUSAL, 400, mimetype="text/html")
        else:
            response = self._answer(name, operation, status)
        if response.status_code in _STATUSES_WITH_LIMIT:
            response.headers["x-amzn-RateLimit-Limit"] = self._limits.header_value(name)
        self.record(name, response.status_code)
        return response

    def _answer(self, name: str, operation: Operation, status: int) -> Response:
        try:
            seller_id = self.world.seller_of_token(request.headers.get("x-amz-access-token"))
            self._limits.spend(seller_id, name, self.world.now())
            flat_arguments(request.args.to_dict(flat=False))
            body = operation(seller_id)
        except ApiRefusal as refusal:
            return json_response(refusal.body(), refusal.status)
        return Response(status=204) if body is None else json_response(body, status)

    def record(self, name: str, status: int) -> None:
        """Keep the request for those who want to see what arrived."""
        self.world.record_request(
            RequestRecord(
                method=request.method,
                path=request.path,
                query=request.args.to_dict(),
                operation=name,
                status=status,
                received=self.world.now(),
                request_id=request_id(),
            )
        )


def json_response(body: object, status: int = 200) -> Response:
    """A JSON answer."""
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status, content_type="application/json")


def request_id() -> str:
    """The id of the request that is being answered, always the same for one request."""
    if "request_id" not in g:
        g.request_id = str(uuid.uuid4())
    return str(g.request_id)
