"""The application factory of what HTTP reaches."""

from __future__ import annotations

from babel.core import negotiate_locale
from flask import Flask, request
from flask_babel import Babel
from flask_login import current_user
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined

from core.application import LiveApplication
from core.web.admin import admin_blueprints
from core.web.admin.identity import guard_views
from core.web.api.app import mount_api
from core.web.assets import add_assets
from core.web.errors import answer_errors
from core.web.formatting import add_filters
from core.web.guarding import guard
from core.web.health import pages as health
from core.web.scope import EXTENSION

#: What the admin speaks; the first one is what the others are translated from.
LANGUAGES = {"en": "English", "de": "Deutsch", "nl": "Nederlands"}
_HOURS_OF_A_SESSION = 12


def create_web_app(live: LiveApplication) -> Flask:
    """A Flask application on a live application: each request is served by the plugins enabled then.

    Nothing is asked of the database before the first request, so it can be made before there is one.
    """
    app = Flask("core.web")
    app.extensions[EXTENSION] = live
    app.config.update(
        BABEL_TRANSLATION_DIRECTORIES="translations",
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
    guard(app)
    answer_errors(app)
    add_filters(app)
    add_assets(app, LANGUAGES)
    guard_views(app)
    CSRFProtect(app)
    app.register_blueprint(health)
    for blueprint in admin_blueprints():
        app.register_blueprint(blueprint)
    mount_api(app, live)
    return app


def _choose_language() -> str:
    """The operator's, else the browser's, else English."""
    chosen = current_user.language if current_user and current_user.is_authenticated else None
    wanted = list(request.accept_languages.values())
    return chosen or negotiate_locale(wanted, list(LANGUAGES), sep="-") or "en"  # de for de-AT
