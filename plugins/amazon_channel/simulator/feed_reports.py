"""The processing report of a feed: what Amazon says of each message, in Amazon's own form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring


@dataclass(frozen=True)
class MessageResult:
    """What became of one message: an error with its code and words, or nothing wrong."""

    message_id: str
    order_id: str
    code: str = ""
    description: str = ""

    @property
    def is_error(self) -> bool:
        """Whether the message was refused."""
        return bool(self.code)


def processing_report(feed_id: str, seller_id: str, results: Sequence[MessageResult]) -> bytes:
    """The report of a feed that was worked through."""
    failed = [result for result in results if result.is_error]
    envelope = Element("AmazonEnvelope")
    header = SubElement(envelope, "Header")
    _add(header, "DocumentVersion", "1.02")
    _add(header, "MerchantIdentifier", seller_id)
    _add(envelope, "MessageType", "ProcessingReport")
    message = SubElement(envelope, "Message")
    _add(message, "MessageID", "1")
    report = SubElement(message, "ProcessingReport")
    _add(report, "DocumentTransactionID", feed_id)
    _add(report, "StatusCode", "Complete")
    summary = SubElement(report, "ProcessingSummary")
    _add(summary, "MessagesProcessed", str(len(results)))
    _add(summary, "MessagesSuccessful", str(len(results) - len(failed)))
    _add(summary, "MessagesWithError", str(len(failed)))
    _add(summary, "MessagesWithWarning", "0")
    for result in failed:
        _add_result(report, result)
    text: bytes = tostring(envelope, encoding="UTF-8", xml_declaration=True)
    return text


def rejected_report(feed_id: str, seller_id: str, why: str) -> bytes:
    """The report of a document of which no message could be read."""
    return processing_report(feed_id, seller_id, [MessageResult("0", "", "5000", why)])


def _add_result(report: Element, result: MessageResult) -> None:
    element = SubElement(report, "Result")
    _add(element, "MessageID", result.message_id)
    _add(element, "ResultCode", "Error")
    _add(element, "ResultMessageCode", result.code)
    _add(element, "ResultDescription", result.description)
    if result.order_id:
        _add(SubElement(element, "AdditionalInfo"), "AmazonOrderID", result.order_id)


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text
