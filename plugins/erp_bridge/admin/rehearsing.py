"""A dry run: what a consumer would have received of the last orders. Nothing is told."""

from __future__ import annotations

from flask_babel import gettext as _

from core.errors import InvalidValue
from core.web.admin.shell import needs, reading, render, whole
from plugins.erp_bridge.admin.blueprint import VIEW, pages
from plugins.erp_bridge.consumers import get_consumer
from plugins.erp_bridge.filters import Wanted
from plugins.erp_bridge.replaying import Rehearsed, Verdict, rehearse

_LAST, _MOST = 25, 500
_TONES = {Verdict.RECEIVES: "done", Verdict.WAITS: "waiting", Verdict.NEVER: "off"}


@pages.get("/consumers/<name>/dry-run")
@needs(VIEW)
def dry_run(name: str) -> str:
    """What it would have received of the last so many orders."""
    last = whole("last") or _LAST
    if last > _MOST:
        raise InvalidValue(f"a dry run looks at the last {_MOST} orders at most, not at {last}")
    with reading() as ctx:
        consumer = get_consumer(ctx.session, name)
        wanted = Wanted.of(consumer.wanted)
        rows = rehearse(ctx, wanted, last)
        return render(
            "erp_bridge/dry_run.html",
            ctx,
            consumer=consumer,
            last=last,
            most=_MOST,
            rows=[(row, _why(wanted, row)) for row in rows],
            received=sum(row.verdict is Verdict.RECEIVES for row in rows),
            verdicts={
                Verdict.RECEIVES: _("Would have received it"),
                Verdict.WAITS: _("Would wait for it"),
                Verdict.NEVER: _("Would not get it"),
            },
            tones=_TONES,
        )


def _why(wanted: Wanted, row: Rehearsed) -> str:
    """Why it is not told; empty if it is."""
    if row.verdict is Verdict.RECEIVES:
        return ""
    if row.verdict is Verdict.WAITS:
        return str(_("Its status does not fit yet."))
    if not wanted.fits(row.order):
        return str(_("The filter leaves it out."))
    return str(_("It is canceled."))
