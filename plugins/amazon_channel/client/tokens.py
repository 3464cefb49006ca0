"""Login with Amazon: a refresh token becomes an access token, which is good for an hour."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

from core.clock import Clock
from core.errors import EntrepotError
from plugins.amazon_channel.client.answers import Answer
from plugins.amazon_channel.client.transport import Call, Timeouts, open_session, send
from plugins.amazon_channel.errors import AmazonAccessDenied, AmazonQuotaExhausted

_OPERATION = "sign_in"
_EARLY = timedelta(seconds=60)
_USUAL_LIFE = timedelta(hours=1)
_HEADER_SAFE = re.compile(r"[\x21-\x7e]+")
_LATER = ("server_error", "temporarily_unavailable")

#: What Login with Amazon says of credentials → what a person does about it.
_REMEDIES: Mapping[str, str] = {
    "invalid_grant": "the refresh token was revoked or has expired: authorize the application "
    "again in Seller Central and store the new refresh token",
    "invalid_client": "the client id or the client secret is wrong or was rotated: store the "
    "current client secret",
    "unauthorized_client": "the client id may not use this refresh token: authorize this very "
    "application in Seller Central and store the new refresh token",
    "access_denied": "the seller has not granted access: authorize the application again in Seller "
    "Central and store the new refresh token",
    "invalid_scope": "the application lacks the permission: check its roles, then authorize it "
    "again and store the new refresh token",
    "invalid_request": "a credential is missing or mistyped: store client id, client secret and "
    "refresh token again",
}


@dataclass(frozen=True)
class Grant:
    """What an access token is asked for with. Equal grants share one token."""

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    lwa_url: str


@dataclass(frozen=True)
class AccessToken:
    """A token, until when to use it, and what time it was at Amazon when it was given."""

    value: str = field(repr=False)
    use_until: datetime
    seen_at: datetime | None


class TokenCache:
    """The access tokens of one process: one fetch at a time for each grant, whoever asks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fetching: dict[Grant, threading.Lock] = {}
        self._tokens: dict[Grant, AccessToken] = {}

    def get(
        self, grant: Grant, clock: Clock, timeouts: Timeouts, refused: str | None = None
    ) -> AccessToken:
        """A token that is good for now, and not the one that was `refused`.

        Raises AccessDenied, TemporarilyUnavailable or QuotaExhausted.
        """
        with self._lock:
            fetching = self._fetching.setdefault(grant, threading.Lock())
        with fetching:
            token = self._tokens.get(grant)
            if token is None or token.value == refused or clock.now() >= token.use_until:
                token = _fetch(grant, clock, timeouts)
                self._tokens[grant] = token
            return token


def _fetch(grant: Grant, clock: Clock, timeouts: Timeouts) -> AccessToken:
    form = {
        "grant_type": "refresh_token",
        "refresh_token": grant.refresh_token,
        "client_id": grant.client_id,
        "client_secret": grant.client_secret,
    }
    call = Call(
        operation=_OPERATION,
        method="POST",
        url=grant.lwa_url,
        headers={"content-type": "application/x-www-form-urlencoded;charset=UTF-8"},
        body=urlencode(form).encode("ascii"),
    )
    asked_at = clock.now()
    with open_session(grant.lwa_url) as session:
        answer = send(session, call, timeouts)
    said = answer.json()
    value = said.get("access_token") if said and answer.status == 200 else None
    if said is None or not isinstance(value, str) or not _HEADER_SAFE.fullmatch(value):
        raise _error(answer)
    return AccessToken(value, asked_at + _use_for(said.get("expires_in")), answer.date)


def _use_for(seconds: object) -> timedelta:
    """A minute less than the token lives; half of a short life; never more than a day."""
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        life = _USUAL_LIFE
    else:
        life = timedelta(seconds=min(max(seconds, 0), 86_400))
    return life - min(_EARLY, life / 2)


def _error(answer: Answer) -> EntrepotError:
    """Why there is no token. Amazon's description is left out: it may repeat what was sent."""
    code = (answer.json() or {}).get("error")
    if answer.status == 429:
        return AmazonQuotaExhausted(
            "Login with Amazon allows no further sign-in yet",
            answer.request_id,
            answer.retry_after(),
        )
    if not 400 <= answer.status <= 499 or not isinstance(code, str) or code in _LATER:
        return answer.unusable(f"status {answer.status} without an access token")
    remedy = _REMEDIES.get(code, "check client id, client secret and refresh token")
    known = code if code in _REMEDIES else "refused"
    return AmazonAccessDenied(f"Login with Amazon: {known}: {remedy}", answer.request_id)
