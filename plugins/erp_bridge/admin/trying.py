"""Trying the settings of a form before they are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import render_template
from flask_babel import gettext as _

from core.web.admin.shell import is_htmx
from plugins.erp_bridge.admin.forms import ConsumerForm, reach


def tried(
    form: ConsumerForm,
    settings: Mapping[str, Any],
    name: str,
    page: Callable[[ConsumerForm, dict[str, str]], str],
) -> Any:
    """Show what came of it: beside the form as it stands, or without scripts on the page anew."""
    if form.settings is not None and form.settings.is_valid:
        words = reach(form.kind, settings, name)
    else:
        missing = ", ".join(form.missing)
        words = {"error": _("Fill in first what is missing or does not fit: %(fields)s", fields=missing)}
    if is_htmx():
        return render_template("admin/accounts/tried.html", words=words)
    return page(form, words), 200 if "done" in words else 422
