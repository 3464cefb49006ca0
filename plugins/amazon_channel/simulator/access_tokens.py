"""The access tokens that Login with Amazon has given out, and to whom."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from .errors import unauthorized

LIFETIME = timedelta(seconds=3600)


@dataclass(frozen=True)
class AccessToken:
    """A token of one seller, or of none when it was given for a scope."""

    value: str
    seller_id: str | None
    expires: datetime


class AccessTokens:
    """Gives tokens out and recognizes them for an hour."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._tokens: dict[str, AccessToken] = {}
        self._lock = threading.Lock()

    def issue(self, seller_id: str | None, now: datetime) -> AccessToken:
        """A new token that is good for an hour from now."""
        with self._lock:
            value = f"Atza|{self._rng.getrandbits(256):064x}"
            token = AccessToken(value, seller_id, now + LIFETIME)
            self._tokens[value] = token
        return token

    def seller_of(self, value: str | None, now: datetime) -> str:
        """The seller whose token this is; 403 for a missing, unknown or expired one."""
        if not value:
            raise unauthorized("The request has no access token.")
        token = self._tokens.get(value)
        if token is None or token.seller_id is None:
            raise unauthorized("The access token is not valid for this operation.")
        if now >= token.expires:
            raise unauthorized("The access token has expired.")
        return token.seller_id
