"""Collects what has come back from a consumer and books it, for one turn: nobody waits for long files.

Stock is booked in portions, each in one transaction. What concerns orders is booked one by one, for that
locks the order, and what it locks besides. A turn that ends in the middle of a file, and a process that
dies, lose nothing: what was booked is known by its key, and what was refused when the turn ended is kept
until all of the file is answered for, so that the next turn goes on where this one was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TypeGuard

from sqlalchemy import delete, insert, select

from core.context import Context
from core.jobs import JobRun
from plugins.erp_bridge.booking import is_key, take_back, take_back_stock
from plugins.erp_bridge.models import Consumer, Refusal
from plugins.erp_bridge.outlets import Arrival, Outlet, Returned, Settled, StockBack, Verdict
from plugins.erp_bridge.troubles import note_returned

#: So long one job works before it lets others have its place: there are few threads for all of them.
TURN = timedelta(seconds=20)
#: So many things are booked at once: on SQLite nobody else writes meanwhile.
PORTION = 200
_ERROR_LENGTH = 1000
_AT_ONCE = 1000


def collect(run: JobRun, consumer_id: int, outlet: Outlet) -> bool:
    """Book what has come back, and say what became of it; False if the time is up before all of it is."""
    turn = _Turn(run, consumer_id, outlet)
    with closing(outlet.collect()) as arrivals:
        for found in arrivals:
            if isinstance(found, Settled):
                turn.put_away(found)
            elif not turn.book(found):
                return False
    turn.forget()
    return True


class _Turn:
    """One turn at one consumer. Its time begins with the first thing that no turn before it has done."""

    def __init__(self, run: JobRun, consumer_id: int, outlet: Outlet) -> None:
        self._run = run
        self._consumer_id = consumer_id
        self._outlet = outlet
        self._until: datetime | None = None

    def book(self, arrival: Arrival) -> bool:
        """Book what an arrival says; False if there is no time for all of it."""
        if self._is_over():
            return False
        with self._run.reading() as ctx:
            before = _refused_before(ctx, self._consumer_id, arrival)
        refused: list[Verdict] = []
        for portion in _portions(arrival.returned):
            if self._is_over():
                self._keep(arrival, refused)
                return False
            began = self._now()
            done = self._book([one for one in portion if one.key not in before])
            if self._until is None and any(verdict.booked_before is None for verdict in done.values()):
                self._until = began + TURN
            refused += [verdict for verdict in done.values() if verdict.error is not None]
            self._outlet.settle([done.get(one.key) or before[one.key] for one in portion])
        return True

    def put_away(self, settled: Settled) -> None:
        """Say what was not booked of an arrival, for which this is the end."""
        self._until = self._until or self._now() + TURN
        with self._run.transaction() as ctx:
            consumer = ctx.session.get_one(Consumer, self._consumer_id)
            ctx.session.execute(
                delete(Refusal)
                .where(Refusal.consumer_id == consumer.id, Refusal.arrival == _hash(settled.arrival))
                .execution_options(synchronize_session=False)
            )
            note_returned(ctx, consumer, settled.arrival.source, settled.problem)

    def forget(self) -> None:
        """Nothing is begun and not ended: what is kept still is of files that were taken away meanwhile."""
        mine = Refusal.consumer_id == self._consumer_id
        with self._run.reading() as ctx:
            if ctx.session.scalar(select(Refusal.id).where(mine).limit(1)) is None:
                return
        with self._run.transaction() as ctx:
            ctx.session.execute(delete(Refusal).where(mine).execution_options(synchronize_session=False))

    def _book(self, portion: Sequence[Returned]) -> dict[str, Verdict]:
        """What became of each, by key."""
        if not portion:
            return {}
        with self._run.transaction() as ctx:
            consumer = ctx.session.get_one(Consumer, self._consumer_id)
            if _is_stock(portion):
                verdicts = take_back_stock(ctx, consumer, portion)
            else:
                verdicts = [take_back(ctx, consumer, one) for one in portion]
        return {verdict.key: verdict for verdict in verdicts}

    def _keep(self, arrival: Arrival, refused: Sequence[Verdict]) -> None:
        """Remember what was refused, so that no later turn spends its time on it."""
        same = {"consumer_id": self._consumer_id, "arrival": _hash(arrival)}
        rows = [
            {"key": verdict.key, "error": (verdict.error or "")[:_ERROR_LENGTH]} | same
            for verdict in refused
            if is_key(verdict.key)
        ]
        with self._run.transaction() as ctx:
            for start in range(0, len(rows), _AT_ONCE):
                ctx.session.execute(insert(Refusal), rows[start : start + _AT_ONCE])

    def _is_over(self) -> bool:
        return self._until is not None and self._now() >= self._until

    def _now(self) -> datetime:
        return self._run.transactions.clock.now()


def _portions(returned: Sequence[Returned]) -> Iterator[list[Returned]]:
    """What is booked together: stock, as long as no key comes twice; anything else by itself."""
    portion: list[Returned] = []
    keys: set[str] = set()
    for one in returned:
        is_alone = not isinstance(one, StockBack)
        if portion and (is_alone or one.key in keys or len(portion) == PORTION):
            yield portion
            portion, keys = [], set()
        if is_alone:
            yield [one]
        else:
            portion.append(one)
            keys.add(one.key)
    if portion:
        yield portion


def _is_stock(portion: Sequence[Returned]) -> TypeGuard[Sequence[StockBack]]:
    return all(isinstance(one, StockBack) for one in portion)


def _refused_before(ctx: Context, consumer_id: int, arrival: Arrival) -> dict[str, Verdict]:
    """What earlier turns could not book of it, by key."""
    mine = Refusal.consumer_id == consumer_id, Refusal.arrival == _hash(arrival)
    rows = ctx.session.execute(select(Refusal.key, Refusal.error).where(*mine))
    return {key: Verdict(key, error) for key, error in rows}


def _hash(arrival: Arrival) -> str:
    return sha256(repr((arrival.source, arrival.version)).encode("utf-8", "surrogateescape")).hexdigest()
