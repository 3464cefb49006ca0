"""What one request works with: the application as it is now, and transactions on it."""

from __future__ import annotations

from contextlib import AbstractContextManager

from flask import current_app, g

from core.application import Application, LiveApplication
from core.context import Context

EXTENSION = "entrepot"
ACTOR = "web"


def application() -> Application:
    """The application, the same for the whole request; the next request asks anew.

    Raises PendingMigrations if the database is not up to date.
    """
    if "application" not in g:
        live: LiveApplication = current_app.extensions[EXTENSION]
        g.application = live.current()
    found: Application = g.application
    return found


def reading() -> AbstractContextManager[Context]:
    """A transaction that only reads."""
    return application().reading(ACTOR)
