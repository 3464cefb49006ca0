"""Removing a consumer, once it is said what goes with it."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from core.web.admin.shell import done, needs, reading, render, writing
from plugins.erp_bridge.admin import wording
from plugins.erp_bridge.admin.blueprint import MANAGE, pages
from plugins.erp_bridge.consumers import get_consumer
from plugins.erp_bridge.removing import remove_consumer, what_is_lost


@pages.get("/consumers/<name>/remove")
@needs(MANAGE)
def ask_removal(name: str) -> str:
    """What would go with it."""
    with reading() as ctx:
        consumer = get_consumer(ctx.session, name)
        lost = what_is_lost(ctx.session, consumer)
        return render("erp_bridge/remove.html", ctx, consumer=consumer, lost=lost, kinds=wording.kinds())


@pages.post("/consumers/<name>/remove")
@needs(MANAGE)
def remove(name: str) -> Any:
    """Remove it."""
    with writing() as ctx:
        remove_consumer(ctx, get_consumer(ctx.session, name))
    return done(
        _("%(name)s is removed. The audit log keeps that it was there.", name=name), "erp_bridge.show"
    )
