"""What plugins have to show of an order, beside what the core knows of it: who picked it up, say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.commerce.orders.tables import Order
from core.context import Context


@dataclass(frozen=True)
class PanelEntry:
    """One line of a panel.

    name       whom or what it is about, such as an ERP: a name, which is not translated
    what       what happened, in English, such as `New order`
    state      how it stands, in English
    tone       its color: `todo`, `active`, `waiting`, `done`, `bad`, `off` or `plain`
    since      since when it stands like that, in UTC
    reference  what the other side calls the order; None if it has not said
    reason     why it stands like that, one sentence; None if there is nothing to say
    page       the endpoint of the admin's page that tells more; None if there is none
    where      what the address of that page holds
    """

    name: str
    what: str
    state: str
    tone: str
    since: datetime
    reference: str | None = None
    reason: str | None = None
    page: str | None = None
    where: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OrderPanel:
    """A part of the page of an order. Its title is in English, such as `Picked up by`."""

    title: str
    entries: Sequence[PanelEntry]


def panels_of(ctx: Context, order: Order) -> list[OrderPanel]:
    """Every panel that has an entry, plugin by plugin; whoever cannot answer is left out."""
    answers = ctx.hooks.answers("order_panel_describe", ctx=ctx, order=order)
    return [panel for answer in answers if isinstance(panel := answer.value, OrderPanel) and panel.entries]
