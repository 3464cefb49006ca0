"""Token buckets: one row per account and operation, exact across processes, refilled by time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from core.channels.registration import Rate
from core.context import Context
from core.database.base import Base
from core.errors import QuotaExhausted

#: Tokens and rates are kept as whole millionths, so that no float decides whether a call is allowed.
_MILLION = 1_000_000


class QuotaBucket(Base):
    """What is left of one operation's quota. `tokens` and `per_second` are in millionths."""

    __tablename__ = "channel_quota_buckets"
    __table_args__ = (UniqueConstraint("account_id", "operation"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("channel_accounts.id"))
    operation: Mapped[str] = mapped_column(String(40))
    tokens: Mapped[int] = mapped_column(BigInteger)
    per_second: Mapped[int] = mapped_column(BigInteger)
    refilled_at: Mapped[datetime]
    blocked_until: Mapped[datetime | None]


def take_token(ctx: Context, account_id: int, operation: str, rate: Rate) -> None:
    """Use one call of the quota. Raises QuotaExhausted, with the time to wait, if there is none."""
    now = ctx.clock.now()
    bucket = _bucket(ctx, account_id, operation, rate)
    passed = max(now - bucket.refilled_at, timedelta())
    full = rate.burst * _MILLION
    tokens = min(full, bucket.tokens + int(passed.total_seconds() * bucket.per_second))
    wait = timedelta()
    if bucket.blocked_until and bucket.blocked_until > now:
        wait = bucket.blocked_until - now
    if tokens < _MILLION:
        wait = max(wait, timedelta(seconds=(_MILLION - tokens) / bucket.per_second))
    if wait:
        raise QuotaExhausted(
            f"the quota of {operation} allows the next call in {int(wait.total_seconds()) + 1} s",
            retry_after=wait,
        )
    bucket.tokens, bucket.refilled_at = tokens - _MILLION, now
    ctx.session.flush()


def block(ctx: Context, account_id: int, operation: str, rate: Rate, wait: timedelta | None) -> timedelta:
    """Remember that the channel refused a call: none for `wait`, else until one more is due."""
    bucket = _bucket(ctx, account_id, operation, rate)
    wait = wait or timedelta(seconds=_MILLION / bucket.per_second)
    bucket.tokens, bucket.refilled_at = 0, ctx.clock.now()
    bucket.blocked_until = ctx.clock.now() + wait
    ctx.session.flush()
    return wait


def learn_rate(ctx: Context, account_id: int, operation: str, rate: Rate, per_second: float) -> None:
    """Take over the rate that the channel itself has told."""
    bucket = _bucket(ctx, account_id, operation, rate)
    bucket.per_second = max(1, round(per_second * _MILLION))
    ctx.session.flush()


def _bucket(ctx: Context, account_id: int, operation: str, rate: Rate) -> QuotaBucket:
    wanted = select(QuotaBucket).where(
        QuotaBucket.account_id == account_id, QuotaBucket.operation == operation
    )
    bucket = ctx.session.scalar(wanted.with_for_update())
    if bucket is not None:
        return bucket
    values = {
        "account_id": account_id,
        "operation": operation,
        "tokens": rate.burst * _MILLION,
        "per_second": max(1, round(rate.per_second * _MILLION)),
        "refilled_at": ctx.clock.now(),
    }
    dialect = postgresql if ctx.session.get_bind().dialect.name == "postgresql" else sqlite
    # Of two first calls at the same time one waits here, and then has the bucket of the other.
    ctx.session.execute(dialect.insert(QuotaBucket).values(values).on_conflict_do_nothing())
    return ctx.session.scalars(wanted.with_for_update()).one()
