"""A dry run of a consumer as it is saved."""

from __future__ import annotations

from datetime import date, datetime

from flask import request

from core.errors import InvalidValue
from core.web.admin.shell import needs, reading, render, whole
from core.web.zones import start_of
from plugins.erp_bridge.admin.blueprint import VIEW, pages
from plugins.erp_bridge.admin.trying import LAST
from plugins.erp_bridge.admin.wording import verdicts
from plugins.erp_bridge.consumers import get_consumer
from plugins.erp_bridge.filters import Wanted
from plugins.erp_bridge.rehearsing import rehearse

_MOST = 500


@pages.get("/consumers/<name>/dry-run")
@needs(VIEW)
def dry_run(name: str) -> str:
    """What it would have received of the last orders, or would if its orders began on another day."""
    last = whole("last") or LAST
    if last > _MOST:
        raise InvalidValue(f"a dry run looks at the last {_MOST} orders at most, not at {last}")
    began = request.args.get("since", "")
    with reading() as ctx:
        consumer = get_consumer(ctx.session, name)
        since = _day(began) or consumer.since
        return render(
            "erp_bridge/dry_run.html",
            ctx,
            consumer=consumer,
            last=last,
            most=_MOST,
            began=began,
            rehearsal=rehearse(ctx, Wanted.of(consumer.wanted), last, since),
            verdicts=verdicts(),
        )


def _day(text: str) -> datetime | None:
    """Its beginning; None for none. Raises InvalidValue for what is no day."""
    try:
        return start_of(date.fromisoformat(text)) if text else None
    except ValueError as error:
        raise InvalidValue("in the address, since is a day such as 2026-12-31") from error
