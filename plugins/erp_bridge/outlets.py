"""What a connector is: the small interface behind webhooks, files and ERP systems.

A consumer of the kind `pull` fetches over REST. Every other kind has an outlet, which a job drives: it
leases what waits, hands it over outside of any transaction, and records what became of each parcel.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable

from marshmallow import Schema

from core.errors import NotFound
from plugins.erp_bridge.models import PULL


@dataclass(frozen=True)
class Parcel:
    """One thing to tell.

    event            `order.created` or `order.canceled`
    idempotency_key  the same however often it is told
    order            the order as `GET /orders/{number}` gives it, personal data included
    occurred_at      when it happened
    """

    id: int
    event: str
    idempotency_key: str
    order: Mapping[str, Any]
    occurred_at: datetime


@dataclass(frozen=True)
class Taken:
    """The consumer has it, and calls it by this reference; None if it did not say."""

    parcel_id: int
    reference: str | None = None


@dataclass(frozen=True)
class Refused:
    """The consumer will never take it like this; a person has to look. The reason is for people."""

    parcel_id: int
    reason: str


#: What became of a parcel. One that is not answered for is tried again later.
Outcome = Taken | Refused


@dataclass(frozen=True)
class PackedLine:
    """Units of one SKU in a package."""

    sku: str
    quantity: int


@dataclass(frozen=True)
class ReturnedPackage:
    """A package that has left; without lines it holds all that was left to ship."""

    carrier: str
    tracking_number: str
    lines: Sequence[PackedLine] | None = None


@dataclass(frozen=True)
class ShippedBack:
    """Packages of one order have left. The key is the consumer's own: the same key is booked once."""

    key: str
    order_number: str
    packages: Sequence[ReturnedPackage]


@dataclass(frozen=True)
class StockBack:
    """Stock of a SKU: `on_hand` is absolute, `change` relative, one of both; `as_of` tells stale values."""

    key: str
    sku: str
    on_hand: int | None = None
    change: int | None = None
    location: str | None = None
    as_of: datetime | None = None


@dataclass(frozen=True)
class CanceledBack:
    """An order is canceled over there."""

    key: str
    order_number: str
    reason: str


@dataclass(frozen=True)
class RefundedBack:
    """Money went back over there: amounts by SKU, or one of the whole order; else all that is left."""

    key: str
    order_number: str
    reason: str
    amounts: Mapping[str, Decimal] = field(default_factory=dict)
    amount: Decimal | None = None


Returned = ShippedBack | StockBack | CanceledBack | RefundedBack


@dataclass(frozen=True)
class Arrival:
    """A file, or a document over there, that has come back, and what it says.

    source   what it is called over there
    version  tells it from another one of the same name that comes later
    """

    source: str
    returned: Sequence[Returned] = ()
    version: str = ""


@dataclass(frozen=True)
class Verdict:
    """What became of one thing that came back.

    error          why it was refused; None: it is booked
    booked_before  when it was booked, if that was not now: then nothing happened now
    """

    key: str
    error: str | None = None
    booked_before: datetime | None = None


@dataclass(frozen=True)
class Settled:
    """All of an arrival is answered for. It is put away once this is noted.

    problem  why not all of it was booked, in one sentence without personal data; None: it was
    """

    arrival: Arrival
    problem: str | None = None


class Outlet(Protocol):
    """How one consumer is reached. It is made for one run of a job, and holds no transaction.

    What it raises that is `core.errors.TemporarilyUnavailable` or an OSError is tried again with backoff;
    `NotConfigured` pauses the consumer with that reason.
    """

    def deliver(self, parcels: Sequence[Parcel]) -> Iterable[Outcome]:
        """Hand parcels over; outcomes may come one by one, and each is recorded as it comes."""

    def collect(self) -> Generator[Arrival | Settled]:
        """What came back since: all that an arrival says is answered by `settle` before more is asked for.

        After an arrival comes its `Settled`. When more is asked for, that is noted, and the arrival is
        archived, or put aside with the reasons. If there is no time for all of it, this is closed, and the
        same arrival comes again the next time.
        """

    def settle(self, verdicts: Sequence[Verdict]) -> None:
        """What became of things of the arrival that was collected last, in their order."""

    def test(self) -> str:
        """Whether it can be reached, as one sentence for people. Tells it nothing of any order."""

    def close(self) -> None:
        """Let go of connections; it is not used again."""


@runtime_checkable
class KnowsProducts(Protocol):
    """An outlet to something that has products of its own; one that has none of ours cannot take orders."""

    def unknown_skus(self, skus: Sequence[str]) -> Sequence[str]:
        """Those of our SKUs that cannot be sold over there."""


@dataclass(frozen=True)
class OutletKind:
    """A kind of outlet.

    key      what a consumer's `kind` says
    title    for people
    schema   its settings, from which the form is made: label, help, group and secret in the metadata
    make     an outlet from valid settings and the consumer's name
    batch    how many parcels are handed over at once
    collects whether anything comes back through it
    """

    key: str
    title: str
    schema: type[Schema]
    make: Callable[[Mapping[str, Any], str], Outlet]
    batch: int = 1
    collects: bool = False


def get_kind(key: str) -> OutletKind:
    """Raises NotFound for `pull` and whatever else has no outlet."""
    for kind in outlet_kinds():
        if kind.key == key:
            return kind
    known = ", ".join(each for each in (PULL, *(kind.key for kind in outlet_kinds())) if each != key)
    raise NotFound(f"there is no kind of outlet {key!r}: choose one of {known}")


def outlet_kinds() -> Sequence[OutletKind]:
    """Every kind, in the order in which they are offered. Loaded only now: most jobs need none of them."""
    from plugins.erp_bridge.outlets_files import FILES
    from plugins.erp_bridge.outlets_tryton import TRYTON
    from plugins.erp_bridge.outlets_webhook import WEBHOOK

    return (WEBHOOK, FILES, TRYTON)
