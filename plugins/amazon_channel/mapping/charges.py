"""Amazon's money as charges that add up: nothing left out, nothing counted twice, nothing guessed.

Amazon gives a unit price, a total per line (`proceedsTotal`) and breakdowns by type, per line and
once more for the whole order. Those of the order are sums over the lines, so that only what the
lines lack becomes a charge of the order, and no charge makes up a difference. Where no line has any, the
order's alone may be the charges. The sign of DISCOUNT is documented nowhere: here it always lowers the
total.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from core.channels.listing import ListedCharge
from core.money import total
from plugins.amazon_channel.errors import UnreadableOrder
from plugins.amazon_channel.mapping.reading import Part

_ITEM = "ITEM"
_DISCOUNT = "DISCOUNT"
_TIP = "DELIVERY_TIP"
_ZERO = Decimal(0)


@dataclass(frozen=True)
class LineMoney:
    """What one line costs. `by_type` has Amazon's types with their signs, `charges` our kinds.

    goods            the unit price times the quantity
    has_breakdowns   whether Amazon told more of it than a total
    """

    unit_price: Decimal | None = None
    stated_total: Decimal | None = None
    by_type: Mapping[str, Decimal] = field(default_factory=dict)
    charges: tuple[ListedCharge, ...] = ()
    goods: Decimal | None = None
    has_breakdowns: bool = False


@dataclass
class _Breakdown:
    """All breakdowns of one type together: their sum, and the finer split of it by subtype."""

    subtotal: Decimal
    details: list[tuple[str, Decimal]]


def find_currency(order: Part) -> str | None:
    """The currency of the first amount that the order tells, its grand total first."""
    total_ = order.part("proceeds").money("grandTotal")
    if total_:
        return total_.currency
    for item in order.parts("orderItems"):
        for money in (
            item.part("proceeds").money("proceedsTotal"),
            item.part("product", "price").money("unitPrice"),
            *(each.money("subtotal") for each in item.part("proceeds").parts("breakdowns")),
        ):
            if money:
                return money.currency
    return None


def line_money(item: Part, quantity: int, currency: str) -> LineMoney:
    """The charges of one line. Raises UnreadableOrder if an amount is in another currency."""
    unit_price = _amount(item.part("product", "price"), "unitPrice", currency)
    stated = _amount(item.part("proceeds"), "proceedsTotal", currency)
    computed = unit_price * quantity if unit_price is not None else None
    found = _breakdowns(item.part("proceeds"), currency)
    has_breakdowns = bool(found)
    by_type = {name: _signed(name, each.subtotal) for name, each in found.items()}
    item_sum = _item_sum(by_type, stated, computed)
    if item_sum is not None:
        by_type[_ITEM] = item_sum
        found.setdefault(_ITEM, _Breakdown(item_sum, []))
    charges = _charges(
        charge for name, each in found.items() for charge in _split(name, by_type[name], each.details)
    )
    return LineMoney(unit_price, stated, by_type, charges, computed, has_breakdowns)


def order_money(
    order: Part, lines: Sequence[LineMoney], currency: str
) -> tuple[Sequence[LineMoney], tuple[ListedCharge, ...]]:
    """What the lines cost, and what the order's own breakdowns say beyond them.

    A type that no line has is kept. What is left of one that the lines have is a charge only where it
    goes the way of its type and everything then comes to the grand total: a difference is never made
    up. Where no line has breakdowns and those of the order alone come to the grand total, they are the
    charges. Where the lines and a tip alone come to it, the order says nothing beyond them. A tip that is
    still pending need not be in the grand total.
    """
    found = _breakdowns(order.part("proceeds"), currency)
    whole = {name: _signed(name, each.subtotal) for name, each in found.items()}
    of_lines = {name for line in lines for name in line.by_type} - {_TIP}
    own = {name: amount for name, amount in whole.items() if name not in of_lines}
    rest = {name: whole[name] - _sum_of_type(lines, name) for name in whole if name in of_lines}
    more = own | {name: left for name, left in rest.items() if (left < 0) == (name == _DISCOUNT)}
    tip = {name: amount for name, amount in own.items() if name == _TIP}
    grand_total = _amount(order.part("proceeds"), "grandTotal", currency)
    line_sum = total(charge.amount for line in lines for charge in line.charges)
    settled = [_without_tip(each) for each in (own, more)] if _has_pending_tip(order) else []
    fitting = [
        each for each in (own, more, tip, *settled) if line_sum + total(each.values()) == grand_total
    ]
    has_totals_only = bool(whole) and not any(line.has_breakdowns for line in lines)
    if fitting[:1] in ([], [tip]) and has_totals_only and total(whole.values()) == grand_total:
        return _divide(lines, found)
    taken = fitting[0] if fitting else more if grand_total is None else own
    return lines, _charges(ListedCharge(_kind(name), amount) for name, amount in taken.items())


def _has_pending_tip(order: Part) -> bool:
    """Whether Amazon has not charged the tip yet; it does so after the order is paid."""
    entries = order.part("proceeds").parts("breakdowns")
    return any(each.text("type") == _TIP and each.text("status") == "PENDING" for each in entries)


def _without_tip(amounts: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {name: amount for name, amount in amounts.items() if name != _TIP}


def _divide(
    lines: Sequence[LineMoney], found: Mapping[str, _Breakdown]
) -> tuple[Sequence[LineMoney], tuple[ListedCharge, ...]]:
    """The order's amounts in place of the lines' totals.

    The goods stay with the lines where their unit prices come to them; nothing else is shared out.
    """
    goods = [line.goods for line in lines if line.goods is not None]
    has_goods = len(goods) == len(lines) and _ITEM in found and total(goods) == found[_ITEM].subtotal
    kept = [[ListedCharge(_kind(_ITEM), line.goods or _ZERO)] if has_goods else [] for line in lines]
    of_lines = [replace(line, charges=_charges(each)) for line, each in zip(lines, kept, strict=True)]
    return of_lines, _charges(
        charge
        for name, each in found.items()
        if not (has_goods and name == _ITEM)
        for charge in _split(name, _signed(name, each.subtotal), each.details)
    )


def _item_sum(
    by_type: Mapping[str, Decimal], stated: Decimal | None, computed: Decimal | None
) -> Decimal | None:
    """What the goods of a line cost if no breakdown says so; None if one does or nothing tells.

    A unit price times the quantity fills in only where the line's total does not speak against it.
    """
    if _ITEM in by_type:
        return None
    if not by_type:
        return stated if stated is not None else computed
    if computed is not None and stated in (None, total(by_type.values()) + computed):
        return computed
    return None


def _breakdowns(proceeds: Part, currency: str) -> dict[str, _Breakdown]:
    """Amazon's type → its breakdowns added up, in the order in which the types come."""
    found: dict[str, _Breakdown] = {}
    for entry in proceeds.parts("breakdowns"):
        subtotal = _amount(entry, "subtotal", currency)
        details = [
            (detail.text("subtype") or "", amount)
            for detail in entry.parts("detailedBreakdowns")
            if (amount := _amount(detail, "value", currency)) is not None
        ]
        if subtotal is None and not details:
            continue
        if subtotal is None:
            subtotal = total(amount for _, amount in details)
        each = found.setdefault((entry.text("type") or "OTHER").upper(), _Breakdown(_ZERO, []))
        each.subtotal += subtotal
        each.details.extend(details)
    return found


def _split(name: str, amount: Decimal, details: list[tuple[str, Decimal]]) -> Iterable[ListedCharge]:
    """TAX and DISCOUNT by what they belong to, if the finer amounts are the whole amount."""
    suffix = {"TAX": "tax", _DISCOUNT: "discount"}.get(name)
    split = total(value for _, value in details)
    if suffix is None or not details or (split != amount and not _is_turned(name, split, amount)):
        return [ListedCharge(_kind(name), amount)]
    sign = 1 if split == amount else -1
    return [
        ListedCharge(suffix if subtype in ("", _ITEM) else f"{_kind(subtype)}_{suffix}", sign * value)
        for subtype, value in details
    ]


def _is_turned(name: str, split: Decimal, amount: Decimal) -> bool:
    """A discount that Amazon writes as a positive number."""
    return name == _DISCOUNT and -split == amount


def _charges(charges: Iterable[ListedCharge]) -> tuple[ListedCharge, ...]:
    """One charge per kind, without those that come to nothing."""
    sums: dict[str, Decimal] = {}
    for charge in charges:
        sums[charge.kind] = sums.get(charge.kind, _ZERO) + charge.amount
    return tuple(ListedCharge(kind, amount) for kind, amount in sums.items() if amount)


def _signed(name: str, amount: Decimal) -> Decimal:
    return -abs(amount) if name == _DISCOUNT else amount


def _sum_of_type(lines: Iterable[LineMoney], name: str) -> Decimal:
    return total(line.by_type.get(name, _ZERO) for line in lines)


def _kind(name: str) -> str:
    return name.lower()


def _amount(part: Part, name: str, currency: str) -> Decimal | None:
    money = part.money(name)
    if money is None:
        return None
    if money.currency != currency:
        raise UnreadableOrder(f"{name} is in {money.currency}, the order in {currency}")
    return money.amount
