"""Products: what is sold, by SKU."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypedDict, TypeVar, Unpack

from sqlalchemy import ForeignKey, String, delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.access import note_audit
from core.context import Context
from core.database.base import Base
from core.database.types import Scaled
from core.errors import AlreadyExists, InvalidValue, NotFound, shorten
from core.events import record_events
from core.money import Money, minor_unit

MAX_SKU = 128
MAX_NAME = 500
#: Compared letter by letter, so that words that begin alike stand beside each other on each database.
_BY_LETTER = String(MAX_SKU).with_variant(String(MAX_SKU, collation="C"), "postgresql")
_LAST_LETTER = "\U0010ffff"
_WORD = re.compile(r"\w+")
_AROUND = ".,;:!?()[]{}<>\"'«»„“”/-+_*"
T = TypeVar("T")


class Product(Base):
    """Something that is sold.

    is_managed   whether its stock is counted: only then is it reserved and moved
    is_enabled   whether it is offered; a disabled product never blocks an order
    """

    __tablename__ = "products"

    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(String(MAX_SKU), unique=True)
    name: Mapped[str] = mapped_column(String(500))
    price: Mapped[Decimal | None] = mapped_column(Scaled)
    currency: Mapped[str | None] = mapped_column(String(3))
    is_managed: Mapped[bool] = mapped_column(default=True)
    is_enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class ProductWord(Base):
    """A word of a product's name or SKU, in lower case, to find it by."""

    __tablename__ = "product_words"

    word: Mapped[str] = mapped_column(_BY_LETTER, primary_key=True)
    product_id: Mapped[int] = mapped_column(
        ForeignKey("products.id"), primary_key=True, index=True, autoincrement=False
    )


@dataclass(frozen=True)
class ProductChanges:
    """What becomes of a product as a whole; a price of None takes the price away."""

    name: str
    price: Money | None
    is_managed: bool
    is_enabled: bool


class Handling(TypedDict, total=False):
    """Whether a product's stock is counted, and whether it is offered; it is, unless something is said."""

    is_managed: bool
    is_enabled: bool


def create_product(
    ctx: Context, sku: str, name: str, price: Money | None = None, **handling: Unpack[Handling]
) -> Product:
    """Add a product with nothing on hand, and tell that it has appeared (`stock_changed`).

    Raises InvalidValue for a SKU that is none, AlreadyExists for one that is taken.
    """
    check_sku(sku)
    if find_product(ctx.session, sku):
        raise AlreadyExists(f"there is a product with the SKU {sku!r} already")
    product = Product(
        sku=sku,
        name=name[:500],
        price=price.amount if price else None,
        currency=price.currency if price else None,
        is_managed=handling.get("is_managed", True),
        is_enabled=handling.get("is_enabled", True),
        created_at=ctx.clock.now(),
    )
    add_products(ctx, [product])
    return product


def add_products(ctx: Context, products: Sequence[Product]) -> None:
    """Add products whose SKUs were looked for and not found, and tell that they have appeared."""
    try:
        with ctx.session.begin_nested():
            ctx.session.add_all(products)
    except IntegrityError as error:  # another process has added it since we looked
        sku = products[0].sku if len(products) == 1 else "one of these"
        raise AlreadyExists(f"there is a product with the SKU {sku!r} already") from error
    index_products(ctx, products)
    tell_stock_changed(ctx, [product.id for product in products])


def edit_product(ctx: Context, product: Product, changes: ProductChanges) -> bool:
    """Give a product another name, price, or way to be treated; False if it is like that already.

    Raises InvalidValue for a name or a price that cannot be.
    """
    price = changes.price
    wanted = {
        "name": changes.name if changes.name == product.name else check_name(changes.name),
        "price": price.amount if price else None,
        "currency": price.currency if price else None,
        "is_managed": changes.is_managed,
        "is_enabled": changes.is_enabled,
    }
    differing = {name: value for name, value in wanted.items() if value != getattr(product, name)}
    if price is not None and ("price" in differing or "currency" in differing):
        _check_price(price)
    before = {name: getattr(product, name) for name in differing}
    for name, value in differing.items():
        setattr(product, name, value)
    ctx.session.flush()
    if differing:
        changed = {name: [_plain(before[name]), _plain(value)] for name, value in differing.items()}
        note_audit(ctx, "product.edited", f"product:{product.sku}", **changed)
    if "name" in differing:
        index_products(ctx, [product])
    if "is_managed" in differing:  # whether it can be short of stock has changed with it
        tell_stock_changed(ctx, [product.id])
    return bool(differing)


def index_products(ctx: Context, products: Sequence[Product]) -> None:
    """Make these products findable by the words of their SKU and name, and by no others."""
    for portion in in_portions([product.id for product in products]):
        ctx.session.execute(delete(ProductWord).where(ProductWord.product_id.in_(portion)))
    rows = [
        {"word": word, "product_id": product.id}
        for product in products
        for word in sorted(_words_of(f"{product.sku} {product.name}"))
    ]
    if rows:
        ctx.session.execute(insert(ProductWord), rows)


def check_name(name: str) -> str:
    """The name itself if a product can have it, else InvalidValue."""
    if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise InvalidValue(f"a name has at most {MAX_NAME} printable characters, and at least one")
    return name


def _check_price(price: Money) -> None:
    if price.amount < 0:
        raise InvalidValue("a price is not less than nothing")
    if price.amount % minor_unit(price.currency):
        raise InvalidValue(f"{price.amount.normalize():f} has more digits than {price.currency} has")


def _plain(value: object) -> object:
    """As JSON can hold it."""
    return str(value.normalize()) if isinstance(value, Decimal) else value


def _words_of(text: str) -> set[str]:
    """The words, in lower case, whole (`t-shirt`) and in parts (`t`, `shirt`)."""
    text = text.casefold()
    whole = {token.strip(_AROUND) for token in text.split()}
    return {word[:MAX_SKU] for word in whole | set(_WORD.findall(text)) if word}


def check_sku(sku: str) -> str:
    """The SKU itself if it can be one, else InvalidValue."""
    if not sku or sku != sku.strip() or len(sku) > MAX_SKU or not sku.isprintable():
        raise InvalidValue(
            f"a SKU is 1 to {MAX_SKU} printable characters without spaces around it, not {shorten(sku)!r}"
        )
    return sku


def find_product(session: Session, sku: str) -> Product | None:
    """The product with exactly this SKU."""
    return session.scalar(select(Product).where(Product.sku == sku))


def get_product(session: Session, sku: str) -> Product:
    """The product with this SKU. Raises NotFound."""
    product = find_product(session, sku)
    if product is None:
        raise no_product(sku)
    return product


def no_product(sku: str) -> NotFound:
    """What is raised for a SKU that nothing has."""
    return NotFound(f"there is no product with the SKU {shorten(sku)!r}")


def get_product_by_id(session: Session, product_id: int) -> Product:
    """The product as a page names it. Raises NotFound."""
    product = session.get(Product, product_id)
    if product is None:
        raise NotFound("there is no such product")
    return product


def find_products(session: Session, skus: Iterable[str]) -> dict[str, Product]:
    """Those of these SKUs that exist."""
    found: dict[str, Product] = {}
    for portion in in_portions(sorted(set(skus))):
        rows = session.scalars(select(Product).where(Product.sku.in_(portion)))
        found.update((product.sku, product) for product in rows)
    return found


def in_portions(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values some hundreds at a time: databases limit how many a query may name."""
    for start in range(0, len(values), 500):
        yield values[start : start + 500]


def list_products(session: Session, limit: int | None = None) -> Sequence[Product]:
    """Every product, by SKU."""
    return session.scalars(select(Product).order_by(Product.sku).limit(limit)).all()


def search_products(session: Session, text: str, after: str | None, limit: int) -> Sequence[Product]:
    """Products by SKU that have every word of the text, or a word that begins so, in SKU or name.

    For the next page pass the last one's SKU as `after`.
    """
    wanted = select(Product).order_by(Product.sku).limit(limit)
    if after is not None:
        wanted = wanted.where(Product.sku > after)
    terms = {token.strip(_AROUND) or token for token in text.casefold().split()}
    for term in sorted(terms):
        start = term[:MAX_SKU]
        matching = select(ProductWord.product_id).where(
            ProductWord.word >= start, ProductWord.word < start + _LAST_LETTER
        )
        wanted = wanted.where(Product.id.in_(matching))
    return session.scalars(wanted).all()


def tell_stock_changed(ctx: Context, product_ids: Iterable[int]) -> None:
    """Record `stock_changed`, once per product and transaction."""
    told: set[int] = ctx.session.info.setdefault("stock_changed", set())
    news = sorted(set(product_ids) - told)
    told.update(news)
    payloads = {f"product:{product_id}": {"product_id": product_id} for product_id in news}
    record_events(ctx, "stock_changed", payloads)
