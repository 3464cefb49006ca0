"""Answers: documents as JSON with their ETag, conditions on it, and which media types are spoken."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, TypeVar

from flask import Flask, Response, current_app, request
from werkzeug.datastructures import ETags
from werkzeug.exceptions import BadRequest, NotAcceptable, PreconditionFailed, UnsupportedMediaType

JSON = "application/json"
PROBLEM = "application/problem+json"
_WITH_BODY = ("POST", "PUT", "PATCH")
_NEEDS_BODY = "api_needs_body"
F = TypeVar("F", bound=Callable[..., Any])

#: What a view gives back.
Document = dict[str, Any]


def speak_json(app: Flask) -> None:
    """Refuse what is sent or wanted in another form, and keep the order of fields."""
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of Flask's default provider
    app.before_request(_check_media_types)


def answer(document: Document, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A document as the answer; what is read has an ETag, and 304 if the asker has that one already."""
    text = json.dumps(document)
    response = Response(text, status, headers, content_type=JSON)
    if status == 200:
        response.set_etag(_etag_of(text))
        response.make_conditional(request)
    return response


def _etag_of(text: str) -> str:
    """The same for the same document, whose fields always come in the same order, and for no other."""
    return sha256(text.encode()).hexdigest()[:32]


def check_unchanged(document: Document) -> None:
    """Raise 412 if `If-Match` names another document than this, which is what there is now."""
    wanted: ETags = request.if_match
    if wanted and not wanted.contains(_etag_of(json.dumps(document))):
        raise PreconditionFailed("It has changed since you read it: read it again, then decide anew.")


def needs_body(function: F) -> F:
    """Mark a view that cannot do without a body: nothing sent is not the same as `{}`."""
    setattr(function, _NEEDS_BODY, True)
    return function


def _check_media_types() -> None:
    if request.accept_mimetypes and not request.accept_mimetypes.best_match(
        [JSON, PROBLEM, "text/html"] if request.path == "/" else [JSON, PROBLEM]
    ):
        raise NotAcceptable("The API answers in JSON: accept application/json.")
    has_body = request.content_length or "Transfer-Encoding" in request.headers
    if request.method in _WITH_BODY and has_body and not request.is_json:
        raise UnsupportedMediaType("The API reads JSON: send it as Content-Type: application/json.")
    view = current_app.view_functions.get(request.endpoint or "")
    if not has_body and getattr(view, _NEEDS_BODY, False):
        raise BadRequest("There is no body: send a JSON object.")
    if has_body:
        _check_json()


def _check_json() -> None:
    """Whatever makes JSON unreadable is found here, so that nothing else has to expect it."""
    try:
        json.loads(request.get_data())
    except (ValueError, RecursionError) as error:
        raise BadRequest("The body is no JSON that can be read: check how it is written.") from error
