"""Runs: what each synchronization of an account saw and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Text, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.channels.importing import Outcome
from core.context import Context
from core.database.base import Base

_PRUNED_AT_ONCE = 1000


class SyncRun(Base):
    """One synchronization: seen = imported + updated + skipped + held + failed."""

    __tablename__ = "channel_sync_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("channel_accounts.id"), index=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    seen: Mapped[int]
    imported: Mapped[int]
    updated: Mapped[int]
    skipped: Mapped[int]
    held: Mapped[int]
    failed: Mapped[int]
    error: Mapped[str | None] = mapped_column(Text)


@dataclass
class Tally:
    """What one synchronization has seen so far, each order counted once, by what became of it last.

    errors   why something could not be read, in words
    wait     how long until the channel's quota allows to go on, if it ran out
    """

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    wait: timedelta | None = None

    def count(self, external_id: str, outcome: Outcome) -> None:
        """Note what became of an order; having been imported outlasts what follows it."""
        if self.outcomes.get(external_id) is not Outcome.IMPORTED:
            self.outcomes[external_id] = outcome

    def number(self, outcome: Outcome) -> int:
        """How many orders ended like that."""
        return sum(1 for found in self.outcomes.values() if found is outcome)

    def as_json(self) -> dict[str, int]:
        """`{"seen": …, "imported": …, "updated": …, "skipped": …, "held": …, "failed": …}`."""
        return {"seen": len(self.outcomes)} | {outcome.value: self.number(outcome) for outcome in Outcome}


def list_runs(
    session: Session, account_id: int, *, limit: int = 20, before: int | None = None
) -> Sequence[SyncRun]:
    """An account's last runs, the newest first; for the next page pass the last one's id as `before`."""
    rows = select(SyncRun).where(SyncRun.account_id == account_id).order_by(SyncRun.id.desc())
    rows = rows if before is None else rows.where(SyncRun.id < before)
    return session.scalars(rows.limit(limit)).all()


def write_run(ctx: Context, account_id: int, started_at: datetime, tally: Tally) -> None:
    """Keep what a synchronization came to."""
    ctx.session.add(
        SyncRun(
            account_id=account_id,
            started_at=started_at,
            ended_at=ctx.clock.now(),
            error="; ".join(tally.errors) or None,
            **tally.as_json(),
        )
    )


def prune_runs(ctx: Context, older_than: timedelta) -> int:
    """Delete runs that ended longer ago than this, at most 1000; gives how many.

    The last one of each account stays, however long ago it was.
    """
    last_ones = select(func.max(SyncRun.id)).group_by(SyncRun.account_id)
    old = (
        select(SyncRun.id)
        .where(SyncRun.ended_at < ctx.clock.now() - older_than, SyncRun.id.not_in(last_ones))
        .order_by(SyncRun.id)
        .limit(_PRUNED_AT_ONCE)
    )
    doomed = list(ctx.session.scalars(old))
    if doomed:
        ctx.session.execute(delete(SyncRun).where(SyncRun.id.in_(doomed)))
    return len(doomed)
