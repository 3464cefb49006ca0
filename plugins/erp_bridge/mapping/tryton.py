"""Pure translation between an order, as REST gives it, and Tryton's sale and shipment.

What the buyer pays is the truth: the lines of a sale come to it, whichever way taxes, shipping and
discounts are booked. `reference` of a sale is the order's number, by which it is found again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from core.errors import InvalidValue, Refused

#: Stands in the description of every sale that was made here, and by it they are told from others.
MARK = "Entrepot"
TAXES_NONE, TAXES_PRODUCT, TAXES_CHANNEL = "none", "product", "channel"
DISCOUNT_IN_PRICE, DISCOUNT_LINE = "price", "line"
_PRICE = Decimal("0.0001")
_CENT = Decimal("0.01")
_ZERO = Decimal(0)
_TITLES = {"shipping": "Shipping", "discount": "Discount", "gift_wrap": "Gift wrap", "tax": "Tax"}

Values = dict[str, Any]
Order = Mapping[str, Any]


@dataclass(frozen=True)
class Tax:
    """A percentage tax over there; its rate is 0.19 for 19 %."""

    id: int
    rate: Decimal


@dataclass(frozen=True)
class Product:
    """A product over there, found by its code."""

    id: int
    unit: int
    taxes: tuple[Tax, ...] = ()


@dataclass(frozen=True)
class Choices:
    """How an order becomes a sale, as the consumer's settings say.

    taxes           `none`, `product` or `channel`
    discounts       `price` or `line`
    shipping_sku    the code of the service that shipping is booked as; empty for a line without a product
    prefix          before the order's number in `reference`, and in the codes of parties
    invoice_method  as Tryton names it
    """

    taxes: str = TAXES_NONE
    discounts: str = DISCOUNT_IN_PRICE
    shipping_sku: str = ""
    discount_sku: str = ""
    prefix: str = ""
    invoice_method: str = "manual"


@dataclass(frozen=True)
class Stock:
    """What is over there to make lines of: products by code, and the taxes that a rate is looked for in."""

    products: Mapping[str, Product]
    taxes: Sequence[Tax] = ()


@dataclass(frozen=True)
class _Amount:
    """What a line costs: without tax, and the tax."""

    net: Decimal
    tax: Decimal

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax

    def times(self, units: int, of: int) -> _Amount:
        """The part for some of the units."""
        return self if units == of else _Amount(self.net * units / of, self.tax * units / of)


def reference_of(order: Order, choices: Choices) -> str:
    """What a sale is found by."""
    return f"{choices.prefix}{order['number']}"


def number_in(reference: str, choices: Choices) -> str | None:
    """The order's number in a sale's reference; None if the sale is not of this consumer."""
    number = reference.removeprefix(choices.prefix)
    return number if number and reference.startswith(choices.prefix) else None


def party_code_of(order: Order, choices: Choices) -> str:
    """The code of the buyer's own party: of the customer, else of this one order."""
    customer = order.get("customer_id")
    return (
        f"{choices.prefix}EP-O{order['number']}" if customer is None else f"{choices.prefix}EP-C{customer}"
    )


def skus_of(order: Order, choices: Choices) -> list[str]:
    """The codes of all products that its sale needs, each once."""
    extra = [choices.shipping_sku, choices.discount_sku]
    return list(dict.fromkeys(filter(None, [*(line["sku"] for line in order["lines"]), *extra])))


def complaint_about(order: Order) -> str | None:
    """Why an order cannot be a sale at all."""
    lines = order["lines"]
    has_shipped = any(line["quantity_shipped"] for line in lines)
    if has_shipped and any(line["left_to_ship"] for line in lines):
        return "part of it was shipped before it came to Tryton: book what is left by hand"
    return None


def is_shipped_elsewhere(order: Order) -> bool:
    """Whether Tryton has nothing to ship of it."""
    return order["fulfilled_by"] != "merchant" or not any(line["left_to_ship"] for line in order["lines"])


def sale_values(order: Order, lines: Sequence[Values], choices: Choices) -> Values:
    """A sale without its party and addresses."""
    placed = datetime.fromisoformat(str(order["placed_at"]))
    origin = " ".join(filter(None, [MARK, order.get("channel"), order.get("external_id")]))
    return {
        "reference": reference_of(order, choices),
        "description": origin,
        "sale_date": {"__class__": "date", "year": placed.year, "month": placed.month, "day": placed.day},
        "invoice_method": choices.invoice_method,
        "shipment_method": "manual" if is_shipped_elsewhere(order) else "order",
        "lines": [["create", list(lines)]],
    }


def sale_lines(order: Order, stock: Stock, choices: Choices) -> tuple[list[Values], Decimal]:
    """The lines of a sale, and what they must come to with Tryton's taxes.

    Raises Refused if a tax of the channel is none of Tryton's.
    """
    lines: list[Values] = []
    extras: dict[str, _Amount] = {}
    total = _ZERO
    for line in order["lines"]:
        units = line["quantity"] - line["quantity_canceled"]
        goods, more = _split(line["charges"], choices)
        _add(extras, more)
        if units > 0:
            amount = goods.times(units, line["quantity"])
            total += amount.gross
            product = stock.products[line["sku"]]
            lines.append(_line(amount, product, stock, choices) | {"quantity": units})
            lines[-1]["unit_price"] = _unit_price(lines[-1]["unit_price"], units)
    goods, more = _split(order["charges"], choices)
    _add(extras, more)
    if goods.gross:
        _add(extras, {"other": goods})
    for kind, amount in extras.items():
        if amount.gross:
            total += amount.gross
            product_ = stock.products.get(_sku_of(kind, choices))
            lines.append(
                _line(amount, product_, stock, choices) | {"quantity": 1, "description": _title(kind)}
            )
    return lines, total.quantize(_CENT)


def difference_line(difference: Decimal) -> Values:
    """What rounding over there has left over, so that a sale comes to what the buyer pays."""
    return {
        "type": "line",
        "quantity": 1,
        "unit_price": difference.quantize(_PRICE),
        "description": "Rounding",
    }


def address_values(address: Mapping[str, Any]) -> Values:
    """An address; the country and the subdivision are looked up by whoever makes it."""
    who, company = address.get("name"), address.get("company")
    parts = (address.get(part) for part in ("line1", "line2", "line3", "district"))
    return {
        "party_name": company or who,
        "attn": who if company else None,
        "street_unstructured": "\n".join(part for part in parts if part) or None,
        "postal_code": address.get("postal_code"),
        "city": address.get("city"),
    }


def address_of(order: Order, kind: str) -> Mapping[str, Any] | None:
    """Its shipping or billing address; either stands in for the other."""
    by_kind = {address["kind"]: address for address in order.get("addresses") or ()}
    return by_kind.get(kind) or next(iter(by_kind.values()), None)


def party_values(order: Order, code: str) -> Values:
    """The buyer as a party. An email address goes along only if the buyer may be written to."""
    buyer = order.get("buyer") or {}
    shipping = address_of(order, "shipping") or {}
    contacts = []
    if buyer.get("contact_allowed") and buyer.get("email") and not buyer.get("email_is_placeholder"):
        contacts.append({"type": "email", "value": buyer["email"]})
    if shipping.get("phone"):
        contacts.append({"type": "other", "value": shipping["phone"], "name": "Phone"})
    values: Values = {"name": buyer.get("name") or f"{MARK} {order['number']}", "code": code}
    if contacts:
        values["contact_mechanisms"] = [["create", contacts]]
    return values


def strike_persons(text: str, order: Order) -> str:
    """What Tryton says, without what it repeats of the buyer."""
    buyer = order.get("buyer") or {}
    said = [buyer.get("name"), buyer.get("email")]
    for address in order.get("addresses") or ():
        said += [value for key, value in address.items() if key not in ("kind", "country")]
    for value in sorted({each for each in said if each and len(each) > 1}, key=len, reverse=True):
        text = text.replace(value, "…")
    return text


def _split(charges: Iterable[Mapping[str, Any]], choices: Choices) -> tuple[_Amount, dict[str, _Amount]]:
    """What belongs to the goods, and what becomes lines of their own: shipping, discounts, the rest."""
    parts: dict[str, _Amount] = {}
    for charge in charges:
        kind, amount = _kind_of(charge["kind"], choices), Decimal(charge["amount"]["amount"])
        is_tax = charge["kind"] == "tax" or charge["kind"].endswith("_tax")
        _add(parts, {kind: _Amount(_ZERO, amount) if is_tax else _Amount(amount, _ZERO)})
    return parts.pop("goods", _Amount(_ZERO, _ZERO)), parts


def _kind_of(kind: str, choices: Choices) -> str:
    base = kind.removesuffix("_tax")
    if base.startswith("shipping"):
        return "shipping"
    if base == "discount":
        return "discount" if choices.discounts == DISCOUNT_LINE else "goods"
    return "goods" if base in ("item", "tax") else base.removesuffix("_discount")


def _add(sums: dict[str, _Amount], more: Mapping[str, _Amount]) -> None:
    for kind, amount in more.items():
        had = sums.get(kind, _Amount(_ZERO, _ZERO))
        sums[kind] = _Amount(had.net + amount.net, had.tax + amount.tax)


def _line(amount: _Amount, product: Product | None, stock: Stock, choices: Choices) -> Values:
    """A line for one unit; the caller shares the price out."""
    taxes = _taxes(amount, product, stock, choices)
    rate = sum((tax.rate for tax in taxes), _ZERO)
    net = amount.net if taxes and choices.taxes == TAXES_CHANNEL else amount.gross / (1 + rate)
    values: Values = {"type": "line", "unit_price": net.quantize(_PRICE, ROUND_HALF_UP)}
    if product is not None:
        values |= {"product": product.id, "unit": product.unit}
    if taxes:
        values["taxes"] = [["add", [tax.id for tax in taxes]]]
    return values


def _unit_price(price: Decimal, units: int) -> Decimal:
    return (price / units).quantize(_PRICE, ROUND_HALF_UP)


def _taxes(amount: _Amount, product: Product | None, stock: Stock, choices: Choices) -> Sequence[Tax]:
    if choices.taxes == TAXES_PRODUCT:
        return product.taxes if product is not None else ()
    if choices.taxes == TAXES_CHANNEL and amount.tax and amount.net:
        nearest = min(stock.taxes, key=lambda tax: abs(tax.rate * amount.net - amount.tax), default=None)
        if nearest is None or abs(nearest.rate * amount.net - amount.tax) > _CENT * 5:
            rate = (100 * amount.tax / amount.net).quantize(_CENT)
            raise Refused(f"Tryton has no tax of about {rate} %, which the channel charged: add it there")
        return (nearest,)
    return ()


def _sku_of(kind: str, choices: Choices) -> str:
    return {"shipping": choices.shipping_sku, "discount": choices.discount_sku}.get(kind, "")


def _title(kind: str) -> str:
    return _TITLES.get(kind) or kind.replace("_", " ").capitalize()


def check_total(amount: object) -> Decimal:
    """An amount as Tryton gave it. Raises InvalidValue for what is none."""
    if not isinstance(amount, Decimal):
        raise InvalidValue("Tryton gave no total for a sale")
    return amount
