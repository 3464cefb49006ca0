"""The audit log: who did and saw what."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for

from core.access import ApiToken, Operator, list_audit
from core.context import Context
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
        return render_template(
            "admin/account/audit.html",
            rows=[(row, _name_of(ctx, row.actor)) for row in shown],
            next=url_for("audit.show", before=shown[-1].id) if len(rows) > _PAGE else None,
            first=url_for("audit.show") if before else None,
        )


def _name_of(ctx: Context, actor: str) -> str:
    """Who an actor is, in words."""
    kind, _colon, number = actor.partition(":")
    if kind == "operator" and number.isdigit():
        operator = ctx.session.get(Operator, int(number))
        return operator.email if operator else actor
    if kind == "token" and number.isdigit():
        token = ctx.session.get(ApiToken, int(number))
        return token.name if token else actor
    return actor
