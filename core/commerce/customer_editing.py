"""Customers as an operator works with them: searched, looked at, edited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from babel import Locale
from sqlalchemy import Integer, cast, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload, selectinload

from core.access import note_audit
from core.commerce.addresses import Address
from core.commerce.customers import Customer, CustomerAddress
from core.commerce.orders import Order
from core.commerce.words import NameWord, index_words, words_of
from core.context import Context
from core.errors import AlreadyExists, InvalidValue, NotFound

SUBJECT = "customer:"
_LONGEST = 200
_LONGEST_EMAIL = 254


@dataclass(frozen=True)
class CustomerQuery:
    """Which customers: by whole email address or whole words of the name, of one store or all.

    before   for the next page, the last one's id; the newest come first
    """

    text: str = field(default="", repr=False)
    store_id: int | None = None
    before: int | None = None
    limit: int = 50


def search_customers(session: Session, query: CustomerQuery) -> Sequence[Customer]:
    """The customers that are asked for, the newest first."""
    wanted = (
        select(Customer)
        .options(joinedload(Customer.store), selectinload(Customer.addresses))
        .order_by(Customer.id.desc())
        .limit(query.limit)
    )
    if query.store_id is not None:
        wanted = wanted.where(Customer.store_id == query.store_id)
    if query.before is not None:
        wanted = wanted.where(Customer.id < query.before)
    if "@" in query.text:
        wanted = wanted.where(Customer.email_index == query.text)
    else:
        for word in words_of(query.text):
            number = cast(func.substr(NameWord.subject, len(SUBJECT) + 1), Integer)
            named = select(number).where(NameWord.word == word, NameWord.subject.like(f"{SUBJECT}%"))
            wanted = wanted.where(Customer.id.in_(named))
    return session.scalars(wanted).all()


def get_customer(session: Session, customer_id: int) -> Customer:
    """The customer with the address book. Raises NotFound."""
    customer = session.get(
        Customer, customer_id, options=[joinedload(Customer.store), selectinload(Customer.addresses)]
    )
    if customer is None:
        raise NotFound(f"there is no customer {customer_id}")
    return customer


def orders_of_customer(
    session: Session, customer_id: int, before: int | None, limit: int
) -> Sequence[Order]:
    """The customer's orders, the newest first; for the next page pass the last one's id."""
    wanted = select(Order).where(Order.customer_id == customer_id).order_by(Order.id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(Order.id < before)
    return session.scalars(wanted).all()


def edit_customer(ctx: Context, customer: Customer, name: str | None, email: str) -> bool:
    """Give a customer another name or email address; False if they are like that already.

    Orders keep what they were placed with. Raises InvalidValue, and AlreadyExists if another customer of
    the store has the address.
    """
    name, email = (name or "").strip() or None, email.strip()
    changed = [part for part, is_new in _compare(customer, name, email) if is_new]
    if not changed:
        return False
    if name != customer.name:
        check_text("name", name)
    if email != customer.email:
        _change_email(ctx, customer, check_email(email))
    if name != customer.name:
        customer.name = name
        index_words(ctx, f"{SUBJECT}{customer.id}", name)
    _note(ctx, customer.id, changed)
    ctx.session.flush()
    return True


def add_address(ctx: Context, customer: Customer, address: Address) -> CustomerAddress:
    """Add an address to the customer's book. Raises InvalidValue, AlreadyExists if it is there already."""
    address = check_address(address)
    if any(entry.to_address().is_same_place(address) for entry in customer.addresses):
        raise AlreadyExists("this address is in the customer's book already")
    entry = CustomerAddress(**asdict(address))
    customer.addresses.append(entry)
    _note(ctx, customer.id, ["address added"])
    ctx.session.flush()
    return entry


def edit_address(ctx: Context, entry: CustomerAddress, address: Address) -> None:
    """Replace an entry of an address book; orders keep their own. Raises InvalidValue."""
    for name, value in asdict(check_address(address)).items():
        setattr(entry, name, value)
    _note(ctx, entry.customer_id, ["address"])
    ctx.session.flush()


def remove_address(ctx: Context, customer: Customer, entry: CustomerAddress) -> None:
    """Take an entry out of the customer's address book; orders keep their own."""
    customer.addresses.remove(entry)
    ctx.session.delete(entry)
    _note(ctx, customer.id, ["address removed"])
    ctx.session.flush()


def get_address(customer: Customer, address_id: int) -> CustomerAddress:
    """The entry of the customer's address book. Raises NotFound."""
    for entry in customer.addresses:
        if entry.id == address_id:
            return entry
    raise NotFound("this address is not in the customer's book any more")


def check_email(email: str) -> str:
    """The email address itself if it can be one, else InvalidValue."""
    name, _, domain = email.rpartition("@")
    is_one = name and domain and email.isprintable() and not any(letter.isspace() for letter in email)
    if not is_one or len(email) > _LONGEST_EMAIL:
        raise InvalidValue(
            "an email address looks like name@example.com",
            {"email": ["an email address looks like name@example.com"]},
        )
    return email


def check_text(name: str, value: str | None) -> None:
    """Raise InvalidValue unless this can be one line of an address."""
    if value is not None and (len(value) > _LONGEST or not value.isprintable()):
        reason = f"{name.replace('_', ' ')} has at most {_LONGEST} printable characters"
        raise InvalidValue(reason, {name: [reason]})


def check_address(address: Address) -> Address:
    """The address without empty fields and spaces around. Raises InvalidValue."""
    values = {name: (value or "").strip() or None for name, value in asdict(address).items()}
    if not any(values.values()):
        raise InvalidValue("an address has at least one line that is not empty")
    for name, value in values.items():
        check_text(name, value)
    country = (values["country"] or "").upper() or None
    if country is not None and (len(country) != 2 or country not in Locale("en").territories):
        reason = f"{country!r} is not an ISO 3166 country code such as DE"
        raise InvalidValue(reason, {"country": [reason]})
    return Address(**(values | {"country": country}))


def _compare(customer: Customer, name: str | None, email: str) -> list[tuple[str, bool]]:
    return [("name", name != customer.name), ("email", email != customer.email)]


def _note(ctx: Context, customer_id: int, changed: list[str]) -> None:
    """What was changed is told, never what it is: that is personal."""
    note_audit(ctx, "customer.edited", f"{SUBJECT}{customer_id}", changed=changed)


def _change_email(ctx: Context, customer: Customer, email: str) -> None:
    """From now on it is the customer's own address, and orders are matched by it."""
    try:
        with ctx.session.begin_nested():
            customer.email, customer.email_index, customer.match_index = email, email, email
            customer.email_is_placeholder = False
            ctx.session.flush()
    except IntegrityError as error:
        raise AlreadyExists("another customer of this store has this email address already") from error
