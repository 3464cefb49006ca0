"""Feeds as Amazon keeps them: documents, what they are fed into, and how far Amazon is with it."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from .errors import ApiRefusal, invalid_input

URL_LIFETIME = timedelta(minutes=5)
FEED_TYPES = ("POST_ORDER_ACKNOWLEDGEMENT_DATA", "POST_PAYMENT_ADJUSTMENT_DATA")
_CONTENT_TYPES = ("text/xml", "application/xml")

Mishap = Literal["CANCELLED", "FATAL"]
"""How a feed can end without being worked through."""


@dataclass(frozen=True)
class FeedDocument:
    """Bytes under an address of their own; ``content`` is unset until they are uploaded."""

    document_id: str
    seller_id: str
    content_type: str
    url_expires: datetime
    content: bytes | None = None
    is_packed: bool = False


@dataclass(frozen=True)
class Feed:
    """One feed. ``starts`` and ``ends`` are the moments at which Amazon takes it up and is done."""

    feed_id: str
    seller_id: str
    feed_type: str
    marketplace_ids: tuple[str, ...]
    input_document_id: str
    created: datetime
    starts: datetime
    ends: datetime
    mishap: Mishap | None = None
    result_document_id: str | None = None
    is_processed: bool = False

    def status(self, now: datetime) -> str:
        """How far Amazon is with it."""
        if self.mishap == "CANCELLED":
            return "CANCELLED"
        if now < self.starts:
            return "IN_QUEUE"
        if now < self.ends:
            return "IN_PROGRESS"
        return self.mishap or "DONE"


Process = Callable[[Feed, bytes], bytes]
"""Works a feed's document through; gives the processing report."""


class Feeds:
    """Every document and feed of every seller."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._documents: dict[str, FeedDocument] = {}
        self._feeds: dict[str, Feed] = {}
        self._mishaps: list[Mishap] = []

    def spoil_next(self, mishap: Mishap) -> None:
        """The next feed ends like this instead of being worked through."""
        self._mishaps.append(mishap)

    def create_document(self, seller_id: str, content_type: str, now: datetime) -> FeedDocument:
        """Room for a document that is to be uploaded within five minutes."""
        if content_type.partition(";")[0].strip().lower() not in _CONTENT_TYPES:
            raise invalid_input("Invalid contentType", f"{content_type} does not fit the order feeds.")
        document_id = f"amzn1.tortuga.4.eu.{self._rng.randrange(16**32):032x}"
        document = FeedDocument(document_id, seller_id, content_type, now + URL_LIFETIME)
        self._documents[document_id] = document
        return document

    def upload(self, document_id: str, content_type: str, content: bytes, now: datetime) -> bool:
        """The bytes of a document; False where its address is not good for them (any more)."""
        document = self._documents.get(document_id)
        if document is None or now >= document.url_expires or document.content_type != content_type:
            return False
        self._documents[document_id] = replace(document, content=content)
        return True

    def create_feed(
        self,
        seller_id: str,
        feed_type: str,
        marketplace_ids: Sequence[str],
        document_id: str,
        now: datetime,
    ) -> Feed:
        """Take a feed in, to be worked through seconds later; an ApiRefusal (400) if it does not fit."""
        document = self._documents.get(document_id)
        if feed_type not in FEED_TYPES:
            raise invalid_input("Invalid feedType", f"{feed_type} is not simulated.")
        if document is None or document.seller_id != seller_id or document.content is None:
            raise invalid_input("Invalid inputFeedDocumentId", "The document is unknown or empty.")
        starts = now + timedelta(seconds=self._rng.randint(2, 6))
        feed = Feed(
            feed_id=str(50_000_000_000 + self._rng.randrange(10**9)),
            seller_id=seller_id,
            feed_type=feed_type,
            marketplace_ids=tuple(marketplace_ids),
            input_document_id=document_id,
            created=now,
            starts=starts,
            ends=starts + timedelta(seconds=self._rng.randint(2, 9)),
            mishap=self._mishaps.pop(0) if self._mishaps else None,
        )
        self._feeds[feed.feed_id] = feed
        return feed

    def settle(self, now: datetime, process: Process) -> None:
        """Work through what is due, in the order in which it was taken in."""
        for feed in list(self._feeds.values()):
            if feed.is_processed or feed.mishap == "CANCELLED" or now < feed.ends:
                continue
            if feed.mishap == "FATAL":
                self._feeds[feed.feed_id] = replace(feed, is_processed=True)
                continue
            content = self._documents[feed.input_document_id].content or b""
            report = process(feed, content)
            document = FeedDocument(
                document_id=f"amzn1.tortuga.4.eu.{self._rng.randrange(16**32):032x}",
                seller_id=feed.seller_id,
                content_type="text/xml",
                url_expires=now,
                content=gzip.compress(report, mtime=0),
                is_packed=True,
            )
            self._documents[document.document_id] = document
            self._feeds[feed.feed_id] = replace(
                feed, is_processed=True, result_document_id=document.document_id
            )

    def get_feed(self, seller_id: str, feed_id: str) -> Feed:
        """The seller's feed; an ApiRefusal (404) if there is none."""
        feed = self._feeds.get(feed_id)
        if feed is None or feed.seller_id != seller_id:
            raise ApiRefusal(404, "NotFound", f"Feed {feed_id} was not found.")
        return feed

    def list_feeds(self, seller_id: str | None = None) -> list[Feed]:
        """Every feed, or those of one seller, the newest first."""
        return [feed for feed in reversed(self._feeds.values()) if seller_id in (None, feed.seller_id)]

    def open_document(self, seller_id: str, document_id: str, now: datetime) -> FeedDocument:
        """A document, to be downloaded within five minutes; an ApiRefusal (404) if there is none."""
        document = self._documents.get(document_id)
        if document is None or document.seller_id != seller_id or document.content is None:
            raise ApiRefusal(404, "NotFound", f"Document {document_id} was not found.")
        document = replace(document, url_expires=now + URL_LIFETIME)
        self._documents[document_id] = document
        return document

    def download(self, document_id: str, now: datetime) -> FeedDocument | None:
        """What lies under a document's address, while that is good."""
        document = self._documents.get(document_id)
        if document is None or document.content is None or now >= document.url_expires:
            return None
        return document

    def content_of(self, document_id: str | None) -> bytes | None:
        """A document's bytes, unpacked, for whoever looks in from outside."""
        document = self._documents.get(document_id or "")
        if document is None or document.content is None:
            return None
        return gzip.decompress(document.content) if document.is_packed else document.content
