"""The application that answers under `/api/v1`, and how it is mounted beside the pages."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Flask, Request, Response, current_app, request
from flask.sessions import SessionInterface

from core.application import LiveApplication
from core.web.api.access import LIMITER, check_access, note_seen, public, scope_of
from core.web.api.answering import answer, speak_json
from core.web.api.cancellations import cancellations
from core.web.api.channel_orders import channel_orders
from core.web.api.customers import customers
from core.web.api.documenting import DescribedApi
from core.web.api.jobs import jobs
from core.web.api.limiting import Limiter
from core.web.api.orders import orders
from core.web.api.paths import CONVERTERS, Mount
from core.web.api.problem_details import answer_problems
from core.web.api.products import products
from core.web.api.reference import prepare_reference, show_reference
from core.web.api.refunds import refunds
from core.web.api.shipments import shipments
from core.web.api.stock import stock
from core.web.guarding import guard
from core.web.scope import EXTENSION

#: Requests of one token, in each process.
PER_MINUTE = 1200
MOST_BYTES = 1_000_000
_API = "entrepot-api"
NOUNS = (orders, shipments, cancellations, refunds, products, stock, customers, channel_orders, jobs)


class _NoSessions(SessionInterface):
    """Whatever cookies come along: none is read, none is set."""

    def open_session(self, app: Flask, request: Request) -> None:
        """There is none."""


def mount_api(
    pages: Flask, live: LiveApplication, limiter: Limiter | None, resources: Sequence[Blueprint]
) -> Flask:
    """Have this application's server answer the API too, with what plugins add to it."""
    api = create_api(live, limiter, resources)
    pages.wsgi_app = Mount(pages.wsgi_app, api.wsgi_app)  # type: ignore[method-assign]  # as Flask advises
    return api


def create_api(
    live: LiveApplication, limiter: Limiter | None = None, resources: Sequence[Blueprint] = ()
) -> Flask:
    """The API as an application of its own: without sessions, cookies and forms."""
    app = Flask("core.web", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    app.url_map.merge_slashes = False
    app.url_map.converters.update(CONVERTERS)
    app.extensions[EXTENSION] = live
    app.extensions[LIMITER] = limiter or Limiter(PER_MINUTE)
    guard(app)
    app.session_interface = _NoSessions()
    app.before_request(check_access)
    app.after_request(note_seen)
    speak_json(app)
    answer_problems(app)
    prepare_reference(app)
    api = app.extensions[_API] = DescribedApi(app)
    for noun in (*NOUNS, *resources):
        api.register_blueprint(noun)
    app.add_url_rule("/openapi.json", view_func=describe)
    app.add_url_rule("/", view_func=reference)
    for view in app.view_functions.values():
        scope_of(view)
    return app


@public
def describe() -> Response:
    """The description of the API, OpenAPI 3.1."""
    return answer(description())


@public
def reference() -> str:
    """The same, for people."""
    return show_reference(description())


def description() -> dict[str, object]:
    """The description of the API, under the address at which it was asked for."""
    api: DescribedApi = current_app.extensions[_API]
    return {**api.spec.to_dict(), "servers": [{"url": request.script_root}]}
