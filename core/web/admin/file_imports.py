"""The pages on which a CSV file is handed in, looked at and imported; products and customers share them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from core.access import note_audit
from core.commerce.file_imports import (
    APPLYING,
    CHECKING,
    FileImport,
    apply_import,
    cancel_import,
    export_wrong_lines,
    get_import,
    list_imports,
    list_plans,
    progress_of,
    start_import,
)
from core.commerce.import_plans import ADDED, CHANGED, OUTCOMES, UNCHANGED, WRONG, Importer, rows_of
from core.context import Context
from core.database.keyset import cut
from core.errors import InvalidValue
from core.web.admin.shell import (
    actor,
    application,
    done,
    is_htmx,
    may,
    needs,
    pager,
    reading,
    whole,
    writing,
)

_PAGE = 100
_RECENT = 10


@dataclass(frozen=True)
class Files:
    """What is imported and exported, and what an operator needs for it.

    title         what they are called
    columns_help  each column of a file in words
    see, edit     permissions for exporting and importing; with `is_personal`, that for personal data too
    """

    importer: Importer
    export: Callable[[Session], Iterator[str]]
    title: Callable[[], str]
    columns_help: Callable[[], list[tuple[str, str]]]
    see: str
    edit: str
    is_personal: bool = False

    @property
    def kind(self) -> str:
        """The plural, which is the name of the blueprint too."""
        return self.importer.kind

    def check(self) -> None:
        """Answer only who may see personal data, where the files have any."""
        if self.is_personal and not may("personal_data.view"):
            abort(403)


def add_file_pages(pages: Blueprint, files: Files) -> None:
    """Add the pages for exporting and importing to those of an area."""
    _add_export(pages, files)
    _add_upload(pages, files)
    _add_import(pages, files)


def _add_export(pages: Blueprint, files: Files) -> None:
    @pages.get("/export")
    @needs(files.see)
    def export() -> Response:
        """Everything as CSV."""
        files.check()
        with writing() as ctx:
            note_audit(ctx, f"{files.kind}.exported")
        return _download(files.export, f"{files.kind}.csv")


def _add_upload(pages: Blueprint, files: Files) -> None:
    @pages.get("/import")
    @needs(files.edit)
    def import_new() -> str:
        """Where a file is handed in."""
        files.check()
        return _upload_page(files)

    @pages.post("/import")
    @needs(files.edit)
    def import_start() -> Any:
        """Take a file and have it looked through."""
        files.check()
        file = request.files.get("file")
        if file is None or not file.filename:
            return _upload_page(files, _("Choose the CSV file first.")), 422
        try:
            text = io.TextIOWrapper(file.stream, encoding="utf-8-sig", newline="")
            rows = rows_of(files.importer, text)
            with writing() as ctx:
                row = start_import(ctx, files.importer, file.filename, rows)
        except InvalidValue as error:
            return _upload_page(files, str(error)), 422
        return redirect(url_for(f"{files.kind}.import_one", import_id=row.id), code=303)


def _add_import(pages: Blueprint, files: Files) -> None:
    @pages.get("/import/<int:import_id>")
    @needs(files.edit)
    def import_one(import_id: int) -> Any:
        """How far it is, and what comes of each line."""
        files.check()
        with reading() as ctx:
            row = get_import(ctx.session, files.kind, import_id)
            if is_htmx():
                return _progress_part(ctx, files, row)
            return _import_page(ctx, files, row)

    @pages.post("/import/<int:import_id>/apply")
    @needs(files.edit)
    def import_apply(import_id: int) -> Any:
        """Import it."""
        files.check()
        with writing() as ctx:
            row = get_import(ctx.session, files.kind, import_id)
            apply_import(ctx, row, files.importer)
            is_under_way = row.state in (CHECKING, APPLYING)
        message = _("The import is under way.") if is_under_way else _("The file is imported.")
        return done(message, f"{files.kind}.import_one", import_id=import_id)

    @pages.post("/import/<int:import_id>/cancel")
    @needs(files.edit)
    def import_cancel(import_id: int) -> Any:
        """Stop it."""
        files.check()
        with writing() as ctx:
            cancel_import(ctx, get_import(ctx.session, files.kind, import_id))
        return done(_("The import is stopped."), f"{files.kind}.import_one", import_id=import_id)

    @pages.get("/import/<int:import_id>/wrong.csv")
    @needs(files.edit)
    def import_wrong(import_id: int) -> Response:
        """The lines that are wrong, to be mended and imported."""
        files.check()
        with reading() as ctx:
            row = get_import(ctx.session, files.kind, import_id)
        return _download(
            lambda session: export_wrong_lines(session, row, files.importer),
            f"{files.kind}-wrong-lines.csv",
        )


def _upload_page(files: Files, wrong: str | None = None) -> str:
    with reading() as ctx:
        recent = list_imports(ctx.session, files.kind, _RECENT)
        return render_template(
            "admin/imports/new.html", files=files, recent=recent, wrong=wrong, states=_states()
        )


def _import_page(ctx: Context, files: Files, row: FileImport) -> str:
    progress = progress_of(ctx.session, row)
    outcome = request.args.get("outcome") or _most_telling(progress.outcomes)
    plans = list_plans(ctx.session, row, outcome, whole("after") or 0, _PAGE + 1)
    page = cut(plans, _PAGE, lambda plan: plan.line)
    return render_template(
        "admin/imports/one.html",
        files=files,
        row=row,
        progress=progress,
        outcome=outcome,
        outcomes=[(name, label, progress.outcomes[name]) for name, label in _outcomes().items()],
        plans=page.rows,
        **pager(page, f"{files.kind}.import_one", "after", import_id=row.id, outcome=outcome),
        states=_states(),
        fields=_fields(),
    )


def _progress_part(ctx: Context, files: Files, row: FileImport) -> Response:
    """Only how far it is; the whole page anew once it has come further than counting."""
    progress = progress_of(ctx.session, row)
    page = render_template("admin/imports/progress.html", files=files, row=row, progress=progress)
    answer = make_response(page)
    if row.state not in (CHECKING, APPLYING):
        answer.headers["HX-Refresh"] = "true"
    return answer


def _download(lines: Callable[[Session], Iterator[str]], name: str) -> Response:
    """A file that is written while it is sent; spreadsheets know by its first letter that it is UTF-8."""
    app, who = application(), actor()

    def stream() -> Iterator[str]:
        with app.reading(who) as ctx:
            yield "\ufeff"
            yield from lines(ctx.session)

    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(stream(), mimetype="text/csv", headers=headers)


def _most_telling(outcomes: Mapping[str, int]) -> str:
    order = (WRONG, CHANGED, ADDED, UNCHANGED)
    return next((outcome for outcome in order if outcomes[outcome]), ADDED)


def _outcomes() -> dict[str, str]:
    labels = {
        ADDED: _("Added"),
        CHANGED: _("Changed"),
        UNCHANGED: _("Unchanged"),
        WRONG: _("Wrong"),
    }
    return {outcome: labels[outcome] for outcome in OUTCOMES}


def _states() -> dict[str, tuple[str, str]]:
    """What each state is called, and its colour."""
    return {
        "checking": (_("Being looked through"), "active"),
        "ready": (_("Waits for you"), "todo"),
        "applying": (_("Being imported"), "active"),
        "done": (_("Imported"), "done"),
        "canceled": (_("Stopped"), "off"),
        "failed": (_("Failed"), "bad"),
    }


def _fields() -> dict[str, str]:
    """What the properties that change are called."""
    return {
        "name": _("Name"),
        "price": _("Price"),
        "quantity": _("On hand"),
        "managed": _("Managed"),
        "enabled": _("Enabled"),
        "email": _("Email"),
        "address": _("Address"),
        "phone": _("Telephone"),
    }
