"""Shipping an order from its page: all or a part, in one package or several."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _

from core.commerce.orders import Order, get_order, lock_order
from core.commerce.shipments import PackageContents, can_ship, ship_order
from core.commerce.tracking import tracking_complaint
from core.context import Context
from core.errors import Refused
from core.web.admin.order_forms import action_page, back
from core.web.admin.shell import answer, application, needs, reading, writing

pages = Blueprint("order_shipping", __name__, url_prefix="/orders/<path:number>/ship")
MOST_PACKAGES = 20
_WHOLE = re.compile(r"[0-9]{1,18}")


@dataclass
class Entry:
    """One package as it stands in the form: texts as entered, complaints by field."""

    carrier: str = ""
    tracking: str = ""
    method: str = ""
    units: Mapping[int, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    is_doubtful: bool = False


@pages.get("")
@needs("orders.ship")
def show(number: str) -> str:
    """What is to be packed: all that is left, in one package."""
    with reading() as ctx:
        order = get_order(ctx.session, number)
        everything = {line.id: str(line.left_to_ship) for line in order.lines if line.left_to_ship}
        return _page(ctx, order, [Entry(units=everything)])


@pages.post("")
@needs("orders.ship")
def ship(number: str) -> Any:
    """Ship what was entered; the same form sent twice ships once."""
    entries = _entries()
    if request.form.get("more"):
        with reading() as ctx:
            order = get_order(ctx.session, number)
            return _page(ctx, order, [*entries, Entry()][:MOST_PACKAGES], is_new=True)
    packages = [_contents(entry) for entry in entries]
    complaint = None
    if not any(entry.errors for entry in entries):
        try:
            with writing() as ctx:
                order = lock_order(ctx.session, get_order(ctx.session, number).id)
                if request.form.get("seen") != str(order.left_to_ship):
                    return back(
                        number, _("Nothing was shipped twice: this was done already, or has changed.")
                    )
                ship_order(ctx, order, packages)
            return back(number, _("Order %(number)s: the shipment is recorded.", number=number))
        except Refused as error:
            complaint = str(error)
    with reading() as ctx:
        return answer(_page(ctx, get_order(ctx.session, number), entries, complaint))


def _entries() -> list[Entry]:
    """The packages of the form, in order."""
    form = request.form
    entries = []
    for place in range(MOST_PACKAGES):
        if f"carrier-{place}" not in form:
            break
        prefix = f"units-{place}-"
        units = {
            int(name.removeprefix(prefix)): text.strip()
            for name, text in form.items()
            if name.startswith(prefix) and _WHOLE.fullmatch(name.removeprefix(prefix))
        }
        entries.append(
            Entry(
                carrier=form.get(f"carrier-{place}", "").strip(),
                tracking=form.get(f"tracking-{place}", "").strip(),
                method=form.get(f"method-{place}", "").strip(),
                units=units,
            )
        )
    return entries or [Entry()]


def _contents(entry: Entry) -> PackageContents:
    """What is in a package; what is wrong with it is noted on the entry."""
    if not entry.carrier or len(entry.carrier) > 80:
        entry.errors["carrier"] = _("Enter who carries it, in at most 80 characters.")
    doubt = tracking_complaint(entry.carrier, entry.tracking)
    if doubt is not None and not request.form.get("as-it-is"):
        entry.errors["tracking"] = doubt
        entry.is_doubtful = bool(entry.tracking)
    if len(entry.method) > 80:
        entry.errors["method"] = _("At most 80 characters.")
    units = {}
    for line_id, text in entry.units.items():
        if text in ("", "0"):
            continue
        if not (text.isascii() and text.isdigit() and len(text) < 7):
            entry.errors["units"] = _("Units are whole numbers.")
            continue
        units[line_id] = int(text)
    if not units:
        entry.errors.setdefault("units", _("A package holds at least one unit."))
    return PackageContents(entry.carrier, entry.tracking, units, entry.method or None)


def _page(
    ctx: Context,
    order: Order,
    entries: list[Entry],
    complaint: str | None = None,
    *,
    is_new: bool = False,
) -> str:
    """The form; `is_new`: its last package was just added, and is what is filled in next."""
    channel = application().registry.channels.get(order.channel or "")
    return action_page(
        "ship.html",
        ctx,
        order,
        entries=entries,
        complaint=complaint,
        is_new=is_new,
        carriers=channel.carriers if channel else (),
        is_doubtful=any(entry.is_doubtful for entry in entries),
        refusal=can_ship(ctx, order),
    )
