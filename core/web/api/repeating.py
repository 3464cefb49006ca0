"""`Idempotency-Key`: work that is asked for twice is done once, and answered the same both times."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from flask import Response, request

from core.access.kept_answers import KEY_LENGTH, claim_key
from core.context import Context
from core.errors import InvalidValue
from core.web.api.access import token, writing
from core.web.api.answering import Document, answer

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_KEY = re.compile(rf"[\x21-\x7e]{{1,{KEY_LENGTH}}}")


@dataclass(frozen=True)
class Made:
    """What came of the work: a document, and where it can be read again."""

    document: Document
    location: str | None = None
    status: int = 201
    headers: Mapping[str, str] = field(default_factory=dict)

    def all_headers(self) -> dict[str, str]:
        """The headers, the location among them."""
        return {**self.headers, **({"Location": self.location} if self.location else {})}


def do_once(work: Callable[[Context], Made]) -> Response:
    """Do the work in one transaction, which keeps the answer too if the request has a key.

    What was refused did nothing and is not kept: the same key can be sent again.
    """
    key = _key()
    with writing() as ctx:
        if key is None:
            made = work(ctx)
            return answer(made.document, made.status, made.all_headers())
        kept = claim_key(ctx, token().id, key, _request_hash())
        if kept.status is not None and kept.body is not None:
            return answer(json.loads(kept.body), kept.status, {**kept.headers, REPLAYED: "true"})
        made = work(ctx)
        kept.status, kept.headers, kept.body = made.status, made.all_headers(), json.dumps(made.document)
    return answer(made.document, made.status, made.all_headers())


def _key() -> str | None:
    key = request.headers.get(HEADER)
    if key is None or _KEY.fullmatch(key):
        return key
    why = f"{HEADER} is 1 to {KEY_LENGTH} visible ASCII characters, best a UUID"
    raise InvalidValue(why, {HEADER: [why]})


def _request_hash() -> str:
    """Of all that decides what is done."""
    digest = sha256()
    for part in (request.method.encode(), request.full_path.encode(), request.get_data()):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()
