"""Signing in: the password, the second factor, and the lock after wrong attempts; one-time reset links."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256

import pyotp
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.audit import note_audit
from core.access.operators import Operator, change_password, find_operator
from core.access.passwords import verify_password
from core.context import Context
from core.errors import InvalidValue, NotFound

_FREE_FAILURES = 5
_FIRST_LOCK = timedelta(minutes=1)
_LONGEST_LOCK = timedelta(hours=1)
_RESET_LIFETIME = timedelta(hours=24)
_STEP_SECONDS = 30
ISSUER = "Entrepot"


@dataclass(frozen=True)
class Attempt:
    """Somebody's try to sign in: whom the address names, and whether the password belongs to that hash."""

    operator_id: int | None
    password_hash: str = field(default="", repr=False)
    is_right: bool = False


def try_password(session: Session, email: str, password: str) -> Attempt:
    """Compare a password, which takes long on purpose: in a transaction that holds up nobody."""
    operator = find_operator(session, email)
    if operator is None:
        verify_password(None, password)
        return Attempt(None)
    return try_password_of(operator, password)


def try_password_of(operator: Operator, password: str) -> Attempt:
    """The same for somebody who is signed in, and is asked once more."""
    return Attempt(operator.id, operator.password_hash, verify_password(operator.password_hash, password))


def check_sign_in(ctx: Context, attempt: Attempt, code: str = "") -> Operator | None:
    """The operator, if all of it is right; None if not, and nothing says which part was wrong.

    Commit in any case: it counts, and of attempts at the same moment every one. Wrong attempts lock the
    sign-in for a minute, then for longer, up to an hour; what is tried meanwhile is refused even if it is
    right.
    """
    operator = _let_pass(ctx, attempt, code)
    if operator is not None:
        operator.signed_in_at = ctx.clock.now()
        who = f"operator:{operator.id}"
        note_audit(replace(ctx, actor=who), "operator.signed_in", who)
    return operator


def check_password_again(ctx: Context, attempt: Attempt) -> Operator | None:
    """The operator who is signed in, if it is their password; None if not, or while they are locked out.

    It counts as signing in does: commit in any case.
    """
    return _let_pass(ctx, attempt, None)


def _let_pass(ctx: Context, attempt: Attempt, code: str | None) -> Operator | None:
    """Whose attempt is right; anything else is counted. Without a code none is asked for."""
    if attempt.operator_id is None:
        return None
    operator = ctx.session.get_one(
        Operator, attempt.operator_id, with_for_update=True, populate_existing=True
    )
    now = ctx.clock.now()
    if operator.locked_until is not None and now < operator.locked_until:
        return None
    is_right = attempt.is_right and operator.password_hash == attempt.password_hash
    if not (is_right and operator.is_active and (code is None or _code_fits(ctx, operator, code))):
        _count_failure(ctx, operator)
        return None
    operator.failures, operator.locked_until = 0, None
    return operator


def new_totp_secret() -> str:
    """A secret for an authenticator app."""
    return pyotp.random_base32()


def totp_address(operator: Operator, secret: str) -> str:
    """The `otpauth:` address that an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret, name=operator.email, issuer=ISSUER).provisioning_uri()


def set_second_factor(ctx: Context, operator: Operator, secret: str, code: str) -> None:
    """Ask this operator for a code from now on. Raises InvalidValue if the code does not fit the secret."""
    if not pyotp.TOTP(secret).verify(code.strip(), for_time=ctx.clock.now(), valid_window=1):
        raise InvalidValue(
            "the code does not fit: take the six digits that the app shows at this moment, and check that "
            "the telephone's time is right",
            {"code": ["does not fit"]},
        )
    operator.totp_secret, operator.totp_step = secret, None
    operator.sign_in_version += 1
    note_audit(ctx, "operator.second_factor_set", f"operator:{operator.id}")


def remove_second_factor(ctx: Context, operator: Operator) -> None:
    """Ask for a password only."""
    operator.totp_secret = operator.totp_step = None
    operator.sign_in_version += 1
    note_audit(ctx, "operator.second_factor_removed", f"operator:{operator.id}")


def make_reset(ctx: Context, operator: Operator) -> str:
    """A text that sets a new password once, within a day; an earlier one works no longer."""
    text = secrets.token_urlsafe(32)
    operator.reset_hash = _hash(text)
    operator.reset_until = ctx.clock.now() + _RESET_LIFETIME
    note_audit(ctx, "operator.reset_made", f"operator:{operator.id}")
    return text


def use_reset(ctx: Context, text: str, password: str) -> Operator:
    """Set a new password with such a text. Raises NotFound if it is not valid, InvalidValue."""
    operator = find_reset(ctx, text)
    if operator is None:
        raise NotFound("this link is used up or too old: ask an owner for a new one")
    change_password(ctx, operator, password)
    return operator


def find_reset(ctx: Context, text: str) -> Operator | None:
    """Whose reset this is, if it is still valid."""
    operator = ctx.session.scalar(select(Operator).where(Operator.reset_hash == _hash(text)))
    if operator is None or operator.reset_until is None or ctx.clock.now() >= operator.reset_until:
        return None
    return operator


def _code_fits(ctx: Context, operator: Operator, code: str) -> bool:
    """Whether the code is right and was not used before; true without a second factor."""
    if operator.totp_secret is None:
        return True
    totp = pyotp.TOTP(operator.totp_secret)
    given = code.strip()[:12].encode()
    step = int(ctx.clock.now().timestamp()) // _STEP_SECONDS
    for candidate in (step - 1, step, step + 1):
        is_new = operator.totp_step is None or candidate > operator.totp_step
        fits = secrets.compare_digest(totp.at(candidate * _STEP_SECONDS).encode(), given)
        if is_new and fits:
            operator.totp_step = candidate
            return True
    return False


def _count_failure(ctx: Context, operator: Operator) -> None:
    operator.failures += 1
    beyond = operator.failures - _FREE_FAILURES
    if beyond >= 0:
        operator.locked_until = ctx.clock.now() + min(_FIRST_LOCK * 2 ** min(beyond, 10), _LONGEST_LOCK)
    note_audit(ctx, "operator.sign_in_failed", f"operator:{operator.id}", failures=operator.failures)


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
