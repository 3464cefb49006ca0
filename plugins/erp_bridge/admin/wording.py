"""What states, kinds and filters are called for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from flask_babel import gettext as _
from flask_babel import ngettext

from core.commerce.stores import Store
from core.web.formatting import Names
from plugins.erp_bridge.filters import ANYBODY, NO_CHANNEL, Wanted
from plugins.erp_bridge.models import PULL
from plugins.erp_bridge.outlets import outlet_kinds
from plugins.erp_bridge.panels import PICKUP_EVENTS, PICKUP_STATES
from plugins.erp_bridge.rehearsing import Verdict

#: What the audit log calls what is done here.
WORDS = (
    "Erp consumer", "Erp consumer: added", "Erp consumer: changed", "Erp consumer: paused",
    "Erp consumer: resumed", "Erp consumer: removed", "Waiting", "Told", "Booked",
)  # fmt: skip


def states() -> dict[str, str]:
    """Every state of a pickup, in the order of its life."""
    return {state: _(label) for state, label in PICKUP_STATES.items()}


def events() -> dict[str, str]:
    """What a consumer is told."""
    return {event: _(label) for event, label in PICKUP_EVENTS.items()}


def verdicts() -> dict[Verdict, tuple[str, str]]:
    """What a consumer would have of an order, and its color."""
    return {
        Verdict.RECEIVES: (_("Would have received it"), "done"),
        Verdict.WAITS: (_("Would wait for it"), "waiting"),
        Verdict.EARLIER: (_("Too early"), "off"),
        Verdict.NEVER: (_("Would not get it"), "off"),
    }


def kinds() -> dict[str, str]:
    """Every kind of consumer, in the order in which they are offered."""
    return {PULL: _("Fetches over REST"), **{kind.key: _(kind.title) for kind in outlet_kinds()}}


def about_kinds() -> dict[str, str]:
    """What each kind is for; one that is not here is shown by its title alone."""
    return {
        PULL: _("A program asks for orders when it likes, and says what it has booked."),
        "webhook": _("Each order is posted to an address at once, signed."),
        "files": _(
            "Orders are written into a folder, here or on an SFTP server; shipments are read from one."
        ),
        "tryton": _("Orders become sales in Tryton, and what is shipped there comes back."),
    }


def filter_in_words(names: Names, stores: Sequence[Store], wanted: Wanted) -> list[tuple[str, str]]:
    """Each part of a filter: what it is about, and what fits."""
    titles = {store.code: store.name for store in stores}
    stores_named = [titles.get(code, code) for code in wanted.stores]
    channels = [channel(names, key) for key in wanted.channels]
    codes = [names.status(code) for code in wanted.statuses]
    shippers = [_("Anybody")] if ANYBODY in wanted.fulfilled_by else map(names.shipper, wanted.fulfilled_by)
    return [
        (_("Stores"), _list(stores_named, _("Every store"))),
        (_("Channels"), _list(channels, _("Every channel"))),
        (_("Statuses"), _list(codes, _("Every one but on hold and canceled"))),
        (_("Fulfilled by"), _list(shippers, _("Merchant"))),
    ]


def channel(names: Names, key: str) -> str:
    """A channel of a filter."""
    return str(_("Own shop")) if key == NO_CHANNEL else names.channel(key)


def duration(length: timedelta) -> str:
    """About how long that is: minutes, hours or days."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 1:
        return str(_("less than a minute"))
    if minutes < 120:
        return str(ngettext("%(num)s minute", "%(num)s minutes", minutes))
    if minutes < 48 * 60:
        return str(ngettext("%(num)s hour", "%(num)s hours", minutes // 60))
    return str(ngettext("%(num)s day", "%(num)s days", minutes // (24 * 60)))


def _list(found: Iterable[str], otherwise: str) -> str:
    return ", ".join(found) or str(otherwise)
