"""Trying a form before it is kept: whether the consumer can be reached, and which orders it would get."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from core.errors import EntrepotError, InvalidValue
from core.web.admin.shell import application, is_htmx, reading, render
from plugins.erp_bridge.admin.forms import ConsumerForm
from plugins.erp_bridge.admin.wording import verdicts
from plugins.erp_bridge.filters import check_wanted
from plugins.erp_bridge.rehearsing import Rehearsal, rehearse
from plugins.erp_bridge.trying import try_settings

#: So many orders are looked at where nobody says how many.
LAST = 25
#: What came of it, for the template: `done` or `error` in words, or a `rehearsal`.
Tried = Mapping[str, str | Rehearsal]


def reached(kind: str, settings: Mapping[str, Any], name: str) -> Tried:
    """Whether a consumer can be reached with these settings; outside of any transaction."""
    try:
        return {"done": try_settings(application(), kind, settings, name)}
    except EntrepotError as error:
        return {"error": str(error)}


def reached_by(form: ConsumerForm, settings: Mapping[str, Any], name: str) -> Tried:
    """The same with what was entered."""
    if form.settings is None or not form.settings.is_valid:
        return _missing(form.missing)
    return reached(form.kind, settings, name)


def rehearsed(form: ConsumerForm, since: datetime | None) -> Tried:
    """What the filter that was entered would have let in of the last orders."""
    if not form.own.is_valid:
        return _missing(form.missing_of(form.own))
    with reading() as ctx:
        try:
            return {"rehearsal": rehearse(ctx, check_wanted(ctx.session, form.wanted), LAST, since)}
        except InvalidValue as error:
            return {"error": str(error)}


def shown(
    form: ConsumerForm, tried: Tried, page: Callable[[ConsumerForm, Tried], str]
) -> str | tuple[str, int]:
    """What came of it: beside the form as it stands, or without scripts on the page anew."""
    if is_htmx():
        with reading() as ctx:
            at_secrets = form.settings.at_secrets() if form.settings is not None else {}
            return render(
                "erp_bridge/tried.html", ctx, words=tried, verdicts=verdicts(), at_secrets=at_secrets
            )
    return page(form, tried), 422 if "error" in tried else 200


def _missing(labels: list[str]) -> Tried:
    missing = ", ".join(labels)
    return {"error": _("Fill in first what is missing or does not fit: %(fields)s", fields=missing)}
