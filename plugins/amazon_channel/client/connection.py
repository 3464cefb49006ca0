"""The connection of one seller account: listing, reading and confirming over the SP-API."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import structlog

from core.channels.listing import ListedOrder, PackageToConfirm, Page, Query
from core.channels.registration import Credentials
from core.clock import Clock, SystemClock
from core.errors import InvalidValue, NotConfigured
from plugins.amazon_channel.client.addresses import find_addresses
from plugins.amazon_channel.client.answers import Answer
from plugins.amazon_channel.client.tokens import Grant, TokenCache
from plugins.amazon_channel.client.transport import (
    TIMEOUTS,
    TRIAL_TIMEOUTS,
    Call,
    Timeouts,
    open_session,
    send,
)
from plugins.amazon_channel.errors import UnreadableAnswer
from plugins.amazon_channel.mapping import (
    amazon_status,
    confirmation_body,
    order_from_json,
    page_from_json,
)
from plugins.amazon_channel.mapping.confirmation import utc_text

INCLUDED_DATA = "BUYER,RECIPIENT,PROCEEDS,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES,TAX,PAYMENT"
PAGE_SIZE = 100

_ORDERS = "/orders/2026-01-01/orders"
_CONFIRMATION = "/orders/v0/orders/{}/shipmentConfirmation"
_ORDER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_NO_ORDER = "000-0000000-0000000"
#: A listing ends up to some minutes before the present; further away it is on another clock.
_SAME_CLOCK = timedelta(minutes=10)
_REQUIRED = ("client_id", "client_secret", "refresh_token")
_PROCESS_TOKENS = TokenCache()

_log = structlog.get_logger(__name__)


def connect(credentials: Credentials) -> AmazonConnection:
    """A connection; one on trial answers soon and signs in anew."""
    if not credentials.is_trial:
        return AmazonConnection(credentials)
    return AmazonConnection(credentials, tokens=TokenCache(), timeouts=TRIAL_TIMEOUTS)


class AmazonConnection:
    """Implements `core.channels.registration.Connection` for the Selling Partner API.

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
        self._base_url = addresses.base_url
        self._grant = _grant(credentials.values, addresses.lwa_url)
        self._clock = clock or SystemClock()
        self._tokens = tokens or _PROCESS_TOKENS
        self._timeouts = timeouts
        self._session = open_session(addresses.base_url)
        self._seen: datetime | None = None
        self._seen_at_sign_in: datetime | None = None
        self._rates: dict[str, float] = {}

    def list_orders(self, query: Query, token: str | None) -> Page:
        """One page of `searchOrders`, up to 100 orders.

        Only the token differs from one page to the next, as Amazon demands.
        """
        params = _search_params(query)
        if token:
            params["paginationToken"] = token
        answer = self._ask(Call("list_orders", "GET", self._base_url + _ORDERS, params))
        try:
            page = page_from_json(_expected(answer))
        except UnreadableAnswer as error:
            raise answer.unusable(str(error)) from None
        self._check_clock(page.read_until)
        return page

    def get_order(self, external_id: str) -> ListedOrder:
        """One order. Raises NotFound, and UnreadableOrder if Amazon's answer makes no sense."""
        answer = self._ask(self._order_call(external_id))
        body = _expected(answer).get("order")
        if not isinstance(body, dict):
            raise answer.unusable("it holds no order")
        return order_from_json(body)

    def confirm_package(self, package: PackageToConfirm) -> None:
        """Tell Amazon that a parcel has left. The same reference again edits that parcel.

        Coming back means that Amazon has accepted it; its packages tell later whether it holds.
        """
        path = _CONFIRMATION.format(_path_id(package.order_external_id))
        call = Call(
            operation="confirm_package",
            method="POST",
            url=self._base_url + path,
            headers={"content-type": "application/json"},
            body=json.dumps(confirmation_body(package)).encode(),
        )
        answer = self._ask(call)
        if answer.errors():
            raise answer.rejection()
        if answer.status > 204 or (answer.body.strip() and answer.json() is None):
            raise answer.unusable("it is not the empty answer that accepts a parcel")

    def read_clock(self) -> datetime:
        """What time it is at Amazon, by asking for an order that cannot exist.

        That Amazon does not know it is the good answer: so the credentials were accepted.
        """
        answer = self._exchange(replace(self._order_call(_NO_ORDER), params={}))
        if answer.status not in (400, 404) and not answer.is_success:
            raise answer.error()
        if answer.json() is None:
            raise answer.unusable("it does not come from the Selling Partner API")
        return answer.date or self._clock.now()

    @property
    def last_seen_clock(self) -> datetime | None:
        """Amazon's time as the newest answer told it; of the sign-in if nothing else was asked."""
        return self._seen or self._seen_at_sign_in

    @property
    def learned_rates(self) -> Mapping[str, float]:
        """Calls per second by operation, as Amazon's answers told them."""
        return dict(self._rates)

    def _order_call(self, external_id: str) -> Call:
        url = f"{self._base_url}{_ORDERS}/{_path_id(external_id)}"
        return Call("get_order", "GET", url, {"includedData": INCLUDED_DATA})

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

    def _check_clock(self, read_until: datetime | None) -> None:
        """A listing's own bound is on the clock of the orders; a `Date` far from it is of another one."""
        if read_until is None:
            return
        if self._seen is None or abs(self._seen - read_until) > _SAME_CLOCK:
            self._seen = read_until


def _grant(values: Mapping[str, str], lwa_url: str) -> Grant:
    given = {name: (values.get(name) or "").strip() for name in _REQUIRED}
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise NotConfigured(f"the Amazon account lacks {', '.join(missing)}")
    return Grant(lwa_url=lwa_url, **given)


def _search_params(query: Query) -> dict[str, str]:
    """The parameters of a search. Times are cut to whole seconds, which can only widen it."""
    if (query.updated_after is None) == (query.placed_after is None):
        raise InvalidValue("a query has exactly one of updated_after and placed_after")
    params = {}
    if query.updated_after is not None:
        params["lastUpdatedAfter"] = utc_text(query.updated_after, "seconds")
    if query.placed_after is not None:
        params["createdAfter"] = utc_text(query.placed_after, "seconds")
    if query.marketplaces:
        params["marketplaceIds"] = ",".join(query.marketplaces)
    if query.statuses:
        params["fulfillmentStatuses"] = ",".join(amazon_status(each) for each in query.statuses)
    return params | {"maxResultsPerPage": str(PAGE_SIZE), "includedData": INCLUDED_DATA}


def _path_id(external_id: str) -> str:
    """An order number as part of a path; what cannot be one is not repeated in the error."""
    if not _ORDER_ID.fullmatch(external_id):
        raise InvalidValue("this is not an Amazon order number such as 028-1234567-1234567")
    return quote(external_id, safe="")


def _expected(answer: Answer) -> dict[str, Any]:
    """The body of a success."""
    body = answer.json() if answer.status == 200 else None
    if body is None:
        raise answer.unusable("it is no JSON object")
    return body
