"""Stores: each has its own order numbers, customers and default currency."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.sql.selectable import ForUpdateParameter

from core.context import Context
from core.database.base import Base
from core.errors import AlreadyExists, InvalidValue, NotFound
from core.money import check_currency

DEFAULT_STORE = "default"
FIRST_NUMBER = 1_000_001
#: A lock that customers and orders of the store, which refer to it, need not wait for.
_NUMBERING: ForUpdateParameter = {"key_share": True}
_CODE = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class Store(Base):
    """Where orders belong. `next_number` is the number that the next order gets, after the prefix."""

    __tablename__ = "stores"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    currency: Mapped[str] = mapped_column(String(3))
    number_prefix: Mapped[str] = mapped_column(String(16), unique=True)
    next_number: Mapped[int] = mapped_column(default=FIRST_NUMBER)


def add_store(ctx: Context, code: str, name: str, currency: str, number_prefix: str | None = None) -> Store:
    """Add a store. Its order numbers start with `number_prefix`: the code in capitals unless given.

    Raises InvalidValue for a code or currency that is none, AlreadyExists for one that is taken.
    """
    if not _CODE.fullmatch(code):
        raise InvalidValue(
            f"a store's code is lower-case letters, digits, - and _, at most 32, not {code!r}"
        )
    prefix = f"{code.upper()}-" if number_prefix is None else number_prefix
    if find_store(ctx.session, code):
        raise AlreadyExists(f"there is a store {code!r} already")
    check_store(ctx.session, name, currency, prefix)
    store = Store(code=code, name=name, currency=currency, number_prefix=prefix, next_number=FIRST_NUMBER)
    ctx.session.add(store)
    ctx.session.flush()
    return store


def check_store(
    session: Session, name: str, currency: str, prefix: str, store_id: int | None = None
) -> None:
    """Whether a store, this one or a new one, can be called so and number its orders so.

    Raises InvalidValue, and AlreadyExists for the prefix of another store.
    """
    if not name.strip() or len(name) > 200:
        raise InvalidValue("a store needs a name of at most 200 characters")
    try:
        check_currency(currency)
    except ValueError as error:
        raise InvalidValue(str(error)) from error
    _check_prefix(prefix)
    if session.scalar(select(Store.id).where(Store.number_prefix == prefix, Store.id != (store_id or 0))):
        raise AlreadyExists(f"another store's order numbers start with {prefix!r} already")


def _check_prefix(prefix: str) -> None:
    """A prefix that ends with a digit could give the number of another store's order."""
    if len(prefix) > 16 or not prefix.isprintable() or prefix != prefix.strip():
        raise InvalidValue(
            f"order numbers start with at most 16 printable characters, not {prefix!r}: "
            "give the store a number prefix"
        )
    if prefix and prefix[-1].isdigit():
        raise InvalidValue(f"a number prefix does not end with a digit, as {prefix!r} does")


def find_store(session: Session, code: str) -> Store | None:
    """The store with this code."""
    return session.scalar(select(Store).where(Store.code == code))


def get_store(session: Session, code: str) -> Store:
    """The store with this code. Raises NotFound."""
    store = find_store(session, code)
    if store is None:
        known = ", ".join(session.scalars(select(Store.code).order_by(Store.code)))
        raise NotFound(f"there is no store {code!r}; there are: {known}")
    return store


def list_stores(session: Session) -> Sequence[Store]:
    """Every store, by code."""
    return session.scalars(select(Store).order_by(Store.code)).all()


def lock_store(session: Session, store_id: int) -> Store:
    """The store as it is now; nobody else takes a number of it until the end of the transaction."""
    return session.get_one(Store, store_id, with_for_update=_NUMBERING, populate_existing=True)


def take_store_number(ctx: Context, store_id: int) -> str:
    """The store's next order number; it is used up only if the transaction commits."""
    store = lock_store(ctx.session, store_id)
    number = f"{store.number_prefix}{store.next_number}"
    store.next_number += 1
    ctx.session.flush()
    return number
