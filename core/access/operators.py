"""Operators: who signs in to the admin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.access.audit import note_audit
from core.access.passwords import check_password_rules, hash_password
from core.access.permissions import OWNER, check_role
from core.context import Context
from core.database.base import Base
from core.database.types import BlindIndex, EncryptedText
from core.errors import AlreadyExists, InvalidValue, NotFound, WrongState

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")


class Operator(Base):
    """Somebody who may sign in.

    sign_in_version   grows when every session of theirs has to end: password, role, second factor
    totp_secret       the second factor, null without one; `totp_step` is the last one used
    failures          wrong attempts in a row; after five the sign-in is locked for a while
    reset_hash        of the one-time link with which a new password is set, until `reset_until`
    """

    __tablename__ = "operators"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(EncryptedText)
    email_index: Mapped[str] = mapped_column(BlindIndex, unique=True)
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str] = mapped_column(String(255))
    is_active: Mapped[bool] = mapped_column(default=True)
    sign_in_version: Mapped[int] = mapped_column(default=1)
    totp_secret: Mapped[str | None] = mapped_column(EncryptedText)
    totp_step: Mapped[int | None]
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    reset_hash: Mapped[str | None] = mapped_column(String(64))
    reset_until: Mapped[datetime | None]
    language: Mapped[str | None] = mapped_column(String(8))
    time_zone: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    signed_in_at: Mapped[datetime | None]


def has_operators(session: Session) -> bool:
    """Whether anybody can sign in at all."""
    return session.scalar(select(Operator.id).limit(1)) is not None


def add_operator(ctx: Context, email: str, role: str, password: str) -> Operator:
    """Let somebody sign in. Raises InvalidValue, AlreadyExists."""
    email = email.strip()
    if not _EMAIL.fullmatch(email):
        raise InvalidValue(
            "an operator signs in with an email address such as anna@shop.example",
            {"email": ["is not an email address"]},
        )
    if find_operator(ctx.session, email):
        raise AlreadyExists("there is an operator with this email address already")
    operator = Operator(
        email=email,
        email_index=email,
        role=check_role(role),
        password_hash=hash_password(check_password_rules(password, email)),
        created_at=ctx.clock.now(),
    )
    ctx.session.add(operator)
    ctx.session.flush()
    note_audit(ctx, "operator.added", f"operator:{operator.id}", role=role)
    return operator


def find_operator(session: Session, email: str) -> Operator | None:
    """By email address, without regard to case."""
    return session.scalar(select(Operator).where(Operator.email_index == email))


def get_operator(session: Session, email: str) -> Operator:
    """The same. Raises NotFound."""
    operator = find_operator(session, email)
    if operator is None:
        raise NotFound("there is no operator with this email address: `entrepot users list` shows all")
    return operator


def list_operators(session: Session) -> Sequence[Operator]:
    """Every operator, in the order in which they were added."""
    return session.scalars(select(Operator).order_by(Operator.id)).all()


def change_password(ctx: Context, operator: Operator, password: str) -> None:
    """Set a new password: every session ends, a lock and a reset link with it. Raises InvalidValue."""
    set_password_hash(ctx, operator, hash_new_password(operator, password))


def hash_new_password(operator: Operator, password: str) -> str:
    """What to keep of a new password, which takes long on purpose. Raises InvalidValue for a weak one."""
    return hash_password(check_password_rules(password, operator.email))


def set_password_hash(ctx: Context, operator: Operator, password_hash: str) -> None:
    """The same as `change_password` with what was made of the password before the transaction began."""
    operator.password_hash = password_hash
    operator.failures, operator.locked_until = 0, None
    operator.reset_hash = operator.reset_until = None
    _end_sessions(ctx, operator, "operator.password_changed")


def set_role(ctx: Context, operator: Operator, role: str) -> None:
    """Give an operator another role. Raises InvalidValue, WrongState for the last owner."""
    check_role(role)
    if role == operator.role:
        return
    if role != OWNER:
        _check_other_owner(ctx.session, operator)
    operator.role = role
    _end_sessions(ctx, operator, "operator.role_changed", role=role)


def set_active(ctx: Context, operator: Operator, *, is_active: bool) -> None:
    """Disable an operator, or let them in again. Raises WrongState for the last owner."""
    if operator.is_active == is_active:
        return
    if not is_active:
        _check_other_owner(ctx.session, operator)
    operator.is_active = is_active
    _end_sessions(ctx, operator, "operator.enabled" if is_active else "operator.disabled")


def _check_other_owner(session: Session, operator: Operator) -> None:
    """Two owners who demote each other at the same moment wait for each other."""
    can_sign_in = (Operator.role == OWNER, Operator.is_active)
    owners = select(Operator.id).where(*can_sign_in).order_by(Operator.id).with_for_update()
    if set(session.scalars(owners)) == {operator.id}:
        raise WrongState(
            "this is the last owner who can sign in: make somebody else an owner first, so that the shop "
            "does not lock itself out"
        )


def _end_sessions(ctx: Context, operator: Operator, action: str, **detail: str) -> None:
    operator.sign_in_version += 1
    ctx.session.flush()
    note_audit(ctx, action, f"operator:{operator.id}", **detail)
