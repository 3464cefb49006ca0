"""The inbox: what needs a person, grouped by cause, each with the one thing that mends it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import Forbidden

from core.channels.explaining import explain_order
from core.channels.fetching import Fetched, fetch_order, find_fetched
from core.channels.mending import mend_group
from core.context import Context
from core.database.keyset import cut
from core.errors import InvalidValue, NotFound
from core.problems import (
    FOR_GOOD,
    UNTIL_ANEW,
    GroupQuery,
    get_group,
    ignore_group,
    list_groups,
    page_of_problems,
    reopen_group,
)
from core.web.admin.actors import actor_names
from core.web.admin.remedies import shown_groups
from core.web.admin.shell import answer, done, may, needs, pager, reading, render, whole, writing
from core.web.admin.subjects import link, name_subjects

pages = Blueprint("problems", __name__, url_prefix="/problems")
_PAGE = 50


@pages.get("")
@needs("problems.view")
def show() -> str:
    """The groups, the most urgent first; those that are ignored with `view=ignored`."""
    return _inbox()


@pages.post("/fetch")
@needs("problems.manage")
def fetch() -> Any:
    """Have one order fetched by the channel's number."""
    number = request.form.get("external_id", "")
    try:
        with writing() as ctx:
            job_id = fetch_order(ctx, number)
    except InvalidValue as error:
        return answer(_inbox(wrong=str(error), number=number))
    return done(_("The order is being fetched."), "problems.show", fetched=job_id)


@pages.get("/fetched/<int:job_id>")
@needs("problems.view")
def fetched(job_id: int) -> str:
    """What came of fetching, as a part of a page."""
    with reading() as ctx:
        found = _fetched(ctx, job_id)
        return render("admin/problems/fetched.html", ctx, fetched=found, job_id=job_id, link=link)


@pages.get("/<int:group_id>")
@needs("problems.view")
def one(group_id: int) -> str:
    """A group with everything that it holds up."""
    with reading() as ctx:
        group = get_group(ctx.session, group_id)
        found = page_of_problems(ctx.session, group, whole("after"), _PAGE + 1)
        page = cut(found, _PAGE, lambda problem: problem.id)
        names = name_subjects(ctx, [row.subject for row in page.rows])
        actors = [row.ignored_by for row in page.rows if row.ignored_by]
        return render(
            "admin/problems/one.html",
            ctx,
            entry=shown_groups(ctx, [group])[0],
            rows=[(row, names[row.subject]) for row in page.rows],
            who=actor_names(ctx, actors),
            **pager(page, "problems.one", "after", group_id=group_id),
        )


@pages.post("/<int:group_id>/mend")
@needs("problems.view")
def mend(group_id: int) -> Any:
    """Do what mends a group at once; who may is said by the remedy."""
    with writing() as ctx:
        remedy = get_group(ctx.session, group_id).remedy
        if remedy is None or not may(remedy.permission):
            raise Forbidden(_("Your role does not allow this. An owner can change that under Operators."))
        count = mend_group(ctx, group_id)
    if not count:
        return done(_("There was nothing left to try again."), "problems.show")
    text = ngettext("Tried again: %(num)s case.", "Tried again: %(num)s cases.", count)
    return done(f"{text} {_('Whatever is mended leaves this list by itself.')}", "problems.show")


@pages.post("/<int:group_id>/ignore")
@needs("problems.manage")
def ignore(group_id: int) -> Any:
    """Look at a group no more, until it comes anew or for good."""
    for_good = request.form.get("how") == FOR_GOOD
    with writing() as ctx:
        ignore_group(ctx, group_id, FOR_GOOD if for_good else UNTIL_ANEW)
    said = _("Ignored for good.") if for_good else _("Ignored until it happens anew.")
    return done(said, "problems.show")


@pages.post("/<int:group_id>/reopen")
@needs("problems.manage")
def reopen(group_id: int) -> Any:
    """Look at an ignored group again."""
    with writing() as ctx:
        reopen_group(ctx, group_id)
    return done(_("It is back among the problems."), "problems.show")


def _inbox(wrong: str | None = None, number: str = "") -> str:
    ignored = request.args.get("view") == "ignored"
    job_id = whole("fetched")
    view: dict[str, Any] = {"view": "ignored"} if ignored else {}
    with reading() as ctx:
        found = list_groups(ctx.session, GroupQuery(ignored, None, whole("after"), _PAGE + 1))
        page = cut(found, _PAGE, lambda group: group.id)
        return render(
            "admin/problems/list.html",
            ctx,
            entries=shown_groups(ctx, page.rows),
            ignored=ignored,
            **pager(page, "problems.show", "after", **view),
            fetched=_fetched(ctx, job_id) if job_id else None,
            job_id=job_id,
            wrong=wrong,
            number=number,
            may_manage=may("problems.manage"),
            link=link,
        )


def _fetched(ctx: Context, job_id: int) -> tuple[Fetched, list[Any]] | None:
    """What came of fetching, and for each account that knows the order where it stands now."""
    try:
        found = find_fetched(ctx.session, job_id)
    except NotFound:
        return None
    try:
        return found, explain_order(ctx.session, found.external_id) if found.is_done else []
    except NotFound:
        return found, []
