"""The application factory of what HTTP reaches."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import cache
from typing import Any

from babel.core import negotiate_locale
from flask import Flask, request
from flask_babel import Babel
from flask_login import current_user
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from sqlalchemy.exc import SQLAlchemyError

from core.application import Application, LiveApplication
from core.errors import EntrepotError
from core.web.admin import admin_blueprints
from core.web.admin.identity import guard_views, need_of
from core.web.api.access import scope_of
from core.web.api.app import NOUNS, PER_MINUTE, mount_api
from core.web.api.limiting import Limiter
from core.web.assets import add_assets
from core.web.contributed import EXTENSION as CONTRIBUTED
from core.web.contributed import Contributed, Rules, gather
from core.web.errors import answer_errors
from core.web.formatting import add_filters
from core.web.guarding import Number, guard, refuse_unwritable
from core.web.health import pages as health
from core.web.scope import EXTENSION
from core.web.zones import choose_zones

#: What the admin speaks; the first one is what the others are translated from.
LANGUAGES = {"en": "English", "de": "Deutsch", "nl": "Nederlands"}
API = "entrepot-api-app"
_HOURS_OF_A_SESSION = 12


class LivePages:
    """What a server calls: each request meets the pages and resources of the plugins enabled then.

    Nothing is asked of the database before the first request, so it can be made before there is one.
    """

    def __init__(self, live: LiveApplication) -> None:
        self._live = live
        self._lock = threading.Lock()
        self._limiter = Limiter(PER_MINUTE)
        self._bare: Flask | None = None
        self._made: tuple[Application, Flask] | None = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        return self.app()(environ, start_response)

    def app(self) -> Flask:
        """The Flask application of now; without plugins while the database cannot say which are enabled."""
        try:
            application = self._live.current()
        except (EntrepotError, SQLAlchemyError, OSError):  # told by the view that needs the database
            with self._lock:
                self._bare = self._bare or create_web_app(self._live, None, self._limiter)
                return self._bare
        with self._lock:
            if self._made is None or self._made[0] is not application:
                self._made = application, create_web_app(self._live, application, self._limiter)
            return self._made[1]


def create_web_app(
    live: LiveApplication, application: Application | None = None, limiter: Limiter | None = None
) -> Flask:
    """A Flask application with the core's pages and resources, and those of this application's plugins.

    Each request works with what is enabled then; which pages there are is settled here.
    """
    brought = gather(application, *_core_rules()) if application is not None else Contributed()
    app = Flask("core.web")
    app.extensions[EXTENSION] = live
    app.extensions[CONTRIBUTED] = brought
    app.config.update(
        BABEL_TRANSLATION_DIRECTORIES=";".join(["translations", *map(str, brought.catalogues)]),
        MAX_CONTENT_LENGTH=64 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        PERMANENT_SESSION_LIFETIME=_HOURS_OF_A_SESSION * 3600,
        SESSION_COOKIE_NAME="entrepot_session",
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        WTF_CSRF_SSL_STRICT=False,  # the check of the session's token is enough; a proxy may hide https
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    Babel(app, locale_selector=_choose_language)
    choose_zones(app, _choose_zone)
    guard(app)
    answer_errors(app)
    add_filters(app)
    add_assets(app, LANGUAGES)
    guard_views(app)
    app.before_request(refuse_unwritable)
    CSRFProtect(app)
    app.url_map.converters["int"] = Number
    app.register_blueprint(health)
    for blueprint in (*admin_blueprints(), *brought.pages):
        app.register_blueprint(blueprint)
    app.extensions[API] = mount_api(app, live, limiter, brought.resources)
    return app


@cache
def _core_rules() -> tuple[Rules, Rules]:
    """What plugins' pages and resources are held against."""
    return Rules.of([health, *admin_blueprints()], need_of), Rules.of(NOUNS, scope_of)


def _choose_language() -> str:
    """The operator's, else the browser's, else English."""
    chosen = current_user.language if current_user and current_user.is_authenticated else None
    wanted = list(request.accept_languages.values())
    return chosen or negotiate_locale(wanted, list(LANGUAGES), sep="-") or "en"  # de for de-AT


def _choose_zone() -> str | None:
    """The operator's, else the one that a script of the pages found in the browser."""
    chosen = current_user.time_zone if current_user and current_user.is_authenticated else None
    return chosen or request.cookies.get("entrepot_zone")
