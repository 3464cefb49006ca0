"""Errors as problem details (RFC 9457): the status from the one table, a code for machines, a sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Flask, Response
from marshmallow import Schema, fields
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from core.errors import EntrepotError, InvalidValue, TemporarilyUnavailable
from core.web.api.fields import by_field
from core.web.errors import status_of, trouble_with_database, write_down

CONTENT_TYPE = "application/problem+json"
_SENTENCES = {
    404: "There is nothing under this address: the description of the API lists what there is.",
    413: "The body is too long: send less at once.",
    422: "Something of what was sent does not fit: `fields` says what and why.",
}
#: Headers of the answer itself, which an HTTP error of Werkzeug's would bring along for its page.
_OF_THE_BODY = ("content-type", "content-length")


class ProblemSchema(Schema):
    """What went wrong (RFC 9457)."""

    type = fields.String(metadata={"description": "`about:blank`: the status and the code say it all."})
    title = fields.String(metadata={"description": "What kind of problem it is, for people."})
    status = fields.Integer(metadata={"description": "The HTTP status."})
    detail = fields.String(metadata={"description": "What was expected, what came, what to do."})
    code = fields.String(metadata={"description": "What kind of problem it is, for machines."})
    fields_ = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        data_key="fields",
        metadata={
            "description": "By the name of a field, `packages.0.carrier`: what is wrong with it.",
            "sometimes": True,
        },
    )
    required_scope = fields.String(
        metadata={"description": "With 403: the scope that the token lacks.", "sometimes": True}
    )


def answer_problems(app: Flask) -> None:
    """Have every error of the application answered as a problem."""
    app.register_error_handler(EntrepotError, _answer_ours)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(SQLAlchemyError, _answer_database)
    app.register_error_handler(Exception, _answer_unforeseen)


def _answer_ours(error: EntrepotError) -> Response:
    status, title = status_of(error)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        write_down(error)
    extra = {"fields": error.fields} if isinstance(error, InvalidValue) and error.fields else {}
    response = _problem(status, error.code, title, str(error), **extra)
    if isinstance(error, TemporarilyUnavailable) and error.retry_after is not None:
        response.headers["Retry-After"] = str(max(1, round(error.retry_after.total_seconds())))
    return response


def _answer_http(error: HTTPException) -> Any:
    status = error.code or 500
    if status < 400:
        return error
    data: Mapping[str, Any] = getattr(error, "data", None) or {}
    extra = {key: data[key] for key in ("required_scope",) if key in data}
    sentence = _SENTENCES.get(status) or error.description or error.name
    if "messages" in data:  # of webargs: by place, then by field
        places = data["messages"].values()  # such as `json`
        extra["fields"] = {name: why for place in places for name, why in by_field(place).items()}
    code = "invalid_value" if status == 422 else error.name.lower().replace(" ", "_")
    response = _problem(status, code, error.name, sentence, **extra)
    for name, value in error.get_headers():
        if name.lower() not in _OF_THE_BODY:
            response.headers[name] = value
    return response


def _answer_database(error: SQLAlchemyError) -> Response:
    """Without the statement or its values: they could hold anything."""
    write_down(error)
    status, title, sentence = trouble_with_database(error)
    return _problem(status, "database", title, sentence)


def _answer_unforeseen(error: Exception) -> Response:
    write_down(error)
    return _problem(500, "error", "Something went wrong", "That is a fault of ours; the log says where.")


def _problem(status: int, code: str, title: str, detail: str, **extra: Any) -> Response:
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        **extra,
    }
    return Response(json.dumps(body), status, content_type=CONTENT_TYPE)
