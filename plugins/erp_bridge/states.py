"""Every state of a pickup, everything that can happen to it, and what becomes of it: one total table.

A pickup is one event of one order for one consumer. That a lease runs out is no happening: time alone makes
`leased` into `lapsed`, which may be handed out again. The table is about `order.created`; of a cancellation
(`order.canceled`) the same holds, except that it is never put aside and never canceled itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from plugins.erp_bridge.models import Pickup, PickupState


class Stage(StrEnum):
    """A state, told apart by what matters for what may happen: whether it was handed out, and still is."""

    NEW = "waiting, never handed out"
    AGAIN = "waiting again"
    HELD = "held, never handed out"
    HELD_AGAIN = "held again"
    LEASED = "leased"
    LAPSED = "leased, and the time is up"
    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn, never handed out"
    RECALLED = "withdrawn after it was handed out"


class Happening(StrEnum):
    """What can happen to a pickup."""

    LEASE = "it is handed out"
    HOLD = "its order has a status that is not wanted"
    CANCEL = "its order is canceled"
    ACKNOWLEDGE = "it is acknowledged"
    ACKNOWLEDGE_OTHERWISE = "it is acknowledged with another reference"
    REJECT = "it is rejected"
    RELEASE = "it is given back"
    REPLAY = "an operator replays it"


@dataclass(frozen=True)
class Step:
    """What becomes of a pickup.

    to       its state from then on; None: it stays as it is
    refused  why it does not happen, in one sentence about this pickup; None: it does
    tells    whether the consumer is told that the order is canceled
    """

    to: PickupState | None = None
    refused: str | None = None
    tells: bool = False


_NEVER = "it was never handed out: acknowledge, reject or release what a pickup gave you"
_NOT_DUE = "it is not due"
_TAKEN = "it is acknowledged already: cancel the order instead, if it cannot be carried out"
_OTHER = "it is acknowledged already, under another reference"
_REJECTED = "it is rejected already: have it replayed, then it is handed out again"
_CANCELED = "its order is canceled"

_STAYS, _TELLS = Step(), Step(tells=True)
_LEASED, _WAITS, _HELD = (
    Step(state) for state in (PickupState.LEASED, PickupState.WAITING, PickupState.HELD)
)
_BOOKED, _REFUSED = Step(PickupState.ACKNOWLEDGED), Step(PickupState.REJECTED)
_GONE, _RECALLED = Step(PickupState.WITHDRAWN), Step(PickupState.WITHDRAWN, tells=True)
_LATER, _NO, _ENDED = Step(refused=_NOT_DUE), Step(refused=_NEVER), Step(refused=_CANCELED)
_OTHERS, _BOUND, _REPLAYS = Step(refused=_OTHER), Step(refused=_TAKEN), Step(refused=_REJECTED)

_ORDER = tuple(Happening)
_ROWS: Mapping[Stage, tuple[Step, ...]] = {
    #                    LEASE    HOLD    CANCEL     ACKNOW-  …OTHER-  REJECT    RELEASE   REPLAY
    #                                                LEDGE    WISE
    Stage.NEW:          (_LEASED, _HELD,  _GONE,     _NO,     _NO,     _NO,      _NO,      _STAYS),
    Stage.AGAIN:        (_LEASED, _HELD,  _RECALLED, _BOOKED, _BOOKED, _REFUSED, _STAYS,   _STAYS),
    Stage.HELD:         (_LEASED, _STAYS, _GONE,     _NO,     _NO,     _NO,      _NO,      _WAITS),
    Stage.HELD_AGAIN:   (_LEASED, _STAYS, _RECALLED, _BOOKED, _BOOKED, _REFUSED, _STAYS,   _WAITS),
    Stage.LEASED:       (_LATER,  _STAYS, _TELLS,    _BOOKED, _BOOKED, _REFUSED, _WAITS,   _WAITS),
    Stage.LAPSED:       (_LEASED, _HELD,  _RECALLED, _BOOKED, _BOOKED, _REFUSED, _WAITS,   _WAITS),
    Stage.ACKNOWLEDGED: (_LATER,  _STAYS, _TELLS,    _STAYS,  _OTHERS, _BOUND,   _BOUND,   _WAITS),
    Stage.REJECTED:     (_LATER,  _STAYS, _STAYS,    _BOOKED, _BOOKED, _STAYS,   _REPLAYS, _WAITS),
    Stage.WITHDRAWN:    (_LATER,  _STAYS, _STAYS,    _NO,     _NO,     _NO,      _NO,      _ENDED),
    Stage.RECALLED:     (_LATER,  _STAYS, _TELLS,    _BOOKED, _BOOKED, _STAYS,   _STAYS,   _ENDED),
}  # fmt: skip

#: What becomes of a pickup, for every stage and everything that can happen.
TABLE: Mapping[tuple[Stage, Happening], Step] = {
    (stage, happening): step
    for stage, steps in _ROWS.items()
    for happening, step in zip(_ORDER, steps, strict=True)
}

_STAGES: Mapping[PickupState, tuple[Stage, Stage]] = {
    # never handed out, handed out before
    PickupState.WAITING: (Stage.NEW, Stage.AGAIN),
    PickupState.HELD: (Stage.HELD, Stage.HELD_AGAIN),
    PickupState.ACKNOWLEDGED: (Stage.ACKNOWLEDGED, Stage.ACKNOWLEDGED),
    PickupState.REJECTED: (Stage.REJECTED, Stage.REJECTED),
    PickupState.WITHDRAWN: (Stage.WITHDRAWN, Stage.RECALLED),
}


def stage_of(pickup: Pickup, now: datetime) -> Stage:
    """Where a pickup is at this moment."""
    if pickup.state == PickupState.LEASED:
        return Stage.LAPSED if pickup.due_at is not None and pickup.due_at <= now else Stage.LEASED
    never, before = _STAGES[PickupState(pickup.state)]
    return before if pickup.offered else never
