"""What came back, read by the rules that Amazon documents and by those that it does not.

A success is never taken on trust of its number alone: a gateway in between may say 200 with a page
of HTML. Nothing of a body reaches an error but Amazon's own code and message.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from requests.structures import CaseInsensitiveDict

from core.errors import EntrepotError
from plugins.amazon_channel.errors import (
    AmazonAccessDenied,
    AmazonNotFound,
    AmazonQuotaExhausted,
    AmazonRejected,
    AmazonUnavailable,
)

_LONGEST_MESSAGE = 300
_LONGEST_NUMBER = 100
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,100}")
_SECRETS = re.compile(r"\S+@\S+|\b(?:Atza|Atzr|Atz\.sprdt)\|\S+|amzn1\.\S+", re.ASCII)


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. `operation` is our name of what was asked, for messages and logs."""

    operation: str
    status: int
    headers: CaseInsensitiveDict[str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def is_success(self) -> bool:
        """Whether the number says so; the body may still disagree."""
        return 200 <= self.status <= 299

    @property
    def request_id(self) -> str | None:
        """Amazon's number of this call."""
        value = self.headers.get("x-amzn-RequestId") or ""
        return value if _REQUEST_ID.fullmatch(value) else None

    @property
    def date(self) -> datetime | None:
        """The time on the other side's clock."""
        return _http_date(self.headers.get("Date"))

    @property
    def rate(self) -> float | None:
        """Calls per second that this account may make of this operation, if the answer tells."""
        try:
            rate = float(self.headers.get("x-amzn-RateLimit-Limit", ""))
        except ValueError:
            return None
        return rate if math.isfinite(rate) and rate > 0 else None

    def json(self) -> dict[str, Any] | None:
        """The body if it is a JSON object, else None."""
        try:
            value = json.loads(self.body, parse_constant=_refuse_constant, parse_int=_whole)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    def error(self) -> EntrepotError:
        """What this answer, which is no success, means for the caller."""
        said, mark = self._complaint(), self._mark()
        if self.status in (401, 403):
            return AmazonAccessDenied(
                f"Amazon denies access{said}; the authorization was withdrawn, lacks a role or "
                "belongs to another region: authorize the application again in Seller Central and "
                f"store the new refresh token{mark}",
                self.request_id,
            )
        if self.status == 404:
            return AmazonNotFound(f"Amazon knows no such order{said}{mark}", self.request_id)
        if self.status == 429:
            return AmazonQuotaExhausted(
                f"Amazon's quota for {self.operation} is used up{mark}",
                self.request_id,
                self.retry_after(),
            )
        if 400 <= self.status <= 499:
            return self.rejection()
        return self.unusable(f"status {self.status}{said}")

    def rejection(self) -> AmazonRejected:
        """Amazon's no, in Amazon's words."""
        text = f"Amazon refused {self.operation} with status {self.status}"
        return AmazonRejected(f"{text}{self._complaint()}{self._mark()}", self.request_id)

    def unusable(self, why: str) -> AmazonUnavailable:
        """The error for an answer that says nothing of the request itself."""
        return AmazonUnavailable(
            f"Amazon's answer to {self.operation} cannot be used: {why}{self._mark()}",
            self.request_id,
            self.retry_after(),
        )

    def errors(self) -> list[dict[str, Any]]:
        """Amazon's error list, empty if the body is none."""
        found = (self.json() or {}).get("errors")
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    def retry_after(self) -> timedelta | None:
        """How long to wait, if the answer says it in seconds or as a date."""
        text = (self.headers.get("Retry-After") or "").strip()
        if text.isascii() and text.isdigit() and len(text) < 8:
            return timedelta(seconds=int(text))
        until, now = _http_date(text), self.date
        return max(until - now, timedelta()) if until and now else None

    def _complaint(self) -> str:
        """`: InvalidInput, Invalid Input`: Amazon's words, cut short, secrets struck out."""
        words = [
            ", ".join(str(each[name]) for name in ("code", "message") if each.get(name))
            for each in self.errors()
        ]
        text = _SECRETS.sub("…", " ".join("; ".join(filter(None, words)).split()))
        if len(text) > _LONGEST_MESSAGE:
            text = text[: _LONGEST_MESSAGE - 1] + "…"
        return f": {text}" if text else ""

    def _mark(self) -> str:
        return f" (request {self.request_id})" if self.request_id else ""


def _whole(digits: str) -> int | str:
    """A whole number; one beyond all measure stays text, so that only what holds it is unreadable."""
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _http_date(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
