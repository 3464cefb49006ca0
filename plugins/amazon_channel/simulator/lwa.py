"""Login with Amazon: refresh tokens and client credentials become access tokens."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from flask import Blueprint, Response, request

from .access_tokens import LIFETIME
from .gateway import Gateway, json_response
from .sellers import Seller
from .world import World

SCOPES = frozenset({"sellingpartnerapi::notifications", "sellingpartnerapi::client_credential:rotation"})


class _GrantRefused(Exception):
    """An OAuth error with the status it goes with."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.body = {"error": error, "error_description": description}
        self.status = status


def lwa_blueprint(gateway: Gateway) -> Blueprint:
    """The token endpoint."""
    blueprint = Blueprint("lwa", __name__)

    @blueprint.post("/auth/o2/token")
    def token() -> Response:
        try:
            response = json_response(_grant(gateway.world, request.form))
        except _GrantRefused as refusal:
            response = json_response(refusal.body, refusal.status)
        response.headers["Cache-Control"] = "no-store"
        gateway.record("token", response.status_code)
        return response

    return blueprint


def _grant(world: World, form: Mapping[str, str]) -> dict[str, object]:
    grant_type = _required(form, "grant_type")
    if grant_type not in ("refresh_token", "client_credentials"):
        raise _GrantRefused(
            "unsupported_grant_type",
            "The authorization grant type is not supported by the authorization server",
        )
    applications = _authenticate(world, form)
    if grant_type == "client_credentials":
        if _required(form, "scope") not in SCOPES:
            raise _GrantRefused("invalid_scope", "The request has an invalid scope")
        return _answer(world.issue_token(None).value)
    refresh_token = _required(form, "refresh_token")
    for seller in applications:
        if hmac.compare_digest(seller.refresh_token.encode(), refresh_token.encode()):
            token = world.issue_token(seller.seller_id)
            return _answer(token.value) | {"refresh_token": refresh_token}
    raise _GrantRefused("invalid_grant", "The request has an invalid grant parameter : refresh_token")


def _answer(access_token: str) -> dict[str, object]:
    seconds = int(LIFETIME.total_seconds())
    return {"access_token": access_token, "token_type": "bearer", "expires_in": seconds}


def _authenticate(world: World, form: Mapping[str, str]) -> list[Seller]:
    """The sellers who have authorized the application that the credentials belong to."""
    client_id, secret = _required(form, "client_id"), _required(form, "client_secret")
    authorized = [
        seller
        for seller in world.sellers
        if seller.client_id == client_id
        and hmac.compare_digest(seller.client_secret.encode(), secret.encode())
    ]
    if not authorized:
        raise _GrantRefused("invalid_client", "Client authentication failed", 401)
    return authorized


def _required(form: Mapping[str, str], name: str) -> str:
    value = form.get(name)
    if not value:
        description = f"The request is missing a required parameter : {name}"
        raise _GrantRefused("invalid_request", description)
    return value
