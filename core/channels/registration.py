"""What a channel plugin registers: its words for people, and the object that talks to the marketplace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from marshmallow import Schema

from core.channels.listing import ListedOrder, PackageToConfirm, Page, Query
from core.channels.wishes import Progress, RequestToSend, Verdict
from core.commerce.customers import CustomerPolicy
from core.commerce.orders import Reason
from core.errors import NotConfigured


@dataclass(frozen=True)
class Rate:
    """A token bucket: `per_second` new tokens, at most `burst` at once."""

    per_second: float
    burst: int


@dataclass(frozen=True)
class Credentials:
    """What a connection is made from. `values` are secrets and addresses, never logged.

    `is_trial`: they are only being tried and somebody waits for it, so time-outs are short and nothing
    that was learned earlier, such as an access token, answers in the channel's place.
    """

    account_id: int
    seller_id: str
    region: str
    values: Mapping[str, str] = field(repr=False)
    is_trial: bool = False


@dataclass(frozen=True)
class Lifetime:
    """How long a credential lasts after it was issued, and what a person does before it ends.

    title    as it stands in a sentence: `client secret`
    issued   label of the date that an operator enters: `Client secret issued on`
    days     it lasts
    remedy   what to do, in words that follow a colon
    """

    title: str
    issued: str
    days: int
    remedy: str


class Connection(Protocol):
    """Talks to the marketplace for one account. Every call may raise the typed errors of `core.errors`.

    `AccessDenied`: the credentials are not accepted. `RejectedByChannel`: no, for good.
    `TemporarilyUnavailable`, `QuotaExhausted`: later.
    """

    def list_orders(self, query: Query, token: str | None) -> Page:
        """One page of the listing."""
        ...

    def get_order(self, external_id: str) -> ListedOrder:
        """One order. Raises NotFound."""
        ...

    def confirm_package(self, package: PackageToConfirm) -> None:
        """Tell the channel that a parcel has left; the same reference again edits that parcel."""
        ...

    def read_clock(self) -> datetime:
        """What time it is for the channel; also the cheapest proof that the credentials work."""
        ...

    @property
    def last_seen_clock(self) -> datetime | None:
        """The channel's time as its newest answer told it."""
        ...

    @property
    def learned_rates(self) -> Mapping[str, float]:
        """Rates per second that the channel's answers told, by operation."""
        ...


class ConnectionFactory(Protocol):
    """Makes connections; cheap, and without any call to the outside."""

    def __call__(self, credentials: Credentials) -> Connection:
        """A connection for these credentials."""
        ...


class RequestConnection(Protocol):
    """Asks the marketplace to cancel or refund, for one account; it answers later, with a report.

    Every call may raise what those of a `Connection` may.
    """

    def prepare_request(self, request: RequestToSend) -> str:
        """Lay down what is asked; its id. Doing so twice does no harm: nothing is asked yet."""
        ...

    def submit_request(self, request: RequestToSend, prepared: str) -> str:
        """Ask for what was laid down; the receipt under which the marketplace knows it from now on."""
        ...

    def find_receipts(self, request: RequestToSend, since: datetime) -> tuple[str, ...]:
        """Receipts of this kind that were given since then: what a lost answer may have held."""
        ...

    def read_progress(self, receipt: str) -> Progress:
        """How far the marketplace is with it."""
        ...

    def read_report(self, request: RequestToSend, report: str) -> Verdict:
        """What the marketplace's report says of this request, read to its last line."""
        ...

    @property
    def learned_rates(self) -> Mapping[str, float]:
        """Rates per second that the answers told, by operation."""
        ...


class RequestConnectionFactory(Protocol):
    """Makes such connections; cheap, and without any call to the outside."""

    def __call__(self, credentials: Credentials) -> RequestConnection:
        """A connection for these credentials."""
        ...


@dataclass(frozen=True)
class Channel:
    """One kind of place to sell.

    key                 short and lower-case: `amazon`; orders carry it as their channel
    title               `Amazon`
    plugin              the plugin that brings it
    connect             makes a `Connection`
    read_order          reads the payload that was kept of an order again: pure translation
    number_source       label of "build the order number from the channel's own number"
    placeholder_domain  for buyers without an email address; it can never be mailed
    payment_method      what an order's payment is called
    marketplaces        external id → (title, ISO currency); others are allowed
    rates               token bucket per operation, by the names of the connections' methods
    carriers            the channel's own spelling of carriers that it knows
    credential_fields   names of the values in `Credentials`; those in `secret_fields` are secrets
    credentials_schema  the same as a form: a marshmallow schema with label, help, group and secret; without
                        it the form is made from the names
    lifetimes           credential → how long it lasts; an operator enters when it was issued
    regions             region → title; any text is a region if there are none
    marketplace_regions  external id of a marketplace → its region
    connect_requests    makes a `RequestConnection`; None if it can be asked neither to cancel nor to refund
    cancel_reasons      the codes with which it accepts a cancellation; none if it accepts none from here
    refund_reasons      the same for refunds
    min_poll_interval   never ask more often than this
    poll_interval       how often unless the settings say otherwise
    """

    key: str
    title: str
    plugin: str
    connect: ConnectionFactory
    read_order: Callable[[Mapping[str, Any]], ListedOrder]
    number_source: str
    placeholder_domain: str
    payment_method: str
    marketplaces: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    rates: Mapping[str, Rate] = field(default_factory=dict)
    carriers: tuple[str, ...] = ()
    credential_fields: tuple[str, ...] = ()
    secret_fields: tuple[str, ...] = ()
    credentials_schema: type[Schema] | None = None
    lifetimes: Mapping[str, Lifetime] = field(default_factory=dict)
    regions: Mapping[str, str] = field(default_factory=dict)
    marketplace_regions: Mapping[str, str] = field(default_factory=dict)
    connect_requests: RequestConnectionFactory | None = None
    cancel_reasons: tuple[Reason, ...] = ()
    refund_reasons: tuple[Reason, ...] = ()
    min_poll_interval: timedelta = timedelta(minutes=3)
    poll_interval: timedelta = timedelta(minutes=5)


@dataclass(frozen=True)
class Registry:
    """What the enabled plugins have registered: channels by key, customer policies by key.

    guard   why nothing may be written to any account for now; None while it may
    """

    channels: Mapping[str, Channel]
    policies: Mapping[str, CustomerPolicy]
    guard: str | None = None

    def get_channel(self, key: str) -> Channel:
        """The channel. Raises NotConfigured if the plugin that brings it is not enabled."""
        if key not in self.channels:
            raise NotConfigured(f"no enabled plugin brings the channel {key!r}")
        return self.channels[key]
