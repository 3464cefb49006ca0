"""Products: what is sold, by SKU."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import String, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.context import Context
from core.database.base import Base
from core.database.types import Scaled
from core.errors import AlreadyExists, InvalidValue, NotFound
from core.events import record_events
from core.money import Money

MAX_SKU = 128
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


def create_product(
    ctx: Context,
    sku: str,
    name: str,
    price: Money | None = None,
    *,
    is_managed: bool = True,
    is_enabled: bool = True,
) -> Product:
    """Add a product with nothing on hand, and tell that it has appeared (`stock_changed`)."""
    check_sku(sku)
    if find_product(ctx.session, sku):
        raise AlreadyExists(f"there is a product with the SKU {sku!r} already")
    product = Product(
        sku=sku,
        name=name[:500],
        price=price.amount if price else None,
        currency=price.currency if price else None,
        is_managed=is_managed,
        is_enabled=is_enabled,
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
    tell_stock_changed(ctx, [product.id for product in products])


def check_sku(sku: str) -> str:
    """The SKU itself if it can be one, else InvalidValue."""
    if not sku or sku != sku.strip() or len(sku) > MAX_SKU or not sku.isprintable():
        raise InvalidValue(
            f"a SKU is 1 to {MAX_SKU} printable characters without spaces around it, not {sku!r}"
        )
    return sku


def find_product(session: Session, sku: str) -> Product | None:
    """The product with exactly this SKU."""
    return session.scalar(select(Product).where(Product.sku == sku))


def get_product(session: Session, sku: str) -> Product:
    """The product with this SKU. Raises NotFound."""
    product = find_product(session, sku)
    if product is None:
        raise NotFound(f"there is no product with the SKU {sku!r}")
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


def tell_stock_changed(ctx: Context, product_ids: Iterable[int]) -> None:
    """Record `stock_changed`, once per product and transaction."""
    told: set[int] = ctx.session.info.setdefault("stock_changed", set())
    news = sorted(set(product_ids) - told)
    told.update(news)
    payloads = {f"product:{product_id}": {"product_id": product_id} for product_id in news}
    record_events(ctx, "stock_changed", payloads)
