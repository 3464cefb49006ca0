"""What plugins were told: who was told of what, when, how often, and what they answered."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _

from core.database.keyset import cut
from core.errors import InvalidValue
from core.events import (
    DeliveryState,
    count_open_deliveries,
    get_event,
    list_deliveries,
    replay_delivery,
    skip_delivery,
)
from core.web.admin.actors import actor_names
from core.web.admin.shell import application, done, may, needs, pager, reading, render, whole, writing
from core.web.admin.subjects import name_subjects

pages = Blueprint("deliveries", __name__)
_PAGE = 50
_TONES = {
    DeliveryState.WAITING: "waiting",
    DeliveryState.DELIVERED: "done",
    DeliveryState.PARKED: "bad",
    DeliveryState.SKIPPED: "off",
}


@pages.get("/deliveries")
@needs("jobs.view")
def show() -> str:
    """Deliveries, the newest first, of every state or of one, to every plugin or to one."""
    state, plugin, before = request.args.get("state"), request.args.get("plugin"), whole("before")
    if state and state not in [*DeliveryState]:
        raise InvalidValue(f"a delivery is one of {', '.join(DeliveryState)}, not {state!r}")
    filters: dict[str, Any] = {key: value for key, value in (("state", state), ("plugin", plugin)) if value}
    with reading() as ctx:
        found = list_deliveries(
            ctx, state=state or None, plugin=plugin or None, before_id=before, limit=_PAGE + 1
        )
        page = cut(found, _PAGE, lambda delivery: delivery.id)
        names = name_subjects(ctx, [row.subject for row in page.rows])
        return render(
            "admin/deliveries/list.html",
            ctx,
            rows=[(row, names[row.subject]) for row in page.rows],
            counts=count_open_deliveries(ctx.session),
            state=state or "",
            plugin=plugin or "",
            **pager(page, "deliveries.show", **filters),
            **_words(),
        )


@pages.get("/events/<int:event_id>")
@needs("jobs.view")
def event(event_id: int) -> str:
    """One event, and who was told of it."""
    with reading() as ctx:
        found, rows = get_event(ctx.session, event_id)
        return render(
            "admin/deliveries/event.html",
            ctx,
            event=found,
            rows=rows,
            subject=name_subjects(ctx, [found.subject])[found.subject],
            who=actor_names(ctx, [found.actor])[found.actor],
            **_words(),
        )


@pages.post("/deliveries/<int:delivery_id>/replay")
@needs("jobs.manage")
def replay(delivery_id: int) -> Any:
    """Tell the plugin again."""
    with writing() as ctx:
        replay_delivery(ctx, delivery_id)
    return done(_("The plugin is told again."), "deliveries.show")


@pages.post("/deliveries/<int:delivery_id>/skip")
@needs("jobs.manage")
def skip(delivery_id: int) -> Any:
    """Never tell the plugin, so that what comes after goes on."""
    with writing() as ctx:
        skip_delivery(ctx, delivery_id)
    return done(_("The plugin is not told of this one; what comes after goes on."), "deliveries.show")


def _words() -> dict[str, Any]:
    """What things are called."""
    return {
        "labels": {
            DeliveryState.WAITING: _("Waiting"),
            DeliveryState.PARKED: _("Parked"),
            DeliveryState.DELIVERED: _("Told"),
            DeliveryState.SKIPPED: _("Skipped"),
        },
        "tones": _TONES,
        "titles": {name: plugin.title for name, plugin in application().hooks.plugins.items()},
        "may_manage": may("jobs.manage"),
    }
