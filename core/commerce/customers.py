"""Customers with their addresses, and the decision whose order it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import (
    Mapped,
    Session,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)

from core.commerce.addresses import Address, AddressColumns
from core.commerce.stores import Store
from core.commerce.words import index_words
from core.context import Context
from core.database.base import Base
from core.database.types import BlindIndex, EncryptedText
from core.errors import NotFound

GUEST = "guest"


class Customer(Base):
    """Somebody with an account in one store.

    email_index    finds by email, also a placeholder or a shared address
    match_index    the same where a new order may be matched by it, else null: unique within a store
    """

    __tablename__ = "customers"
    __table_args__ = (UniqueConstraint("store_id", "match_index"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    name: Mapped[str | None] = mapped_column(EncryptedText)
    email: Mapped[str] = mapped_column(EncryptedText)
    email_index: Mapped[str] = mapped_column(BlindIndex, index=True)
    match_index: Mapped[str | None] = mapped_column(BlindIndex)
    email_is_placeholder: Mapped[bool]
    buyer_contact_allowed: Mapped[bool]
    origin: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]
    store: Mapped[Store] = relationship()
    addresses: Mapped[list[CustomerAddress]] = relationship(order_by="CustomerAddress.id")

    @property
    def first_name(self) -> str:
        """The name up to its first space."""
        return (self.name or "").partition(" ")[0]

    @property
    def last_name(self) -> str:
        """The name after its first space."""
        return (self.name or "").partition(" ")[2]


class CustomerAddress(AddressColumns, Base):
    """One entry of a customer's address book."""

    __tablename__ = "customer_addresses"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)


@dataclass(frozen=True)
class CustomerPolicy:
    """An option of the setting *Customer Creation*: what `customer_resolve` is asked for by `key`."""

    key: str
    title: str


@dataclass(frozen=True)
class Buyer:
    """Who bought, as far as it is known.

    email                  a placeholder if the channel gave none
    email_is_placeholder   it can never be mailed and is no key to match by
    email_is_shared        it stands for many buyers and is no key to match by
    contact_allowed        whether the shop may write to this buyer at all
    """

    name: str | None
    email: str
    email_is_placeholder: bool = False
    email_is_shared: bool = False
    contact_allowed: bool = False

    @property
    def match_key(self) -> str | None:
        """The email address if a customer can be told by it."""
        return None if self.email_is_placeholder or self.email_is_shared else self.email


@dataclass(frozen=True)
class CustomerRequest:
    """What `customer_resolve` is asked: the policy that the settings name, and for whom."""

    policy: str
    store_id: int
    channel: str
    buyer: Buyer = field(repr=False)


@dataclass(frozen=True)
class CustomerDecision:
    """Whose order it is: made by `guest()`, `existing(customer_id)` or `new()`."""

    kind: Literal["guest", "existing", "new"]
    customer_id: int | None = None

    @classmethod
    def guest(cls) -> CustomerDecision:
        """No customer row; the order is a guest order."""
        return cls("guest")

    @classmethod
    def existing(cls, customer_id: int) -> CustomerDecision:
        """This customer, used unchanged."""
        return cls("existing", customer_id)

    @classmethod
    def new(cls) -> CustomerDecision:
        """A new customer made from the buyer."""
        return cls("new")


def match_or_create(session: Session, request: CustomerRequest) -> CustomerDecision:
    """The customer of the store with this email address, else a new one: the core's own answer."""
    customer = match_customer(session, request.store_id, request.buyer)
    return CustomerDecision.existing(customer.id) if customer else CustomerDecision.new()


def match_customer(session: Session, store_id: int, buyer: Buyer) -> Customer | None:
    """The customer of the store with the buyer's email address, without regard to case."""
    if buyer.match_key is None:
        return None
    return session.scalar(
        select(Customer).where(Customer.store_id == store_id, Customer.match_index == buyer.match_key)
    )


def resolve_customer(
    ctx: Context, request: CustomerRequest, address: Address | None
) -> tuple[Customer | None, str]:
    """Ask whose order it is and carry the decision out; the customer and the plugin that decided.

    None is a guest. An existing customer stays unchanged, but for an address that is new to the book.
    """
    answer = ctx.hooks.decide("customer_resolve", ctx=ctx, request=request)
    decision = answer.value if answer else match_or_create(ctx.session, request)
    decided_by = answer.plugin if answer else "core"
    if decision.kind == "guest":
        return None, decided_by
    if decision.kind == "existing":
        customer = ctx.session.get(Customer, decision.customer_id)
        if customer is None or customer.store_id != request.store_id:
            raise NotFound(f"{decided_by} named a customer that this store does not have")
    else:
        customer = create_customer(ctx, request.store_id, request.buyer, request.channel)
    if address is not None:
        remember_address(ctx, customer, address)
    return customer, decided_by


def create_customer(ctx: Context, store_id: int, buyer: Buyer, origin: str) -> Customer:
    """Add a customer; if another process has just added the same one, that one."""
    customer = Customer(
        store_id=store_id,
        name=buyer.name,
        email=buyer.email,
        email_index=buyer.email,
        match_index=buyer.match_key,
        email_is_placeholder=buyer.email_is_placeholder,
        buyer_contact_allowed=buyer.contact_allowed,
        origin=origin,
        created_at=ctx.clock.now(),
    )
    try:
        with ctx.session.begin_nested():
            ctx.session.add(customer)
            ctx.session.flush()
    except IntegrityError:
        found = match_customer(ctx.session, store_id, buyer)
        if found is None:
            raise
        return found
    index_words(ctx, f"customer:{customer.id}", buyer.name)
    return customer


def remember_address(ctx: Context, customer: Customer, address: Address) -> None:
    """Add the address to the customer's book if it differs from those that are there."""
    if any(entry.to_address().is_same_place(address) for entry in customer.addresses):
        return
    customer.addresses.append(CustomerAddress(**asdict(address)))
    ctx.session.flush()


def list_customers(session: Session, limit: int | None = None) -> Sequence[Customer]:
    """Every customer, the newest last."""
    return session.scalars(
        select(Customer)
        .options(joinedload(Customer.store), selectinload(Customer.addresses))
        .order_by(Customer.id)
        .limit(limit)
    ).all()
