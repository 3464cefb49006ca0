"""Signatures as Standard Webhooks has them (https://www.standardwebhooks.com), scheme v1: HMAC-SHA256."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

_PREFIX = "whsec_"
_SHORTEST, _LONGEST = 24, 64


def make_secret() -> str:
    """A new secret to share with a receiver."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def read_secret(text: str) -> bytes:
    """The key of a secret such as `whsec_…`. Raises ValueError, which repeats nothing of it."""
    try:
        key = base64.b64decode(text.strip().removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise ValueError(
            f"a secret is {_PREFIX} and {_SHORTEST} to {_LONGEST} random bytes in Base64, as "
            "`openssl rand -base64 32` makes them"
        )
    return key


def signed_headers(given: Sequence[str], message_id: str, sent_at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a message, signed with each of the secrets: with two while one replaces the other."""
    timestamp = str(int(sent_at.timestamp()))
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    digests = [hmac.new(read_secret(secret), content, hashlib.sha256).digest() for secret in given]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests),
    }
