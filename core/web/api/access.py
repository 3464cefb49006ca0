"""Who asks, and whether they may: a bearer token, the scope that the operation needs, the rate."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cache
from http import HTTPStatus
from typing import Any, TypeVar

from flask import Response, current_app, g, request
from marshmallow import Schema
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, TooManyRequests, Unauthorized

from core.access import ApiToken, find_token, note_audit, note_use
from core.context import Context
from core.web.api.limiting import Limiter
from core.web.schemas import ChannelOrderSchema, CustomerSchema, OrderSchema
from core.web.scope import application

#: Whether buyers, names and addresses are in the answers; without it those fields are null.
PERSONAL_DATA = "personal_data:read"
LIMITER = "entrepot-limiter"
_REALM = "entrepot"
_SCOPE = "api_scope"
_PUBLIC = "api_public"
_SEEN = "api_seen"
#: What has personal data is a thing of this name, known by this field.
_KNOWN_BY: Mapping[type[Schema], tuple[str, str]] = {
    OrderSchema: ("order", "number"),
    CustomerSchema: ("customer", "id"),
    ChannelOrderSchema: ("channel_order", "external_id"),
}
F = TypeVar("F", bound=Callable[..., Any])


def needs_scope(function: F, scope: str) -> F:
    """Mark a view with the scope that it needs."""
    setattr(function, _SCOPE, scope)
    return function


def public(function: F) -> F:
    """Mark a view that needs no token: it says nothing about the shop."""
    setattr(function, _PUBLIC, True)
    return function


def _enough(needed: str) -> list[str]:
    """The scopes of which one will do: `pickup:erp` and `pickup` for `pickup:<consumer>`."""
    scope, _, argument = needed.partition(":<")
    if not argument:
        return [needed]
    return [f"{scope}:{(request.view_args or {}).get(argument.rstrip('>'))}", scope]


def scope_of(function: Callable[..., Any]) -> str | None:
    """The scope that a view needs, None for a public one. Raises LookupError for one that says neither."""
    if getattr(function, _PUBLIC, False):
        return None
    scope: str | None = getattr(function, _SCOPE, None)
    if scope is None:
        raise LookupError(f"the view {function.__name__} neither names a scope nor is public")
    return scope


def check_access() -> None:
    """Before each request: 401 without a token that is good, 403 without the scope, 429 if too often."""
    view = current_app.view_functions.get(request.endpoint or "")
    needed = scope_of(view) if view is not None else ""
    if needed is None:
        return
    token = g.api_token = _find_token()
    limiter: Limiter = current_app.extensions[LIMITER]
    if seconds := limiter.seconds_to_wait(token.id):
        raise TooManyRequests(
            f"This token asks too often: wait {math.ceil(seconds)} s.", retry_after=math.ceil(seconds)
        )
    enough = _enough(needed)
    if needed and not set(enough) & set(token.scopes):
        refusal = Forbidden(f"The token lacks the scope {enough[0]}: make one that has it.")
        refusal.data = {"required_scope": enough[0]}  # type: ignore[attr-defined]  # as webargs hands data on
        raise refusal


def token() -> ApiToken:
    """The token that asks."""
    found: ApiToken = g.api_token
    return found


def may_see_persons() -> bool:
    """Whether personal data belongs in the answer."""
    return PERSONAL_DATA in token().scopes


def document_of(schema: type[Schema], thing: object, **options: Any) -> dict[str, Any]:
    """A thing in its wire form; what is personal is null unless the token may see it."""
    personal: tuple[str, ...] = getattr(schema, "PERSONAL", ())
    hidden = () if may_see_persons() else personal
    form = schema(exclude=hidden, **options) if options else _form(schema, hidden)
    shown: dict[str, Any] = form.dump(thing)
    if personal and not hidden:
        noun, key = _KNOWN_BY[schema]
        g.setdefault(_SEEN, {}).setdefault(noun, []).append(str(shown[key]))
    return shown | dict.fromkeys(hidden)


@cache
def _form(schema: type[Schema], hidden: tuple[str, ...]) -> Schema:
    """Made once: making one takes as long as writing an order with it."""
    return schema(exclude=hidden)


def note_seen(response: Response) -> Response:
    """After a request: whose personal data was answered is written to the audit log, before it is sent."""
    seen: dict[str, list[str]] = g.get(_SEEN, {})
    if not seen or response.status_code == HTTPStatus.NOT_MODIFIED:
        return response
    with writing() as ctx:
        for noun, keys in seen.items():
            known = list(dict.fromkeys(keys))
            subject, more = (f"{noun}:{known[0]}", {}) if len(known) == 1 else ("", {noun: known})
            note_audit(ctx, "personal_data.seen", subject, **more)
    return response


def reading() -> AbstractContextManager[Context]:
    """A transaction that only reads, with the token as who acts."""
    return application().reading(_actor())


def writing() -> AbstractContextManager[Context]:
    """A transaction that commits at the end of the block, with the token as who acts."""
    return application().writing(_actor())


def _actor() -> str:
    return f"token:{token().id}"


def _find_token() -> ApiToken:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise Unauthorized(
            "The API asks for a token: send `Authorization: Bearer …`; `entrepot tokens add` makes one.",
            www_authenticate=WWWAuthenticate("bearer", {"realm": _REALM}),
        )
    with application().reading() as ctx:
        found, now = find_token(ctx.session, text.strip()), ctx.clock.now()
    if found is None or not found.is_valid(now):
        raise Unauthorized(
            "There is no such token, or it has expired or was revoked.",
            www_authenticate=WWWAuthenticate("bearer", {"realm": _REALM, "error": "invalid_token"}),
        )
    if not found.is_use_known(now):
        with application().writing(f"token:{found.id}") as ctx:
            note_use(ctx, found.id)
    return found
