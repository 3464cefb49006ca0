"""The audit log: who did and saw what."""

from __future__ import annotations

from flask import Blueprint, render_template

from core.access import list_audit
from core.database.keyset import cut
from core.web.admin.actors import actor_names
from core.web.admin.audited import name_audited
from core.web.admin.shell import needs, pager, reading, whole

pages = Blueprint("audit", __name__, url_prefix="/audit")
_PAGE = 50


@pages.get("")
@needs("audit.view")
def show() -> str:
    """Entries, the newest first."""
    with reading() as ctx:
        found = list_audit(ctx.session, whole("before"), _PAGE + 1)
        page = cut(found, _PAGE, lambda entry: entry.id)
        who = actor_names(ctx, [row.actor for row in page.rows])
        about = name_audited(ctx, [row.subject for row in page.rows])
        return render_template(
            "admin/account/audit.html",
            rows=[(row, who[row.actor], about[row.subject]) for row in page.rows],
            **pager(page, "audit.show"),
        )
