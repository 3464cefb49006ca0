"""What templates can call: addresses of static files, icons, the navigation, the CSRF field."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Flask, current_app, url_for
from flask_babel import get_locale
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError

from core.errors import EntrepotError
from core.web.admin.identity import may
from core.web.admin.navigation import navigation
from core.web.scope import application


def add_assets(app: Flask, languages: Mapping[str, str]) -> None:
    """Let every template call them."""
    app.jinja_env.globals.update(
        asset=asset,
        copy_warning=_copy_warning,
        csrf=_csrf,
        csrf_token=generate_csrf,
        icon=icon,
        languages=languages,
        locale=get_locale,
        may=may,
        navigation=navigation,
        operator=current_user,
    )


def asset(file: str) -> str:
    """The address of a static file; it changes with the file, so that browsers may keep it."""
    return url_for("static", filename=file, v=_sum_of(Path(str(current_app.static_folder)) / file))


def icon(name: str) -> Markup:
    """A small picture beside a word; it says nothing by itself."""
    return Markup(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>'
    ).format(asset("vendor/tabler-icons.svg"), name)


def _copy_warning() -> str | None:
    """Why nothing is written to any account, for those who may see accounts."""
    if not may("accounts.view"):
        return None
    try:
        return application().registry.guard
    except (EntrepotError, SQLAlchemyError):  # the page that says what is wrong has this frame too
        return None


def _csrf() -> Markup:
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


@cache
def _sum_of(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()[:12]
