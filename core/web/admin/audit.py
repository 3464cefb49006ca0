"""The audit log: who did and saw what."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for

from core.access import list_audit
from core.web.admin.actors import actor_names
from core.web.admin.audited import name_audited
from core.web.admin.shell import needs, reading, whole

pages = Blueprint("audit", __name__, url_prefix="/audit")
_PAGE = 50


@pages.get("")
@needs("audit.view")
def show() -> str:
    """Entries, the newest first."""
    with reading() as ctx:
        before = whole("before")
        rows = list_audit(ctx.session, before, _PAGE + 1)
        shown = rows[:_PAGE]
        who = actor_names(ctx, [row.actor for row in shown])
        about = name_audited(ctx, [row.subject for row in shown])
        return render_template(
            "admin/account/audit.html",
            rows=[(row, who[row.actor], about[row.subject]) for row in shown],
            next=url_for("audit.show", before=shown[-1].id) if len(rows) > _PAGE else None,
            first=url_for("audit.show") if before else None,
        )
