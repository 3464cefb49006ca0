"""The history of settings, as every page of settings shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from flask_babel import gettext as _
from marshmallow import Schema

from core.context import Context
from core.settings import Change, SettingsKey, describe_change, list_history
from core.web.admin.actors import actor_names
from core.web.formatting import day

_PAGE = 20


@dataclass(frozen=True)
class History:
    """Some changes, the newest first, who made them, and where the earlier ones begin."""

    changes: list[Change]
    names: dict[str, str]
    next: int | None
    is_later_page: bool


def history_of(
    ctx: Context,
    key: SettingsKey,
    schema: Schema,
    before: int | None,
    titles: Mapping[str, str] | None = None,
) -> History:
    """A page of the history; `titles` are what values are called that are none of a field's options."""
    rows = list_history(ctx, key, limit=_PAGE + 1, before=before)
    shown = [_readable(describe_change(row, schema), titles or {}) for row in rows[:_PAGE]]
    names = actor_names(ctx, [change.changed_by for change in shown])
    return History(shown, names, shown[-1].id if len(rows) > _PAGE else None, before is not None)


def _readable(change: Change, titles: Mapping[str, str]) -> Change:
    """The change with days as the reader writes them."""

    def write(text: str) -> str:
        try:
            return day(date.fromisoformat(text)) if "-" in text else titles.get(text, text)
        except ValueError:
            return text

    differences = (
        replace(each, before=write(each.before), after=write(each.after)) for each in change.differences
    )
    return replace(change, differences=tuple(differences))


def undone_message(changed: object) -> str:
    """What to say after a change was taken back."""
    if not changed:
        return str(_("Nothing changed: the settings are as they were before that change."))
    return str(_("The change is undone. That is a change of its own, and can be undone as well."))
