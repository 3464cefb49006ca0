"""What one request works with: the application as it is now, and transactions on it."""

from __future__ import annotations

from contextlib import AbstractContextManager

from flask import current_app, g

from core.application import Application, LiveApplication
from core.context import Context

EXTENSION = "entrepot"


def live() -> LiveApplication:
    """The application whatever the database is at."""
    found: LiveApplication = current_app.extensions[EXTENSION]
    return found


def application() -> Application:
    """The application, the same for the whole request; the next request asks anew.

    Raises PendingMigrations if the database is not up to date.
    """
    if "application" not in g:
        g.application = live().current()
    found: Application = g.application
    return found


def reading_as(actor: str) -> AbstractContextManager[Context]:
    """A transaction that only reads."""
    return application().reading(actor)


def writing_as(actor: str) -> AbstractContextManager[Context]:
    """A transaction that commits unless the block raises."""
    return application().writing(actor)
