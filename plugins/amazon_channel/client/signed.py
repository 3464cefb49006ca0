"""Calls to the Selling Partner API that are signed with an access token, for one seller account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import structlog

from core.channels.registration import Credentials
from core.clock import Clock, SystemClock
from core.errors import NotConfigured
from plugins.amazon_channel.client.addresses import find_addresses
from plugins.amazon_channel.client.answers import Answer
from plugins.amazon_channel.client.tokens import Grant, TokenCache
from plugins.amazon_channel.client.transport import TIMEOUTS, Call, Timeouts, open_session, send

_REQUIRED = ("client_id", "client_secret", "refresh_token")
_PROCESS_TOKENS = TokenCache()

_log = structlog.get_logger(__name__)


class SignedConnection:
    """What every connection to Amazon has: the address, the token, the clock and the rates.

    Making one calls nobody. Raises NotConfigured if a credential is missing, and InvalidValue for
    an address that is neither https nor on this machine.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        clock: Clock | None = None,
        tokens: TokenCache | None = None,
        timeouts: Timeouts = TIMEOUTS,
    ) -> None:
        addresses = find_addresses(credentials.region, credentials.values)
        self._account_id = credentials.account_id
        self._seller_id = credentials.seller_id
        self._base_url = addresses.base_url
        self._grant = _grant(credentials.values, addresses.lwa_url)
        self._clock = clock or SystemClock()
        self._tokens = tokens or _PROCESS_TOKENS
        self._timeouts = timeouts
        self._session = open_session(addresses.base_url)
        self._seen: datetime | None = None
        self._seen_at_sign_in: datetime | None = None
        self._rates: dict[str, float] = {}

    @property
    def last_seen_clock(self) -> datetime | None:
        """Amazon's time as the newest answer told it; of the sign-in if nothing else was asked."""
        return self._seen or self._seen_at_sign_in

    @property
    def learned_rates(self) -> Mapping[str, float]:
        """Calls per second by operation, as Amazon's answers told them."""
        return dict(self._rates)

    def _ask(self, call: Call) -> Answer:
        """The answer if it is a success by its number, else the error that it means."""
        answer = self._exchange(call)
        if not answer.is_success:
            raise answer.error()
        return answer

    def _exchange(self, call: Call) -> Answer:
        """Send with a token; should Amazon not accept it, once more with a new one."""
        answer, token = self._send_with_token(call, None)
        if answer.status in (401, 403):
            answer, _ = self._send_with_token(call, token)
        return answer

    def _send_with_token(self, call: Call, refused: str | None) -> tuple[Answer, str]:
        token = self._tokens.get(self._grant, self._clock, self._timeouts, refused)
        self._seen_at_sign_in = token.seen_at or self._seen_at_sign_in
        headers = {
            **call.headers,
            "x-amz-access-token": token.value,
            "x-amz-date": self._clock.now().strftime("%Y%m%dT%H%M%SZ"),
        }
        answer = send(self._session, replace(call, headers=headers), self._timeouts)
        self._learn(answer)
        return answer, token.value

    def _learn(self, answer: Answer) -> None:
        """Time and rate from the headers, and a trace without anything secret or personal."""
        self._seen = answer.date or self._seen
        if answer.rate is not None:
            self._rates[answer.operation] = answer.rate
        _log.debug(
            "amazon_answered",
            operation=answer.operation,
            status=answer.status,
            request_id=answer.request_id,
            account_id=self._account_id,
        )


def _grant(values: Mapping[str, str], lwa_url: str) -> Grant:
    given = {name: (values.get(name) or "").strip() for name in _REQUIRED}
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise NotConfigured(f"the Amazon account lacks {', '.join(missing)}")
    return Grant(lwa_url=lwa_url, **given)
