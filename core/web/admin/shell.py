"""What every page of the admin is made with: transactions, templates, answers to forms."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from core.access import note_audit
from core.commerce.statuses import list_statuses
from core.context import Context
from core.database.keyset import Page
from core.errors import InvalidValue
from core.web.admin.identity import actor, may, needs, public, signed_in
from core.web.formatting import Names
from core.web.scope import application, reading_as, writing_as

__all__ = [
    "actor", "answer", "application", "done", "is_htmx", "may", "needs", "pager", "public", "reading",
    "render", "saw", "signed_in", "whole", "writing",
]  # fmt: skip


def reading() -> AbstractContextManager[Context]:
    """A transaction that only reads."""
    return reading_as(actor())


def writing() -> AbstractContextManager[Context]:
    """A transaction that commits unless the block raises, with the operator as actor."""
    return writing_as(actor())


def render(template: str, ctx: Context, **values: Any) -> str:
    """A page; `names` says what things are called."""
    statuses = {row.code: row for row in list_statuses(ctx.session)}
    return render_template(template, names=Names(application().registry, statuses), **values)


def answer(page: str, status: int = 422) -> tuple[str, int]:
    """A form again, with what is wrong with it."""
    return page, status


def done(message: str, endpoint: str, **values: Any) -> Response:
    """After a form was carried out: say so on the page that follows."""
    flash(message, "done")
    return redirect(url_for(endpoint, **values), code=303)


def saw(noun: str, key: str | int) -> None:
    """Write down that the operator saw personal data of this thing."""
    with writing() as ctx:
        note_audit(ctx, "personal_data.seen", f"{noun}:{key}")


def pager(page: Page[Any], endpoint: str, place: str = "before", **where: Any) -> dict[str, str | None]:
    """For a template: the address of the first page, if this is another, and of the next, if there is one.

    place   what the address calls that which a page lies behind
    """
    behind = {**where, place: page.next}
    return {
        "first": url_for(endpoint, **where) if request.args.get(place) else None,
        "next": url_for(endpoint, **behind) if page.next else None,
    }


def is_htmx() -> bool:
    """Whether only a part of the page is asked for."""
    return request.headers.get("HX-Request") == "true"


def whole(name: str) -> int | None:
    """A whole number of the address, None if it is not there. Raises InvalidValue for anything else."""
    text = request.args.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise InvalidValue(f"in the address, {name} is a whole number: start again at the newest")
    return int(text)
