"""Walking the two workflows: what happens at each step, and how all three sides stand after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from core.channels.channel_orders import find_channel_order
from core.channels.explaining import explain_order
from core.channels.importing import Outcome
from core.channels.orders_tab import is_on_orders_tab
from core.commerce.orders import get_order
from core.commerce.shipments import PackageContents, ship_order
from core.errors import EntrepotError
from core.events import Delivery, DeliveryState, Event
from plugins.amazon_channel.demo.partner import Partner
from plugins.amazon_channel.demo.stage import SKU, Stage
from plugins.amazon_channel.mapping.statuses import our_status
from plugins.amazon_channel.simulator import LineDraft, OrderDraft

MERCHANT = "fulfilled by merchant"
CHANNEL = "fulfilled by Amazon"
_TRACKING = "JD014600003888000001"


@dataclass(frozen=True)
class Step:
    """One row of a workflow: the three sides as they were read after it; null is "there is none"."""

    step: int
    what: str
    amazon: str
    channel_order: str | None
    order: str | None
    order_number: str | None
    on_orders_tab: bool
    note: str | None


@dataclass(frozen=True)
class Workflow:
    """One workflow as it was walked."""

    name: str
    external_id: str
    steps: list[Step]

    def as_json(self) -> dict[str, Any]:
        """For `entrepot demo --json`."""
        return {"name": self.name, "steps": [asdict(step) for step in self.steps]}


Tell = Callable[[Step], None]


def walk_both(
    stage: Stage, begin: Callable[[str], None], tell: Tell, partner: Partner | None = None
) -> list[Workflow]:
    """Walk both; `begin` hears each workflow's name, `tell` each step as soon as it was read.

    A partner picks up what the merchant ships, and ships it.
    """
    walks = []
    for name, walk in ((MERCHANT, _walk_merchant), (CHANNEL, _walk_channel)):
        begin(name)
        walks.append(walk(_Walk(stage, name, tell, partner)))
    return walks


class _Walk:
    """One workflow being walked."""

    def __init__(self, stage: Stage, name: str, tell: Tell, partner: Partner | None) -> None:
        self.stage = stage
        self.partner = partner
        self.external_id = ""
        self._name = name
        self._tell = tell
        self._steps: list[Step] = []

    def place(self, fulfilled_by: str) -> None:
        """A buyer orders two mugs."""
        draft = OrderDraft(
            marketplace="DE",
            fulfilled_by=fulfilled_by,
            status="PENDING",
            lines=(LineDraft(sku=SKU, quantity=2, unit_price=Decimal("14.90")),),
        )
        self.external_id = self.stage.world.place_order(draft).order_id

    def sync(self, at: Callable[[str], None] = lambda _what: None) -> None:
        """Time passes, then Entrepot reads what is new; `at` hears what becomes of the order."""

        def progress(what: str, external_id: str) -> None:
            if external_id == self.external_id:
                at(what)

        self.stage.sync(progress)

    def note_step(self, what: str, note: str | None = None) -> None:
        """Read all three sides as they are now, and tell it."""
        stage = self.stage
        with stage.app.reading() as ctx:
            row = find_channel_order(ctx.session, stage.account_id, self.external_id)
            order = row.order if row is not None else None
            step = Step(
                step=len(self._steps) + 1,
                what=what,
                amazon=our_status(stage.world.status_of(self.external_id)),
                channel_order=row.status if row is not None else None,
                order=order.status if order is not None else None,
                order_number=order.number if order is not None else None,
                on_orders_tab=row is not None and is_on_orders_tab(ctx, stage.app.registry, row),
                note=note or self._last_note(),
            )
        self._steps.append(step)
        self._tell(step)

    def finish(self) -> Workflow:
        """What was walked."""
        return Workflow(self._name, self.external_id, self._steps)

    def number(self) -> str:
        """The number of the order that it became."""
        number = self._steps[-1].order_number
        if number is None:
            raise EntrepotError("no order was created; look at the notes above")
        return number

    def trace_of(self, code: str) -> str | None:
        """A sentence of the order's trace, with what decided it."""
        with self.stage.app.reading() as ctx:
            for entry in explain_order(ctx.session, self.external_id)[0].entries:
                if entry.code == code:
                    return f"{entry.sentence} [{entry.decided_by}]"
        return None

    def newest_trace(self) -> str:
        """The newest sentence of the order's trace."""
        with self.stage.app.reading() as ctx:
            return explain_order(ctx.session, self.external_id)[0].entries[-1].sentence

    def is_delivered(self, hook: str) -> bool:
        """Whether every plugin has been told this of the order."""
        with self.stage.app.reading() as ctx:
            told = (
                ctx.session.query(Delivery)
                .join(Event)
                .filter(Event.name == hook, Event.subject == f"order:{self._order_id()}")
                .all()
            )
            return bool(told) and all(row.state == DeliveryState.DELIVERED for row in told)

    def _order_id(self) -> int:
        with self.stage.app.reading() as ctx:
            return get_order(ctx.session, self.number()).id

    def _last_note(self) -> str | None:
        with self.stage.app.reading() as ctx:
            explanation = explain_order(ctx.session, self.external_id)[0]
            row = explanation.channel_order
        return (row.note if row is not None else None) or self.newest_trace()


def _walk_merchant(walk: _Walk) -> Workflow:
    walk.place("MERCHANT")
    walk.sync()
    walk.note_step("The order is placed; Amazon is still verifying the card.")
    walk.stage.world.verify(walk.external_id)

    def at(what: str) -> None:
        if what == "stored":
            walk.note_step("Amazon has verified the order; it is stored.", walk.newest_trace())
        elif what == Outcome.IMPORTED:
            walk.note_step("The customer's details are filled in and the order is created.")

    walk.sync(at)
    walk.stage.wait_until(lambda: walk.is_delivered("order_created"), "announce the order")
    if (partner := walk.partner) is not None:
        number = walk.number()
        walk.stage.wait_until(lambda: partner.has_picked_up(number), f"hand it to {partner.title}")
    walk.note_step(
        "The customer policy has run; everything that is connected can pick the order up.",
        walk.trace_of("customer"),
    )
    _ship(walk, walk.number())
    walk.stage.wait_until(lambda: _is_shipped(walk), "confirm the shipment to Amazon")
    walk.note_step("Shipped with a tracking number, which is at Amazon now.")
    return walk.finish()


def _walk_channel(walk: _Walk) -> Workflow:
    walk.place("AMAZON")
    walk.sync()
    walk.note_step("The order is placed; Amazon will ship it.")
    walk.stage.world.verify(walk.external_id)
    walk.stage.world.ship_at_amazon(walk.external_id)

    def at(what: str) -> None:
        if what == "stored":
            walk.note_step("Amazon has shipped it: only now is it stored.")
        elif what == Outcome.IMPORTED:
            walk.note_step("The order is created, complete; your stock is not touched.")

    walk.sync(at)
    return walk.finish()


def _ship(walk: _Walk, number: str) -> None:
    """As the operator does it on the order's page, or where it was picked up."""
    if walk.partner is not None:
        walk.partner.ship(number, _TRACKING)
        return
    with walk.stage.app.writing("demo") as ctx:
        ship_order(ctx, get_order(ctx.session, number), [PackageContents("DHL", _TRACKING)])


def _is_shipped(walk: _Walk) -> bool:
    with walk.stage.app.reading() as ctx:
        row = find_channel_order(ctx.session, walk.stage.account_id, walk.external_id)
        return row is not None and row.status == our_status("SHIPPED")
