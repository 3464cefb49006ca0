"""The application factory of what HTTP reaches."""

from __future__ import annotations

from flask import Flask
from jinja2 import StrictUndefined

from core.application import LiveApplication
from core.web.errors import answer_errors
from core.web.formatting import add_filters
from core.web.guarding import guard
from core.web.pages import pages
from core.web.scope import EXTENSION


def create_web_app(live: LiveApplication) -> Flask:
    """A Flask application on a live application: each request is served by the plugins enabled then.

    Nothing is asked of the database before the first request, so it can be made before there is one.
    """
    app = Flask("core.web")
    app.extensions[EXTENSION] = live
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    guard(app)
    answer_errors(app)
    add_filters(app)
    app.register_blueprint(pages)
    return app
