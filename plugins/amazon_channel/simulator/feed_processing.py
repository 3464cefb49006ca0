"""Working a feed's messages through: which cancellations and refunds Amazon accepts, and what they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from xml.etree.ElementTree import Element, ParseError, fromstring

from .errors import NotPossible, SimulatorError
from .feed_reports import MessageResult, processing_report, rejected_report
from .feeds import Feed
from .money import read_amount
from .order_changes import cancel
from .orders import Adjustment, Cancellation, FulfillmentStatus, Order

CANCEL_REASONS = frozenset(
    {
        "NoInventory", "ShippingAddressUndeliverable", "CustomerExchange", "BuyerCanceled",
        "GeneralAdjustment", "CarrierCreditDecision", "RiskAssessmentInformationNotValid",
        "CarrierCoverageFailure", "CustomerReturn", "MerchandiseNotReceived",
        "CannotVerifyInformation", "PricingError", "RejectOrder", "WeatherDelay",
    }
)  # fmt: skip
REFUND_REASONS = frozenset(
    {
        "NoInventory", "CustomerReturn", "GeneralAdjustment", "CouldNotShip", "DifferentItem",
        "Abandoned", "CustomerCancel", "PriceError", "ProductOutofStock",
        "CustomerAddressIncorrect", "Exchange", "Other",
    }
)  # fmt: skip
_MESSAGE_TYPES = {
    "POST_ORDER_ACKNOWLEDGEMENT_DATA": "OrderAcknowledgement",
    "POST_PAYMENT_ADJUSTMENT_DATA": "OrderAdjustment",
}

FindOrder = Callable[[str], Order | None]
"""The order of the feed's seller with this number."""
KeepOrder = Callable[[Order], None]


def process_feed(feed: Feed, content: bytes, find: FindOrder, keep: KeepOrder) -> bytes:
    """The processing report; each message is carried out or refused on its own."""
    wanted = _MESSAGE_TYPES[feed.feed_type]
    try:
        envelope = _read_envelope(feed, content, wanted)
    except NotPossible as error:
        return rejected_report(feed.feed_id, feed.seller_id, str(error))
    results = [_process(feed, message, wanted, find, keep) for message in envelope.findall("Message")]
    return processing_report(feed.feed_id, feed.seller_id, results)


def _process(feed: Feed, message: Element, wanted: str, find: FindOrder, keep: KeepOrder) -> MessageResult:
    message_id = message.findtext("MessageID") or "0"
    body = message.find(wanted)
    order_id = (body.findtext("AmazonOrderID") or "") if body is not None else ""
    order = find(order_id)
    if body is None or order is None:
        return MessageResult(message_id, order_id, "18014", "The AmazonOrderID is missing or not yours.")
    try:
        if wanted == "OrderAcknowledgement":
            keep(acknowledge(order, body, feed.ends))
        else:
            keep(adjust(order, body, feed))
    except SimulatorError as error:
        code = "18028" if wanted == "OrderAcknowledgement" else "18051"
        return MessageResult(message_id, order_id, code, str(error))
    return MessageResult(message_id, order_id)


def acknowledge(order: Order, body: Element, moment: datetime) -> Order:
    """The order as an acknowledgement leaves it: `Success` changes nothing, `Failure` cancels it whole."""
    status = body.findtext("StatusCode")
    if status == "Success":
        return order
    if status != "Failure":
        raise NotPossible("The StatusCode is Success or Failure.")
    if order.is_fba or order.status is not FulfillmentStatus.UNSHIPPED:
        raise NotPossible(f"The order is {order.status} and cannot be canceled by the seller.")
    reasons = {item.findtext("CancelReason") or "" for item in body.findall("Item")} or {
        body.findtext("CancelReason") or "NoInventory"
    }
    unknown = sorted(reasons - CANCEL_REASONS)
    if unknown:
        raise NotPossible(f"The CancelReason {unknown[0]!r} is not valid.")
    lines = {item.findtext("AmazonOrderItemCode") for item in body.findall("Item")}
    if lines and lines != {item.order_item_id for item in order.items}:
        raise NotPossible("The AmazonOrderItemCodes are not those of the order.")
    return cancel(order, Cancellation("MERCHANT", sorted(reasons)[0]), moment)


def adjust(order: Order, body: Element, feed: Feed) -> Order:
    """The order with money given back on its lines, never more than was charged for a line."""
    if order.is_fba:
        raise NotPossible("The order is fulfilled by Amazon, which refunds it.")
    if order.verified_time is None or order.status is FulfillmentStatus.CANCELLED:
        raise NotPossible(f"The order is {order.status}: nothing was charged for it.")
    if body.findtext("ActionType") not in ("Refund", "Cancel"):
        raise NotPossible("The ActionType is Refund or Cancel.")
    items = body.findall("AdjustedItem")
    if not items:
        raise NotPossible("There is no AdjustedItem.")
    for item in items:
        order = replace(order, adjustments=(*order.adjustments, _adjustment(order, item, feed)))
    return replace(order, last_updated_time=feed.ends)


def _adjustment(order: Order, item: Element, feed: Feed) -> Adjustment:
    line = order.get_item(item.findtext("AmazonOrderItemCode") or "")
    reason = item.findtext("AdjustmentReason") or ""
    if reason not in REFUND_REASONS:
        raise NotPossible(f"The AdjustmentReason {reason!r} is not valid.")
    reference = item.findtext("MerchantAdjustmentItemID") or ""
    if reference and any(known.reference == reference for known in order.adjustments):
        raise NotPossible(f"The MerchantAdjustmentItemID {reference} was used already.")
    amount = Decimal(0)
    for component in item.findall("ItemPriceAdjustments/Component"):
        value = component.find("Amount")
        if value is None or value.get("currency") != order.currency:
            raise NotPossible(f"The Amount has to be in {order.currency}.")
        amount += read_amount(value.text or "", order.currency)
    if amount <= 0:
        raise NotPossible("The amount to refund has to be more than zero.")
    left = order.charged(line) - order.refunded(line.order_item_id)
    if amount > left:
        raise NotPossible(f"The amount {amount} exceeds the {left} {order.currency} left of the item.")
    return Adjustment(line.order_item_id, amount, reason, reference, feed.feed_id)


def _read_envelope(feed: Feed, content: bytes, wanted: str) -> Element:
    envelope = _parse(content)
    if envelope.findtext("Header/MerchantIdentifier") != feed.seller_id:
        raise NotPossible("The MerchantIdentifier is not that of the seller.")
    if envelope.findtext("MessageType") != wanted:
        raise NotPossible(f"The MessageType of this feed is {wanted}.")
    return envelope


def _parse(content: bytes) -> Element:
    if b"<!" in content:
        raise NotPossible("The document declares entities or comments.")
    try:
        return fromstring(content)  # noqa: S314  # what makes XML dangerous is refused above
    except (ParseError, ValueError, LookupError):
        raise NotPossible("The document is not well-formed XML.") from None
