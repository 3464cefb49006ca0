"""The outlet `webhook`: each parcel is posted to an address, signed."""

from __future__ import annotations

import json
import uuid
from collections.abc import Generator, Iterable, Mapping, Sequence
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from core.clock import Clock, SystemClock
from core.errors import NotConfigured, TemporarilyUnavailable
from plugins.erp_bridge.client.webhook import Answer, Target, check_target, post
from plugins.erp_bridge.mapping.cloud_events import CONTENT_TYPE, event_of, trial_event
from plugins.erp_bridge.mapping.signatures import read_secret, signed_headers
from plugins.erp_bridge.outlets import (
    Arrival,
    Outcome,
    OutletKind,
    Parcel,
    Refused,
    Settled,
    Taken,
    Verdict,
)

#: What a receiver answers that is not about the order, so that it is told again.
_AGAIN = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
#: What is said of the address or of who we are, and so of every order alike: the consumer is paused.
_WRONG_ADDRESS = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
}
_LONGEST_WAIT = timedelta(days=1)
_LONGEST_REFERENCE = 120


def _check_secret(text: str) -> None:
    if text:
        try:
            read_secret(text)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class WebhookSettings(Schema):
    """Where a webhook goes, and how it is signed."""

    url = fields.String(
        required=True,
        validate=validate.Length(max=2000),
        metadata={
            "label": "Address",
            "help": "Where orders are posted to, such as https://erp.example/entrepot",
            "group": "Receiver",
            "address": False,  # of no secret: they sign what is sent, and are never sent themselves
        },
    )
    allow_private = fields.Boolean(
        load_default=False,
        metadata={
            "label": "Allow private addresses",
            "help": "The receiver may be this machine or in a private network, and this machine itself "
            "may be reached without https",
            "group": "Receiver",
        },
    )
    secret = fields.String(
        required=True,
        validate=_check_secret,
        metadata={
            "label": "Secret",
            "help": "whsec_ and 24 to 64 random bytes in Base64, as openssl rand -base64 32 makes them; "
            "the receiver checks the signature with it (Standard Webhooks)",
            "group": "Signature",
            "secret": True,
        },
    )
    second_secret = fields.String(
        load_default="",
        validate=_check_secret,
        metadata={
            "label": "Second secret",
            "help": "While secrets are being changed each message is signed with both",
            "group": "Signature",
            "secret": True,
        },
    )

    @validates_schema
    def check_url(self, data: Mapping[str, Any], **_: Any) -> None:
        """Whether anything may be sent there."""
        try:
            check_target(Target(data["url"], data["allow_private"]))
        except ValueError as error:
            raise ValidationError(str(error), "url") from error


class WebhookOutlet:
    """Posts parcels one by one."""

    def __init__(self, settings: Mapping[str, Any], consumer: str, clock: Clock | None = None) -> None:
        self._target = Target(settings["url"], settings["allow_private"])
        given = (settings["secret"], settings.get("second_secret"))
        self._secrets = list(dict.fromkeys(text for text in given if text))
        self._consumer = consumer
        self._clock = clock or SystemClock()  # of this machine: receivers refuse what is not of now

    def deliver(self, parcels: Sequence[Parcel]) -> Iterable[Outcome]:
        """2xx is taken, what speaks of one order refused; what has to wait ends the run: none overtakes."""
        for parcel in parcels:
            answer = self._post(parcel.idempotency_key, event_of(parcel, self._consumer))
            if answer.status // 100 == 2:
                yield Taken(parcel.id, _reference(answer))
                continue
            _check_later(answer, self._clock)
            yield Refused(parcel.id, f"the receiver answered {_named(answer.status)}")

    def collect(self) -> Generator[Arrival | Settled]:
        """Nothing: who receives webhooks sends things back through the API."""
        yield from ()

    def settle(self, verdicts: Sequence[Verdict]) -> None:
        """Nothing is ever collected."""

    def test(self) -> str:
        """Post a signed `entrepot.test`, which a receiver answers with 2xx and otherwise ignores."""
        message_id = f"test_{uuid.uuid4().hex}"
        answer = self._post(message_id, trial_event(message_id, self._consumer, self._clock.now()))
        if answer.status // 100 != 2:
            _check_later(answer, self._clock)
            raise NotConfigured(f"the receiver answered {_named(answer.status)} to the test, not 2xx")
        return f"The receiver answered {_named(answer.status)}."

    def close(self) -> None:
        """Nothing is held between calls."""

    def _post(self, message_id: str, body: bytes) -> Answer:
        headers = signed_headers(self._secrets, message_id, self._clock.now(), body)
        return post(self._target, body, {**headers, "content-type": CONTENT_TYPE, "user-agent": "Entrepot"})


def _check_later(answer: Answer, clock: Clock) -> None:
    """Raise what stops the run: NotConfigured if it is the wrong address, else TemporarilyUnavailable."""
    status = answer.status
    if status == HTTPStatus.GONE:
        raise NotConfigured("the receiver answered 410 Gone: it wants nothing more at this address")
    if status in _WRONG_ADDRESS:
        raise NotConfigured(
            f"the receiver answered {_named(status)}: mend the address or the secrets, and resume"
        )
    if status // 100 == 3:
        raise TemporarilyUnavailable(
            f"the receiver answered {_named(status)}, and redirects are not followed: set its new address"
        )
    if status // 100 != 4 or status in _AGAIN:
        wait = _retry_after(answer.headers.get("retry-after", ""), clock)
        raise TemporarilyUnavailable(f"the receiver answered {_named(status)}", wait)


def _retry_after(text: str, clock: Clock) -> timedelta | None:
    """Seconds or a date, at most a day; None for anything else."""
    try:
        if text.isascii() and text.isdigit():
            wait = timedelta(seconds=int(text[:9]))
        else:
            wait = parsedate_to_datetime(text) - clock.now()
    except (TypeError, ValueError):
        return None
    return max(timedelta(0), min(wait, _LONGEST_WAIT))


def _reference(answer: Answer) -> str | None:
    """What the receiver calls the order, if it says so: `{"reference": "SO-12"}`, or a whole number."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):  # taken all the same
        return None
    reference = found.get("reference") if isinstance(found, dict) else None
    if isinstance(reference, int) and not isinstance(reference, bool):
        reference = str(reference)
    if isinstance(reference, str) and reference.isprintable() and 0 < len(reference) <= _LONGEST_REFERENCE:
        return reference
    return None


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


WEBHOOK = OutletKind(
    key="webhook",
    title="Webhook",
    schema=WebhookSettings,
    make=WebhookOutlet,
    batch=1,  # so that one that cannot be told goes behind the others
)
