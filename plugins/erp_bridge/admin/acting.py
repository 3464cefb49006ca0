"""What is done with a consumer and with what waits for it: pause, resume, tell again, give back, test."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from core.errors import WrongState
from core.web.admin.shell import done, needs, reading, writing
from core.web.formatting import sentence
from plugins.erp_bridge.admin.blueprint import MANAGE, pages
from plugins.erp_bridge.admin.trying import reached
from plugins.erp_bridge.consumers import (
    get_consumer,
    pause_consumer,
    resume_consumer,
    try_again,
)
from plugins.erp_bridge.pickups import Answered, release, replay
from plugins.erp_bridge.replaying import Selection, replay_selection


@pages.post("/consumers/<name>/pause")
@needs(MANAGE)
def pause(name: str) -> Any:
    """Hand nothing out to it for now."""
    with writing() as ctx:
        pause_consumer(ctx, get_consumer(ctx.session, name), "paused by hand")
    return done(
        _("%(name)s is paused: what comes meanwhile waits.", name=name), "erp_bridge.one", name=name
    )


@pages.post("/consumers/<name>/resume")
@needs(MANAGE)
def resume(name: str) -> Any:
    """Go on."""
    with writing() as ctx:
        resume_consumer(ctx, get_consumer(ctx.session, name))
    return done(
        _("%(name)s goes on, beginning with what it has missed.", name=name), "erp_bridge.one", name=name
    )


@pages.post("/consumers/<name>/retry")
@needs(MANAGE)
def retry(name: str) -> Any:
    """Try one that could not be reached again now."""
    with writing() as ctx:
        try_again(ctx, get_consumer(ctx.session, name))
    return done(_("%(name)s is being tried again now.", name=name), "erp_bridge.one", name=name)


@pages.post("/consumers/<name>/test")
@needs(MANAGE)
def test(name: str) -> Any:
    """Whether it can be reached."""
    with reading() as ctx:
        consumer = get_consumer(ctx.session, name)
    found = reached(consumer.kind, consumer.settings, consumer.name)
    flash(sentence(str(found.get("done") or found["error"])), "done" if "done" in found else "error")
    return redirect(url_for("erp_bridge.one", name=name), code=303)


@pages.post("/consumers/<name>/replay/<int:pickup_id>")
@needs(MANAGE)
def tell_again(name: str, pickup_id: int) -> Any:
    """Hand one out again."""
    with writing() as ctx:
        _check(replay(ctx, get_consumer(ctx.session, name), [pickup_id]))
    return done(_("It waits to be handed out again."), "erp_bridge.one", name=name)


@pages.post("/consumers/<name>/release/<int:pickup_id>")
@needs(MANAGE)
def give_back(name: str, pickup_id: int) -> Any:
    """Let one wait again that is handed out, before its time is up."""
    with writing() as ctx:
        _check(release(ctx, get_consumer(ctx.session, name), [pickup_id]))
    return done(_("It waits to be handed out again."), "erp_bridge.one", name=name)


@pages.post("/consumers/<name>/replay-rejected")
@needs(MANAGE)
def tell_all_again(name: str) -> Any:
    """Hand everything out again that it has rejected."""
    with writing() as ctx:
        told = replay_selection(ctx, get_consumer(ctx.session, name), Selection(rejected_only=True))
    text = ngettext("%(num)s order is told again.", "%(num)s orders are told again.", len(told))
    return done(text, "erp_bridge.one", name=name)


def _check(answers: list[Answered]) -> None:
    """Raise WrongState for what could not be done."""
    for answer in answers:
        if answer.error is not None:
            raise WrongState(answer.error)
