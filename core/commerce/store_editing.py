"""Changing a store without ever giving out an order number twice."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.access import note_audit
from core.commerce.orders import Order
from core.commerce.stores import Store, check_store, lock_store
from core.context import Context
from core.errors import AlreadyExists, InvalidValue

_DIGITS = "0123456789"
_HIGHEST = 10**15


@dataclass(frozen=True)
class StoreChanges:
    """What becomes of a store; None leaves it as it is.

    next_number   the number of the next order, after the prefix: above every number that there is
    """

    name: str | None = None
    currency: str | None = None
    number_prefix: str | None = None
    next_number: int | None = None


def edit_store(ctx: Context, store: Store, changes: StoreChanges) -> bool:
    """Change a store; orders that are there keep their number and currency. False if it is like that.

    Raises InvalidValue, and AlreadyExists for a prefix of another store or a number that exists.
    """
    store = lock_store(ctx.session, store.id)
    wanted = {
        "name": store.name if changes.name is None else changes.name.strip(),
        "currency": store.currency if changes.currency is None else changes.currency,
        "number_prefix": store.number_prefix if changes.number_prefix is None else changes.number_prefix,
        "next_number": store.next_number if changes.next_number is None else changes.next_number,
    }
    differing = {name: value for name, value in wanted.items() if value != getattr(store, name)}
    if not differing:
        return False
    prefix, number = str(wanted["number_prefix"]), wanted["next_number"]
    check_store(ctx.session, str(wanted["name"]), str(wanted["currency"]), prefix, store.id)
    if isinstance(number, int) and ("number_prefix" in differing or "next_number" in differing):
        _check_numbers(ctx.session, prefix, number)
    changed = {name: [getattr(store, name), value] for name, value in differing.items()}
    for name, value in differing.items():
        setattr(store, name, value)
    note_audit(ctx, "store.edited", f"store:{store.code}", **changed)
    ctx.session.flush()
    return True


def highest_number(session: Session, prefix: str) -> int | None:
    """The highest number that an order has after this prefix, None if none has one."""
    rest = func.substr(Order.number, len(prefix) + 1)
    found = session.scalar(
        select(rest)
        .where(
            Order.number.startswith(prefix, autoescape=True), rest != "", func.ltrim(rest, _DIGITS) == ""
        )
        .order_by(func.length(rest).desc(), rest.desc())
        .limit(1)
    )
    return None if found is None else int(found)


def _check_numbers(session: Session, prefix: str, number: int) -> None:
    if not 0 < number <= _HIGHEST:
        raise _refused(f"the next number is a whole number from 1 to {_HIGHEST}, not {number}")
    highest = highest_number(session, prefix)
    if highest is not None and number <= highest:
        raise AlreadyExists(
            f"the order {prefix}{highest} exists already: the next number is at least {highest + 1}"
        )


def _refused(sentence: str) -> InvalidValue:
    return InvalidValue(sentence, {"next_number": [sentence]})
