"""What Amazon is told in a feed, in Amazon's XML, and what its processing report says."""

from __future__ import annotations

from decimal import Decimal
from xml.etree.ElementTree import Element, ParseError, SubElement, fromstring, tostring

from core.channels.listing import ListedCharge
from core.channels.wishes import CANCEL, REFUND, RequestLine, RequestToSend, Verdict
from core.commerce.orders import Reason
from core.money import plain
from plugins.amazon_channel.errors import UnreadableAnswer

#: Which feed carries which kind of request.
FEED_TYPES = {CANCEL: "POST_ORDER_ACKNOWLEDGEMENT_DATA", REFUND: "POST_PAYMENT_ADJUSTMENT_DATA"}

#: Amazon's codes for canceling an order.
CANCEL_REASONS = (
    Reason("NoInventory", "Not in stock"),
    Reason("ShippingAddressUndeliverable", "The address cannot be delivered to"),
    Reason("CustomerExchange", "The customer exchanges it"),
    Reason("BuyerCanceled", "The buyer canceled"),
    Reason("GeneralAdjustment", "General adjustment"),
    Reason("CarrierCreditDecision", "The carrier's credit decision"),
    Reason("RiskAssessmentInformationNotValid", "The risk assessment is not valid"),
    Reason("CarrierCoverageFailure", "No carrier goes there"),
    Reason("CustomerReturn", "The customer returned it"),
    Reason("MerchandiseNotReceived", "The goods were not received"),
)
#: Amazon's codes for giving money back.
REFUND_REASONS = (
    Reason("CustomerReturn", "The customer returned it"),
    Reason("NoInventory", "Not in stock"),
    Reason("CouldNotShip", "It could not be shipped"),
    Reason("DifferentItem", "The customer received something else"),
    Reason("CustomerCancel", "The customer canceled"),
    Reason("PriceError", "The price was wrong"),
    Reason("ProductOutofStock", "The product ran out"),
    Reason("CustomerAddressIncorrect", "The address was wrong"),
    Reason("Exchange", "The customer exchanges it"),
    Reason("GeneralAdjustment", "General adjustment"),
    Reason("Other", "Another reason"),
)
#: Our kinds of charges in Amazon's words; any other is `Other`.
_COMPONENTS = {
    "item": "Principal",
    "tax": "Tax",
    "shipping": "Shipping",
    "shipping_tax": "ShippingTax",
    "gift_wrap": "GiftWrap",
    "gift_wrap_tax": "GiftWrapTax",
    "cod_fee": "COD",
}
_MESSAGE_ID = "1"
_FAILURES = ("Error", "Fatal")
_LONGEST = 500


def feed_document(seller_id: str, request: RequestToSend) -> bytes:
    """The feed that carries this request: one envelope with one message."""
    envelope = Element("AmazonEnvelope")
    header = SubElement(envelope, "Header")
    _add(header, "DocumentVersion", "1.01")
    _add(header, "MerchantIdentifier", seller_id)
    is_cancellation = request.kind == CANCEL
    name = "OrderAcknowledgement" if is_cancellation else "OrderAdjustment"
    _add(envelope, "MessageType", name)
    message = SubElement(envelope, "Message")
    _add(message, "MessageID", _MESSAGE_ID)
    body = SubElement(message, name)
    _add(body, "AmazonOrderID", request.order_external_id)
    _add(body, "StatusCode", "Failure") if is_cancellation else _add(body, "ActionType", "Refund")
    for line in request.lines:
        if is_cancellation:
            item = SubElement(body, "Item")
            _add(item, "AmazonOrderItemCode", line.external_id)
            _add(item, "CancelReason", request.reason)
        else:
            _add_adjustment(body, request, line)
    text: bytes = tostring(envelope, encoding="UTF-8", xml_declaration=True)
    return text


def read_processing_report(content: bytes) -> Verdict:
    """What the report says of our one message. Raises UnreadableAnswer for what is no such report.

    It is done only if the report is complete, has processed one message or more, all of them well, and no
    line of it is an error; everything else is a refusal, with Amazon's own words.
    """
    report = _parse(content).find(".//ProcessingReport")
    if report is None:
        raise UnreadableAnswer("it is no processing report")
    failures = [
        _words(result)
        for result in report.findall("Result")
        if (result.findtext("ResultCode") or "").strip() in _FAILURES
    ]
    if failures:
        return Verdict(False, "; ".join(failures)[:_LONGEST])
    status = (report.findtext("StatusCode") or "").strip()
    processed = _number(report, "MessagesProcessed")
    well = _number(report, "MessagesSuccessful") + _number(report, "MessagesWithWarning")
    if status != "Complete" or not processed or well < processed or _number(report, "MessagesWithError"):
        return Verdict(
            False,
            f"Amazon's report says {status[:40] or 'nothing'}: {well} of {processed} messages went well",
        )
    return Verdict(True)


def _add(parent: Element, name: str, text: str) -> Element:
    element = SubElement(parent, name)
    element.text = text
    return element


def _add_adjustment(body: Element, request: RequestToSend, line: RequestLine) -> None:
    item = SubElement(body, "AdjustedItem")
    _add(item, "AmazonOrderItemCode", line.external_id)
    _add(item, "MerchantAdjustmentItemID", f"{request.reference}-{line.external_id}")
    _add(item, "AdjustmentReason", request.reason)
    prices = SubElement(item, "ItemPriceAdjustments")
    for kind, amount in _by_component(line.charges).items():
        component = SubElement(prices, "Component")
        _add(component, "Type", kind)
        _add(component, "Amount", plain(amount, request.currency)).set("currency", request.currency)


def _by_component(charges: tuple[ListedCharge, ...]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for charge in charges:
        kind = _COMPONENTS.get(charge.kind, "Other")
        found[kind] = found.get(kind, Decimal(0)) + charge.amount
    return found


def _parse(content: bytes) -> Element:
    """The document; one that declares anything of its own, such as entities, is not read.

    Comments and CDATA are harmless. A NUL would be UTF-16, in which a declaration could hide.
    """
    if b"\0" in content or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise UnreadableAnswer("it is not the plain XML of a report")
    try:
        return fromstring(content)  # noqa: S314  # what makes XML dangerous is refused above
    except (ParseError, ValueError, LookupError):
        raise UnreadableAnswer("it is no XML") from None


def _number(report: Element, name: str) -> int:
    text = (report.findtext(f"ProcessingSummary/{name}") or "0").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _words(result: Element) -> str:
    code = (result.findtext("ResultMessageCode") or "").strip()
    text = " ".join((result.findtext("ResultDescription") or "").split())
    return f"{text} ({code})" if code and text else text or code or "Amazon gave no reason"
