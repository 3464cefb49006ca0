"""Errors to HTTP, in this one place: the status of each, and a page in plain words."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, Response, make_response, render_template
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from werkzeug.exceptions import HTTPException

from core.errors import (
    AccessDenied,
    EntrepotError,
    InvalidValue,
    NotConfigured,
    NotFound,
    PendingMigrations,
    PluginFailed,
    Refused,
    RejectedByChannel,
    TemporarilyUnavailable,
)
from core.jobs.retrying import place_of
from core.web.saying import say

#: Status and heading of our own errors; of several classes that fit the first counts.
_OURS: tuple[tuple[type[EntrepotError], int, str], ...] = (
    (NotFound, 404, "Not found"),
    (InvalidValue, 422, "That value is not valid"),
    (Refused, 409, "That cannot be done"),
    (PendingMigrations, 503, "The database has to be upgraded first"),
    (NotConfigured, 503, "Something has to be set up first"),
    (TemporarilyUnavailable, 503, "Not at this moment"),
    (AccessDenied, 502, "The other side does not let us in"),
    (RejectedByChannel, 502, "The other side said no"),
    (PluginFailed, 500, "A plugin failed"),
    (EntrepotError, 500, "Something went wrong"),
)
_HEADINGS = {
    400: "That did not arrive as it should",
    403: "Not allowed",
    404: "Not found",
    405: "That cannot be done here",
}
_SAID = {
    404: "There is no such page.",
    405: "This page can only be read.",
}
_log = structlog.get_logger(__name__)


def answer_errors(app: Flask) -> None:
    """Have every error of the application answered from here."""
    app.register_error_handler(EntrepotError, _answer_ours)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(SQLAlchemyError, _answer_database)
    app.register_error_handler(Exception, _answer_unforeseen)


def status_of(error: EntrepotError) -> tuple[int, str]:
    """The HTTP status and the heading of one of our errors."""
    return next((status, heading) for kind, status, heading in _OURS if isinstance(error, kind))


def _answer_ours(error: EntrepotError) -> Response:
    status, heading = status_of(error)
    if status == 500:
        write_down(error)
    response = _page(status, heading, str(error))
    if isinstance(error, TemporarilyUnavailable) and error.retry_after is not None:
        response.headers["Retry-After"] = str(max(1, round(error.retry_after.total_seconds())))
    return response


def _answer_http(error: HTTPException) -> Any:
    code = error.code or 500
    if code < 400:
        return error
    sentence = _SAID.get(code) or error.description or error.name
    if isinstance(error, CSRFError):
        sentence = "this page was open for too long: go back, load it again and send it once more"
    response = _page(code, _HEADINGS.get(code, error.name), sentence)
    if code == 405:
        response.headers["Allow"] = dict(error.get_headers()).get("Allow", "GET, HEAD, OPTIONS")
    return response


def trouble_with_database(error: SQLAlchemyError) -> tuple[int, str, str]:
    """The HTTP status, the heading and a sentence for what a database has raised."""
    if isinstance(error, OperationalError | InterfaceError):
        sentence = "the database does not answer: check that its server runs; then load this page again"
        return 503, "The database is away", sentence
    return 500, "Something went wrong", "the database refused: run `entrepot doctor`"


def write_down(error: Exception) -> None:
    """Log what a request failed with: its class and place, never its words."""
    _log.error("request failed", error=type(error).__name__, place=place_of(error))


def _answer_database(error: SQLAlchemyError) -> Response:
    """Without the statement or its values: they could hold anything."""
    write_down(error)
    return _page(*trouble_with_database(error))


def _answer_unforeseen(error: Exception) -> Response:
    write_down(error)
    return _page(500, "Something went wrong", "that is a fault of ours; the log says where it happened")


def _page(status: int, heading: str, sentence: str) -> Response:
    return make_response(render_template("error.html", heading=say(heading), sentence=sentence), status)
