"""The connection of one seller account: listing, reading and confirming over the SP-API."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from core.channels.listing import ListedOrder, PackageToConfirm, Page, Query
from core.channels.registration import Credentials
from core.errors import InvalidValue
from plugins.amazon_channel.client.answers import Answer
from plugins.amazon_channel.client.signed import SignedConnection
from plugins.amazon_channel.client.tokens import TokenCache
from plugins.amazon_channel.client.transport import TRIAL_TIMEOUTS, Call
from plugins.amazon_channel.errors import UnreadableAnswer
from plugins.amazon_channel.mapping import (
    amazon_status,
    confirmation_body,
    listed_from_json,
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


def connect(credentials: Credentials) -> AmazonConnection:
    """A connection; one on trial answers soon and signs in anew."""
    if not credentials.is_trial:
        return AmazonConnection(credentials)
    return AmazonConnection(credentials, tokens=TokenCache(), timeouts=TRIAL_TIMEOUTS)


class AmazonConnection(SignedConnection):
    """Implements `core.channels.registration.Connection` for the Selling Partner API."""

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
        return listed_from_json(body)

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

    def _order_call(self, external_id: str) -> Call:
        url = f"{self._base_url}{_ORDERS}/{_path_id(external_id)}"
        return Call("get_order", "GET", url, {"includedData": INCLUDED_DATA})

    def _check_clock(self, read_until: datetime | None) -> None:
        """A listing's own bound is on the clock of the orders; a `Date` far from it is of another one."""
        if read_until is None:
            return
        if self._seen is None or abs(self._seen - read_until) > _SAME_CLOCK:
            self._seen = read_until


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
