"""Adding a consumer: first how orders reach it, then the rest; tried if it can be, then kept."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext as _

from core.context import Context
from core.errors import AlreadyExists, InvalidValue
from core.web.admin.shell import answer, done, needs, reading, render, writing
from plugins.erp_bridge.admin import wording
from plugins.erp_bridge.admin.blueprint import MANAGE, pages
from plugins.erp_bridge.admin.forms import (
    LEASE,
    NAME,
    ConsumerForm,
    empty_form,
    entered_settings,
    submitted_form,
)
from plugins.erp_bridge.admin.trying import Tried, reached_by, rehearsed, shown
from plugins.erp_bridge.consumers import NewConsumer, add_consumer


@pages.get("/new")
@needs(MANAGE)
def choose() -> str:
    """How orders reach it."""
    with reading() as ctx:
        return render("erp_bridge/choose.html", ctx, kinds=wording.kinds(), about=wording.about_kinds())


@pages.get("/new/<kind>")
@needs(MANAGE)
def new(kind: str) -> str:
    """The form to be filled in."""
    with reading() as ctx:
        return _page(ctx, empty_form(ctx, kind))


@pages.post("/new/<kind>")
@needs(MANAGE)
def add(kind: str) -> Any:
    """Try what was entered, or keep it."""
    with reading() as ctx:
        form = submitted_form(ctx, kind)
    settings = entered_settings(kind)
    action = request.form.get("action")
    if action == "test":
        name = str(form.own.data.get(NAME, "test"))
        return shown(form, reached_by(form, settings, name), _again)
    if action == "rehearse":
        return shown(form, rehearsed(form, form.since), _again)
    if form.is_valid:
        wanted = NewConsumer(
            form.own.data[NAME], kind, form.wanted, form.since, form.own.data[LEASE], settings
        )
        try:
            with writing() as ctx:
                add_consumer(ctx, wanted)
            message = _("%(name)s is added. Orders that fit wait for it from now on.", name=wanted.name)
            return done(message, "erp_bridge.one", name=wanted.name)
        except AlreadyExists as error:
            form.complain(InvalidValue(str(error), {"name": [str(error)]}))
        except InvalidValue as error:
            form.complain(error)
    return answer(_again(form, {}))


def _again(form: ConsumerForm, words: Tried) -> str:
    with reading() as ctx:
        return _page(ctx, form, words)


def _page(ctx: Context, form: ConsumerForm, words: Tried | None = None) -> str:
    return render(
        "erp_bridge/new.html",
        ctx,
        form=form,
        words=words or {},
        kinds=wording.kinds(),
        verdicts=wording.verdicts(),
    )
