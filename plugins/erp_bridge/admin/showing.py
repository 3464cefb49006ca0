"""All consumers, and one of them: how far behind it is, what it was told, and how it is reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from flask import request

from core.commerce.statuses import list_statuses
from core.commerce.stores import list_stores
from core.context import Context
from core.database.keyset import cut
from core.errors import InvalidValue
from core.web.admin.shell import application, may, needs, pager, reading, render, whole
from core.web.formatting import Names
from core.web.guarding import public_address
from plugins.erp_bridge.admin import wording
from plugins.erp_bridge.admin.blueprint import MANAGE, VIEW, pages
from plugins.erp_bridge.admin.forms import settings_in_words
from plugins.erp_bridge.consumers import get_consumer, list_consumers
from plugins.erp_bridge.filters import Wanted
from plugins.erp_bridge.models import PULL, Consumer, PickupState
from plugins.erp_bridge.panels import PICKUP_TONES
from plugins.erp_bridge.standing import history_of, standing_of, standings_of
from plugins.erp_bridge.troubles import not_booked

_PAGE = 50


@pages.get("")
@needs(VIEW)
def show() -> str:
    """Every consumer."""
    with reading() as ctx:
        consumers = list_consumers(ctx.session)
        standings = standings_of(ctx, consumers)
        found = [(consumer, standings[consumer.id]) for consumer in consumers]
        return render(
            "erp_bridge/list.html",
            ctx,
            consumers=found,
            kinds=wording.kinds(),
            duration=wording.duration,
            may_manage=may(MANAGE),
        )


@pages.get("/consumers/<name>")
@needs(VIEW)
def one(name: str) -> str:
    """One consumer."""
    with reading() as ctx:
        return consumer_page(ctx, get_consumer(ctx.session, name))


@dataclass(frozen=True)
class TokenForm:
    """Making a token: what it was to be called, its text if it was made, else what is wrong."""

    name: str
    text: str | None = None
    wrong: str | None = None


def consumer_page(ctx: Context, consumer: Consumer, token: TokenForm | None = None) -> str:
    """Its page: what it was told, the newest first, as far as the address asks for it."""
    state = request.args.get("state") or ""
    if state and state not in set(PickupState):
        raise InvalidValue(f"a pickup is one of {', '.join(PickupState)}, not {state[:40]!r}")
    found = history_of(ctx.session, consumer, state=state or None, before=whole("before"), limit=_PAGE + 1)
    page = cut(found, _PAGE, lambda pickup: pickup.id)
    return render(
        "erp_bridge/consumer.html",
        ctx,
        consumer=consumer,
        standing=standing_of(ctx, consumer),
        rows=page.rows,
        state=state,
        **pager(page, "erp_bridge.one", name=consumer.name, state=state or None),
        now=ctx.clock.now(),
        **_words(ctx, consumer),
        token=token or TokenForm(consumer.name),
    )


def _words(ctx: Context, consumer: Consumer) -> dict[str, Any]:
    """What the page calls things, and what this operator may do."""
    statuses = {row.code: row for row in list_statuses(ctx.session)}
    path = f"/api/v1/pickup/{consumer.name}"
    names = Names(application().registry, statuses)
    return {
        "labels": wording.states(),
        "events": wording.events(),
        "tones": PICKUP_TONES,
        "kinds": wording.kinds(),
        "duration": wording.duration,
        "wanted": wording.filter_in_words(names, list_stores(ctx.session), Wanted.of(consumer.wanted)),
        "reached": settings_in_words(consumer),
        "not_booked": not_booked(ctx.session, consumer),
        "is_pull": consumer.kind == PULL,
        "may_manage": may(MANAGE),
        "address": urljoin(request.host_url, public_address(f"{request.script_root}{path}")),
    }
