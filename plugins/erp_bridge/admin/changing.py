"""Changing a consumer: its filter, its time to answer, the settings of its kind."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext as _

from core.context import Context
from core.database.holding import hold
from core.errors import InvalidValue
from core.web.admin.shell import answer, done, needs, reading, render, writing
from plugins.erp_bridge.admin import wording
from plugins.erp_bridge.admin.blueprint import MANAGE, pages
from plugins.erp_bridge.admin.forms import (
    LEASE,
    ConsumerForm,
    entered_settings,
    form_of,
    kept_secrets,
    submitted_form,
)
from plugins.erp_bridge.admin.trying import Tried, reached_by, rehearsed, shown
from plugins.erp_bridge.consumers import change_consumer, get_consumer
from plugins.erp_bridge.models import Consumer


@pages.get("/consumers/<name>/settings")
@needs(MANAGE)
def settings(name: str) -> str:
    """As it is saved."""
    with reading() as ctx:
        consumer = get_consumer(ctx.session, name)
        return _page(ctx, consumer, form_of(ctx, consumer))


@pages.post("/consumers/<name>/settings")
@needs(MANAGE)
def change(name: str) -> Any:
    """Try what was entered, or keep it."""
    with reading() as ctx:
        consumer = get_consumer(ctx.session, name)
        form = submitted_form(ctx, consumer.kind, consumer)
    entered = entered_settings(consumer.kind, consumer)

    def again(form: ConsumerForm, words: Tried) -> str:
        with reading() as ctx:
            return _page(ctx, get_consumer(ctx.session, name), form, words)

    action = request.form.get("action")
    if action == "test":
        return shown(form, reached_by(form, entered, name), again)
    if action == "rehearse":
        return shown(form, rehearsed(form, consumer.since), again)
    if form.is_valid:
        try:
            with writing() as ctx:
                changed = get_consumer(ctx.session, name)
                hold(ctx.session, changed)
                form.check_unchanged(changed)
                change_consumer(
                    ctx,
                    changed,
                    wanted=form.wanted,
                    lease_seconds=form.own.data[LEASE],
                    settings=dict.fromkeys(changed.settings) | entered_settings(changed.kind, changed),
                )
            return done(_("%(name)s is changed.", name=name), "erp_bridge.one", name=name)
        except InvalidValue as error:
            form.complain(error)
    return answer(again(form, {}))


def _page(ctx: Context, consumer: Consumer, form: ConsumerForm, words: Tried | None = None) -> str:
    return render(
        "erp_bridge/settings.html",
        ctx,
        consumer=consumer,
        form=form,
        words=words or {},
        kept=kept_secrets(consumer),
        kinds=wording.kinds(),
        verdicts=wording.verdicts(),
    )
