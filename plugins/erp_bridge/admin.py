"""Consumers: how far behind each is, what waits for it, what it was told, and telling it again."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _

from core.errors import InvalidValue
from core.web.admin.shell import done, may, needs, reading, render, whole, writing
from plugins.erp_bridge.consumers import (
    get_consumer,
    history_of,
    list_consumers,
    pause_consumer,
    resume_consumer,
    standing_of,
)
from plugins.erp_bridge.models import PickupState, Told
from plugins.erp_bridge.pickups import replay

pages = Blueprint("erp_bridge", __name__, url_prefix="/erp", template_folder="templates")
_PAGE = 50
_TONES = {
    PickupState.WAITING: "todo",
    PickupState.HELD: "waiting",
    PickupState.LEASED: "active",
    PickupState.ACKNOWLEDGED: "done",
    PickupState.REJECTED: "bad",
    PickupState.WITHDRAWN: "off",
}


@pages.get("")
@needs("erp_bridge.view")
def show() -> str:
    """Every consumer."""
    with reading() as ctx:
        found = [(consumer, standing_of(ctx, consumer)) for consumer in list_consumers(ctx.session)]
        return render("erp_bridge/list.html", ctx, consumers=found)


@pages.get("/<name>")
@needs("erp_bridge.view")
def one(name: str) -> str:
    """One consumer: how far behind it is, and what it was told, the newest first."""
    before, state = whole("before"), request.args.get("state") or None
    if state is not None and state not in set(PickupState):
        raise InvalidValue(f"a pickup is one of {', '.join(PickupState)}, not {state[:40]!r}")
    with reading() as ctx:
        consumer = get_consumer(ctx.session, name)
        found = history_of(ctx.session, consumer, state=state, before=before, limit=_PAGE + 1)
        rows = found[:_PAGE]
        address: dict[str, Any] = {"name": name, **({"state": state} if state else {})}
        more = len(found) > _PAGE
        return render(
            "erp_bridge/consumer.html",
            ctx,
            consumer=consumer,
            standing=standing_of(ctx, consumer),
            rows=rows,
            state=state or "",
            labels=_labels(),
            events=_events(),
            tones=_TONES,
            may_manage=may("erp_bridge.manage"),
            first=url_for("erp_bridge.one", **address) if before else None,
            next=url_for("erp_bridge.one", before=rows[-1].id, **address) if more else None,
        )


@pages.post("/<name>/pause")
@needs("erp_bridge.manage")
def pause(name: str) -> Any:
    """Hand nothing out to it for now."""
    with writing() as ctx:
        pause_consumer(ctx, get_consumer(ctx.session, name), "paused by hand")
    return done(
        _("%(name)s is paused: what comes meanwhile waits.", name=name), "erp_bridge.one", name=name
    )


@pages.post("/<name>/resume")
@needs("erp_bridge.manage")
def resume(name: str) -> Any:
    """Go on."""
    with writing() as ctx:
        resume_consumer(ctx, get_consumer(ctx.session, name))
    return done(_("%(name)s goes on with what it has missed.", name=name), "erp_bridge.one", name=name)


@pages.post("/<name>/replay/<int:pickup_id>")
@needs("erp_bridge.manage")
def tell_again(name: str, pickup_id: int) -> Any:
    """Hand one out again."""
    with writing() as ctx:
        (result,) = replay(ctx, get_consumer(ctx.session, name), [pickup_id])
    if result.error is not None:
        raise InvalidValue(result.error)
    return done(_("It is handed out again."), "erp_bridge.one", name=name)


def _labels() -> dict[str, str]:
    return {
        PickupState.WAITING: _("Waiting"),
        PickupState.HELD: _("Held back"),
        PickupState.LEASED: _("Picked up"),
        PickupState.ACKNOWLEDGED: _("Acknowledged"),
        PickupState.REJECTED: _("Rejected"),
        PickupState.WITHDRAWN: _("Withdrawn"),
    }


def _events() -> dict[str, str]:
    return {Told.CREATED: _("New order"), Told.CANCELED: _("Canceled")}
