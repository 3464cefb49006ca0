"""Somebody beside the demo who picks orders up and ships them, such as an ERP.

Plugins do not know each other: an entry point in the group `entrepot.demo_partners` says who there is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points
from typing import Any, Protocol

from core.application import LiveApplication
from core.errors import NotFound

GROUP = "entrepot.demo_partners"


class Partner(Protocol):
    """Somebody who is connected to the demo's shop. The entry point gives a context manager of one.

    title   what people call it
    access  how to look at it, line by line
    """

    title: str
    access: Sequence[str]

    def has_picked_up(self, order_number: str) -> bool:
        """Whether the order is booked there."""

    def ship(self, order_number: str, tracking_number: str) -> None:
        """Ship all of an order there; the shop hears of it by the partner's own way."""

    def tell_of(self, order_number: str) -> dict[str, Any]:
        """What happened there with an order, for `--json`; the values are None where nothing did."""


@contextmanager
def open_partner(name: str | None, live: LiveApplication) -> Iterator[Partner | None]:
    """Connect the partner of this name to the shop; None has none. Raises NotFound."""
    if name is None:
        yield None
        return
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in found:
        raise NotFound(
            f"there is no partner {name!r} for the demo: choose one of {', '.join(sorted(found))}"
        )
    with found[name].load()(live) as partner:
        yield partner
