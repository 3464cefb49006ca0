"""What can be decided about an order that is placed; the simulator invents the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import Enum
from typing import Any, Final

from .clock import read_timestamp
from .errors import NotPossible
from .money import Amount


class Invented(Enum):
    """Stands for "make something up"; None means "Amazon does not give this"."""

    VALUE = "invented"


INVENTED: Final = Invented.VALUE


@dataclass(frozen=True)
class LineDraft:
    """One line of an order to be placed.

    Amounts except ``unit_price`` are for the whole line. A discount lowers the total whichever
    sign it has, and is reported with the sign it was given. ``other_charges`` are further kinds by
    name, also such as Amazon has never named. A line without ``unit_price`` is priced, taxed and
    shipped as the simulator likes.
    """

    sku: str | None = None
    quantity: int = 1
    unit_price: Amount | None = None
    title: str | None = None
    asin: str | None = None
    tax: Amount = 0
    shipping: Amount = 0
    shipping_tax: Amount = 0
    discount: Amount = 0
    shipping_discount: Amount = 0
    gift_wrap: Amount = 0
    gift_wrap_tax: Amount = 0
    cod_fee: Amount = 0
    other_charges: Mapping[str, Amount] = field(default_factory=dict)
    gift_message: str | None = None
    promotion_ids: Sequence[str] = ()
    programs: Sequence[str] = ()
    order_item_id: str | None = None


@dataclass(frozen=True)
class OrderDraft:
    """An order to be placed; whatever is left out is invented.

    ``marketplace`` is an id or a country code. ``status`` is the one that the order has now; left
    out, it is placed as PENDING and has lived since ``created_time`` as orders do. ``address``
    changes the invented address part by part (a part set to None is missing), None removes it
    whole. ``replacement_of`` is the number of the order that this one replaces. ``stated_total``
    makes Amazon state a grand total that its lines do not add up to.
    """

    seller_id: str | None = None
    order_id: str | None = None
    marketplace: str | None = None
    fulfilled_by: str = "MERCHANT"
    status: str | None = None
    lines: Sequence[LineDraft | Mapping[str, Any]] = ()
    buyer_name: str | Invented | None = INVENTED
    buyer_email: str | Invented | None = INVENTED
    buyer_company: str | None = None
    purchase_order_number: str | None = None
    address: Mapping[str, str | None] | Invented | None = INVENTED
    programs: Sequence[str] = ()
    created_time: datetime | None = None
    service_level: str = "STANDARD"
    sales_channel: str = "AMAZON"
    replacement_of: str | None = None
    exchange_of: str | None = None
    delivery_tip: Amount = 0
    stated_total: Amount | None = None

    def line_drafts(self) -> list[LineDraft]:
        """The lines, with those that came as mappings turned into drafts."""
        return [as_line_draft(line) for line in self.lines]


def as_line_draft(line: LineDraft | Mapping[str, Any]) -> LineDraft:
    """A line given either way, refusing names that no line has."""
    if isinstance(line, LineDraft):
        return line
    if not isinstance(line, Mapping):
        raise NotPossible("Every line is an object with sku, quantity, unit_price and so on.")
    return LineDraft(**_known_fields(LineDraft, line))


def as_order_draft(values: Mapping[str, Any]) -> OrderDraft:
    """A draft from loose values, as keyword arguments or JSON give them."""
    known = _known_fields(OrderDraft, values)
    if isinstance(known.get("created_time"), str):
        try:
            known["created_time"] = read_timestamp(known["created_time"])
        except ValueError as error:
            raise NotPossible(str(error)) from None
    return OrderDraft(**known)


def _known_fields(draft: type[LineDraft | OrderDraft], values: Mapping[str, Any]) -> dict[str, Any]:
    unknown = set(values) - {field.name for field in fields(draft)}
    if unknown:
        raise NotPossible(f"{draft.__name__} has no {', '.join(sorted(unknown))}.")
    return dict(values)
