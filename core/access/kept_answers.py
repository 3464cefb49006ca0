"""Answers kept for requests that are sent again: by token and by the key that the asker chose."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, String, UniqueConstraint, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from core.context import Context
from core.database.base import Base
from core.database.types import EncryptedText
from core.errors import InvalidValue

KEPT_FOR = timedelta(hours=24)
KEY_LENGTH = 255
_PRUNED_AT_ONCE = 100


class KeptAnswer(Base):
    """What was answered to a request, so that the same one sent again is not worked on again.

    request_hash   of all that was asked, so that another request under the same key is told apart
    status         null only until the transaction that does the work ends
    body           encrypted, because it can hold personal data
    """

    __tablename__ = "kept_answers"
    __table_args__ = (UniqueConstraint("token_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_id: Mapped[int]
    key: Mapped[str] = mapped_column(String(KEY_LENGTH))
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    body: Mapped[str | None] = mapped_column(EncryptedText)
    created_at: Mapped[datetime] = mapped_column(index=True)


def claim_key(ctx: Context, token_id: int, key: str, request_hash: str) -> KeptAnswer:
    """The row of this key: without a status if it is new, and the caller has to do the work.

    Of two that come at the same time one does the work; the other waits for its transaction, and finds the
    answer. Raises InvalidValue if the key was used for another request.
    """
    _forget_old(ctx)
    values = {
        "token_id": token_id, "key": key, "request_hash": request_hash, "headers": {},
        "created_at": ctx.clock.now(),
    }  # fmt: skip
    dialect = postgresql if ctx.session.get_bind().dialect.name == "postgresql" else sqlite
    ctx.session.execute(dialect.insert(KeptAnswer).values(values).on_conflict_do_nothing())
    found = ctx.session.scalars(
        select(KeptAnswer).where(KeptAnswer.token_id == token_id, KeptAnswer.key == key)
    ).one()
    if found.request_hash != request_hash:
        raise InvalidValue(
            "this Idempotency-Key was used for another request: take a new key for a new request",
            {"Idempotency-Key": ["was used for another request"]},
        )
    return found


def _forget_old(ctx: Context) -> None:
    """Delete some of those that are over; one that another process is deleting is left to it."""
    old = (
        select(KeptAnswer.id)
        .where(KeptAnswer.created_at < ctx.clock.now() - KEPT_FOR)
        .order_by(KeptAnswer.created_at)
        .limit(_PRUNED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    ctx.session.execute(delete(KeptAnswer).where(KeptAnswer.id.in_(ctx.session.scalars(old).all())))
