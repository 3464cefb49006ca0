"""Feeds: a document is laid down, a feed is created of it, and its processing report is read later."""

from __future__ import annotations

import gzip
import json
import zlib
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlsplit

from core.channels.wishes import Progress, RequestToSend, Verdict
from plugins.amazon_channel.client.addresses import is_loopback
from plugins.amazon_channel.client.answers import Answer
from plugins.amazon_channel.client.signed import SignedConnection
from plugins.amazon_channel.client.transport import Call, open_session, send
from plugins.amazon_channel.errors import AmazonRejected
from plugins.amazon_channel.mapping import (
    FEED_TYPES,
    UnreadableAnswer,
    feed_document,
    read_processing_report,
)
from plugins.amazon_channel.mapping.confirmation import utc_text

_FEEDS = "/feeds/2021-06-30/feeds"
_DOCUMENTS = "/feeds/2021-06-30/documents"
_CONTENT_TYPE = "text/xml; charset=UTF-8"
_LARGEST_REPORT = 10_000_000
_IN_PROGRESS = ("IN_QUEUE", "IN_PROGRESS")


class AmazonFeeds(SignedConnection):
    """Implements `core.channels.registration.RequestConnection` with the Feeds API 2021-06-30.

    A request is one feed: an order acknowledgement for a cancellation, a payment adjustment for a refund.
    """

    def prepare_request(self, request: RequestToSend) -> str:
        """`createFeedDocument` and the upload; the document's id. Nothing is asked of Amazon yet."""
        answer = self._ask(self._post("prepare_request", _DOCUMENTS, {"contentType": _CONTENT_TYPE}))
        body = _expected(answer)
        document_id, url = _text(answer, body, "feedDocumentId"), _text(answer, body, "url")
        call = Call(
            operation="prepare_request",
            method="PUT",
            url=_checked(answer, url),
            headers={"content-type": _CONTENT_TYPE},
            body=feed_document(self._seller_id, request),
        )
        self._send_unsigned(call)
        return document_id

    def submit_request(self, request: RequestToSend, prepared: str) -> str:
        """`createFeed`; the feed's id."""
        body = {
            "feedType": FEED_TYPES[request.kind],
            "marketplaceIds": [request.marketplace],
            "inputFeedDocumentId": prepared,
        }
        answer = self._ask(self._post("submit_request", _FEEDS, body))
        return _text(answer, _expected(answer), "feedId")

    def find_receipts(self, request: RequestToSend, since: datetime) -> tuple[str, ...]:
        """`getFeeds`: the ids of the feeds of this kind that were created since then."""
        params = {
            "feedTypes": FEED_TYPES[request.kind],
            "createdSince": utc_text(since),
            "pageSize": "100",
        }
        answer = self._ask(Call("find_receipts", "GET", self._base_url + _FEEDS, params))
        feeds = _expected(answer).get("feeds")
        if not isinstance(feeds, list):
            raise answer.unusable("it holds no list of feeds")
        return tuple(_text(answer, feed, "feedId") for feed in feeds if isinstance(feed, dict))

    def read_progress(self, receipt: str) -> Progress:
        """`getFeed`: how far Amazon is with it. Raises AmazonRejected if Amazon has canceled the feed."""
        url = f"{self._base_url}{_FEEDS}/{quote(receipt, safe='')}"
        answer = self._ask(Call("read_progress", "GET", url))
        body = _expected(answer)
        status = _text(answer, body, "processingStatus")
        report = body.get("resultFeedDocumentId")
        if status in _IN_PROGRESS:
            return Progress(is_over=False)
        if status == "CANCELLED":
            raise AmazonRejected("Amazon has canceled the feed before it was processed", answer.request_id)
        if status not in ("DONE", "FATAL"):
            raise answer.unusable(f"it says {status[:40]}, which is not known here")
        failure = "Amazon has ended the feed with a fatal error" if status == "FATAL" else None
        return Progress(is_over=True, report=report if isinstance(report, str) else None, failure=failure)

    def read_report(self, request: RequestToSend, report: str) -> Verdict:
        """`getFeedDocument` and the download: what the processing report says of our message."""
        url = f"{self._base_url}{_DOCUMENTS}/{quote(report, safe='')}"
        answer = self._ask(Call("read_report", "GET", url))
        body = _expected(answer)
        call = Call("read_report", "GET", _checked(answer, _text(answer, body, "url")))
        content = self._send_unsigned(call)
        is_packed = body.get("compressionAlgorithm") == "GZIP"
        try:
            return read_processing_report(_unzip(content) if is_packed else content.body)
        except UnreadableAnswer as error:
            raise content.unusable(str(error)) from None

    def _post(self, operation: str, path: str, body: dict[str, Any]) -> Call:
        headers = {"content-type": "application/json"}
        url, text = self._base_url + path, json.dumps(body).encode()
        return Call(operation, "POST", url, headers=headers, body=text)

    def _send_unsigned(self, call: Call) -> Answer:
        """To an address that Amazon has signed itself: no token goes there."""
        with open_session(call.url) as session:
            answer = send(session, call, self._timeouts)
        if not answer.is_success:
            raise answer.unusable(f"the document's address answered with status {answer.status}")
        return answer


def _checked(answer: Answer, url: str) -> str:
    """An address of a document: https, or on this very machine."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(url)):
        raise answer.unusable("the document's address is neither https nor on this machine")
    return url


def _expected(answer: Answer) -> dict[str, Any]:
    """The body of a success."""
    body = answer.json() if answer.status in (200, 201, 202) else None
    if body is None:
        raise answer.unusable("it is no JSON object")
    return body


def _text(answer: Answer, body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value or len(value) > 4000:
        raise answer.unusable(f"it holds no {name}")
    return value


def _unzip(answer: Answer) -> bytes:
    try:
        with gzip.open(BytesIO(answer.body)) as packed:
            content = packed.read(_LARGEST_REPORT + 1)
    except (OSError, EOFError, zlib.error):
        raise answer.unusable("the report cannot be unpacked") from None
    if len(content) > _LARGEST_REPORT:
        raise answer.unusable("the report is too large")
    return content
