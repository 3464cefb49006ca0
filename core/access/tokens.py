"""API tokens: shown once, kept as a hash, with scopes and an end."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import JSON, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.access.audit import note_audit
from core.access.scopes import Scope
from core.context import Context
from core.database.base import Base
from core.errors import AlreadyExists, InvalidValue, NotFound, shorten

_PREFIX = "ent_"
_TO_A_FEW_MINUTES = timedelta(minutes=5)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}")


class ApiToken(Base):
    """A token for programs. `prefix` tells tokens apart; the rest is only known to who was shown it."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    prefix: Mapped[str] = mapped_column(String(16))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(80))
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    def is_valid(self, now: datetime) -> bool:
        """Whether it may be used now."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def is_use_known(self, now: datetime) -> bool:
        """Whether that it is in use is written down already, to a few minutes: reading need not write."""
        return self.last_used_at is not None and now < self.last_used_at + _TO_A_FEW_MINUTES


def add_token(
    ctx: Context,
    name: str,
    scopes: Iterable[str],
    known: Iterable[Scope],
    lifetime: timedelta | None = None,
) -> tuple[ApiToken, str]:
    """Make a token; the row, and the text that is shown once.

    Raises InvalidValue for a name or scope that is of no use, AlreadyExists for a name that is taken.
    """
    if not _NAME.fullmatch(name):
        raise InvalidValue(
            f"a token's name is 1 to 60 letters, digits, spaces and any of . _ -, not {name!r}",
            {"name": ["does not fit"]},
        )
    if ctx.session.scalar(select(ApiToken.id).where(ApiToken.name == name)):
        raise AlreadyExists(f"there is a token {name!r} already: choose another name")
    text = _PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        name=name,
        prefix=text[:12],
        token_hash=_hash(text),
        scopes=_check_scopes(ctx.session, scopes, known),
        created_at=ctx.clock.now(),
        created_by=ctx.actor,
        expires_at=ctx.clock.now() + lifetime if lifetime else None,
    )
    ctx.session.add(token)
    ctx.session.flush()
    note_audit(ctx, "token.added", f"token:{token.id}", name=name, scopes=token.scopes)
    return token, text


def find_token(session: Session, text: str) -> ApiToken | None:
    """The token that this text is, whatever its state; None if there is none."""
    return session.scalar(select(ApiToken).where(ApiToken.token_hash == _hash(text)))


def note_use(ctx: Context, token_id: int) -> None:
    """Write down that a token is used now; see `is_use_known`."""
    ctx.session.get_one(ApiToken, token_id).last_used_at = ctx.clock.now()


def list_tokens(session: Session) -> Sequence[ApiToken]:
    """Every token by name, revoked ones too."""
    return session.scalars(select(ApiToken).order_by(ApiToken.name)).all()


def revoke_token(ctx: Context, name: str) -> ApiToken:
    """Have a token work no longer, from the next request on. Raises NotFound."""
    token = ctx.session.scalar(select(ApiToken).where(ApiToken.name == name))
    if token is None:
        raise NotFound(f"there is no token {name!r}: `entrepot tokens list` shows them")
    if token.revoked_at is None:
        token.revoked_at = ctx.clock.now()
        note_audit(ctx, "token.revoked", f"token:{token.id}", name=name)
    return token


def _check_scopes(session: Session, scopes: Iterable[str], known: Iterable[Scope]) -> list[str]:
    registered = list(known)
    chosen = sorted(set(scopes))
    wrong = []
    for scope in chosen:
        if any(scope == one.key for one in registered):
            continue
        whole = next((one for one in registered if one.names and scope.startswith(f"{one.key}:")), None)
        if whole is None:
            wrong.append(scope)
        else:
            _check_narrowed(session, scope, whole)
    if wrong or not chosen:
        names = ", ".join(scope.key for scope in registered)
        raise InvalidValue(
            f"a token needs one or more of the scopes {names}"
            + (f", not {', '.join(wrong)}" if wrong else ""),
            {"scopes": ["are not known" if wrong else "are missing"]},
        )
    return chosen


def _check_narrowed(session: Session, scope: str, whole: Scope) -> None:
    there = whole.narrowed(session)
    if scope not in there:
        known = ", ".join(there) or "none yet"
        raise InvalidValue(
            f"the scope {shorten(scope)!r} names nothing that is there; there are: {known}",
            {"scopes": ["name something that is not there"]},
        )


def _hash(text: str) -> str:
    """A plain hash is enough: the text has 256 random bits."""
    return sha256(text.encode()).hexdigest()
