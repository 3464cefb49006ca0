"""Customers from a CSV file and to one: a line per address, all of a customer's lines together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from core.commerce.addresses import Address
from core.commerce.catalog import in_portions
from core.commerce.csv_files import CsvRow, write_csv
from core.commerce.customer_editing import (
    add_address,
    check_address,
    check_email,
    check_text,
    edit_customer,
)
from core.commerce.customers import Buyer, Customer, CustomerAddress, create_customer
from core.commerce.import_plans import ADDED, CHANGED, UNCHANGED, WRONG, LinePlan
from core.commerce.stores import DEFAULT_STORE, Store, list_stores
from core.context import Context
from core.errors import AlreadyExists, EntrepotError, InvalidValue

_ADDRESS = {"address_name" if name == "name" else name: name for name in Address.__dataclass_fields__}
COLUMNS = ("id", "store", "email", "name", *_ADDRESS)
ORIGIN = "import"
_AT_ONCE = 500


@dataclass
class _Planned:
    """A line's plan, and what it is made of."""

    plan: LinePlan
    store_id: int = 0
    customer: Customer | None = None
    entry: CustomerAddress | None = None
    address: Address | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    email: str = field(default="", repr=False)


@dataclass
class _Known:
    """What the lines are compared with: stores by code, customers by id and by store and email."""

    stores: Mapping[str, Store]
    by_id: Mapping[int, Customer]
    by_email: dict[tuple[int, str], Customer] = field(repr=False)


class CustomerImport:
    """Customers by the email address within their store, or by `id` as an export wrote it.

    Columns in any order: id, store (its code; the default store), email, name and those of an address; only
    email is required. An empty value leaves that property of an existing customer as it is. An address that
    is not in the book is added to it. A customer with several addresses has a line for each.
    """

    kind = "customers"
    columns: Sequence[str] = COLUMNS
    required = "email"
    together = True

    def key_of(self, values: Mapping[str, str]) -> str:
        """The store and the email address, or the id."""
        if number := values.get("id"):
            return f"customer {number}"
        store = values.get("store") or DEFAULT_STORE
        return f"{values.get('email', '').casefold()} ({store})" if values.get("email") else ""

    def plan(self, session: Session, rows: Sequence[CsvRow]) -> list[LinePlan]:
        """What would come of each line now."""
        known = _known(session, rows)
        return [
            each.plan
            for _, group in groupby(rows, lambda row: self.key_of(row.values))
            for each in _plan_customer(known, list(group))
        ]

    def apply(self, ctx: Context, rows: Sequence[CsvRow]) -> list[LinePlan]:
        """Carry out every line that is not wrong; what came of each."""
        known = _known(ctx.session, rows)
        return [
            plan
            for _, group in groupby(rows, lambda row: self.key_of(row.values))
            for plan in _carry_out(ctx, _plan_customer(known, list(group)))
        ]


def export_customers(session: Session) -> Iterator[str]:
    """Every customer, as the lines of a CSV file that imports again unchanged."""
    return write_csv(COLUMNS, _exported(session))


def _exported(session: Session) -> Iterator[Mapping[str, str]]:
    after = 0
    while True:
        rows = session.scalars(
            select(Customer)
            .options(joinedload(Customer.store), selectinload(Customer.addresses))
            .where(Customer.id > after)
            .order_by(Customer.id)
            .limit(_AT_ONCE)
        ).all()
        for row in rows:
            who = {"id": str(row.id), "store": row.store.code, "email": row.email, "name": row.name or ""}
            for address in [asdict(entry.to_address()) for entry in row.addresses] or [{}]:
                yield who | {column: address.get(name) or "" for column, name in _ADDRESS.items()}
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1].id
        session.expunge_all()


def _known(session: Session, rows: Sequence[CsvRow]) -> _Known:
    stores = {store.code: store for store in list_stores(session)}
    numbers = [int(text) for row in rows if _is_number(text := row.values.get("id", ""))]
    emails = [text for row in rows if (text := row.values.get("email", ""))]
    options = [selectinload(Customer.addresses)]
    by_id: dict[int, Customer] = {}
    by_email: dict[tuple[int, str], Customer] = {}
    for ids in in_portions(sorted(set(numbers))):
        found = session.scalars(select(Customer).options(*options).where(Customer.id.in_(ids)))
        by_id.update((customer.id, customer) for customer in found)
    for portion in in_portions(sorted(set(emails))):
        wanted = select(Customer).options(*options).where(Customer.match_index.in_(portion))
        for customer in session.scalars(wanted):
            by_email[customer.store_id, customer.email.strip().casefold()] = customer
    return _Known(stores, by_id, by_email)


def _plan_customer(known: _Known, rows: Sequence[CsvRow]) -> list[_Planned]:
    """The lines of one customer; those after the first add addresses to what the first makes of it."""
    planned: list[_Planned] = []
    places: list[Address] = []
    first: _Planned | None = None
    for row in rows:
        each = _plan_row(known, row, first, places)
        planned.append(each)
        if each.plan.outcome != WRONG:
            first = first or each
            if each.address is not None:
                places.append(each.address)
    return planned


def _plan_row(known: _Known, row: CsvRow, first: _Planned | None, places: Sequence[Address]) -> _Planned:
    label = row.values.get("email") or row.values.get("id", "")
    try:
        if row.problem:
            raise InvalidValue(row.problem)
        planned = _Planned(LinePlan(row.line, label, UNCHANGED))
        _find(known, row.values, planned)
        _read_customer(known, row.values, planned, first)
        changes = {} if first else _changes_of_customer(planned)
        planned.address, planned.entry = _read_address(row.values, planned.customer)
        changes |= _changes_of_address(planned, places)
    except EntrepotError as error:
        return _Planned(LinePlan(row.line, label, WRONG, reasons=(str(error),)))
    is_new = planned.customer is None and first is None
    outcome = ADDED if is_new else CHANGED if changes else UNCHANGED
    planned.plan = LinePlan(row.line, label, outcome, changes)
    return planned


def _find(known: _Known, values: Mapping[str, str], planned: _Planned) -> None:
    """The store, and the customer if there is one."""
    code = values.get("store") or DEFAULT_STORE
    if number := values.get("id", ""):
        planned.customer = known.by_id.get(int(number)) if _is_number(number) else None
        if planned.customer is None:
            raise InvalidValue(f"there is no customer {number!r}: leave the id empty to add one")
    if code not in known.stores:
        raise InvalidValue(f"there is no store {code!r}; there are: {', '.join(sorted(known.stores))}")
    planned.store_id = known.stores[code].id
    if planned.customer is None:
        email = values.get("email", "").casefold()
        planned.customer = known.by_email.get((planned.store_id, email))
    elif values.get("store") and planned.customer.store_id != planned.store_id:
        raise InvalidValue(f"customer {number} belongs to another store, and a customer cannot move")


def _read_customer(
    known: _Known, values: Mapping[str, str], planned: _Planned, first: _Planned | None
) -> None:
    customer = planned.customer
    planned.name = values.get("name") or (customer.name if customer else first.name if first else None)
    planned.email = values.get("email") or (customer.email if customer else "")
    if customer is None or planned.email.casefold() != customer.email.strip().casefold():
        if not planned.email:
            raise InvalidValue("has no email")
        check_email(planned.email)
        other = known.by_email.get((planned.store_id, planned.email.casefold()))
        if customer is not None and other not in (None, customer):
            raise InvalidValue("another customer of this store has this email address already")
    else:
        planned.email = customer.email
    if customer is None or planned.name != (customer.name or "").strip():
        check_text("name", planned.name)
    if first is not None and (planned.name, planned.email.casefold()) != (
        first.name,
        first.email.casefold(),
    ):
        raise InvalidValue(f"says of the customer something else than line {first.plan.line}")


def _changes_of_customer(planned: _Planned) -> dict[str, tuple[str | None, str | None]]:
    before = planned.customer
    pairs = {
        "email": (before.email if before else None, planned.email),
        "name": (before.name if before else None, planned.name),
    }
    return {
        name: pair for name, pair in pairs.items() if (pair[0] or "").strip() != (pair[1] or "").strip()
    }


def _read_address(
    values: Mapping[str, str], customer: Customer | None
) -> tuple[Address | None, CustomerAddress | None]:
    """The address of the line, and the entry of the book that is the same place."""
    given = {name: values.get(column) or None for column, name in _ADDRESS.items()}
    if not any(given.values()):
        return None, None
    address = Address(**(given | {"country": (given["country"] or "").upper() or None}))
    for entry in customer.addresses if customer else []:
        if entry.to_address().is_same_place(address):
            return address, entry
    return check_address(address), None


def _changes_of_address(
    planned: _Planned, places: Sequence[Address]
) -> dict[str, tuple[str | None, str | None]]:
    address, entry = planned.address, planned.entry
    if address is None or any(place.is_same_place(address) for place in places):
        return {}
    if entry is None:
        lines = [value for value in asdict(address).values() if value]
        return {"address": (None, ", ".join(lines))}
    if address.phone and address.phone != (entry.phone or "").strip():
        check_text("phone", address.phone)
        return {"phone": (entry.phone, address.phone)}
    return {}


def _carry_out(ctx: Context, planned: Sequence[_Planned]) -> list[LinePlan]:
    customer: Customer | None = None
    for each in planned:
        if each.plan.outcome not in (ADDED, CHANGED):
            continue
        try:
            customer = _carry_out_line(ctx, each, customer or each.customer)
        except AlreadyExists as error:  # a line before it has taken the email address
            each.plan = replace(each.plan, outcome=WRONG, changes={}, reasons=(str(error),))
    ctx.session.flush()
    return [each.plan for each in planned]


def _carry_out_line(ctx: Context, planned: _Planned, customer: Customer | None) -> Customer:
    """One line, whole or not at all."""
    changes = planned.plan.changes
    if customer is None:
        customer = create_customer(ctx, planned.store_id, Buyer(planned.name, planned.email), ORIGIN)
    elif "email" in changes or "name" in changes:
        edit_customer(ctx, customer, planned.name, planned.email)
    if planned.address is not None and "address" in changes:
        add_address(ctx, customer, planned.address)
    if planned.address is not None and planned.entry is not None and "phone" in changes:
        planned.entry.phone = planned.address.phone
    return customer


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
