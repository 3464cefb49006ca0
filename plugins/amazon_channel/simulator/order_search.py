"""What searchOrders may be asked, and which rules a question must keep."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .clock import read_timestamp
from .errors import ApiRefusal, invalid_input, unauthorized
from .marketplaces import MARKETPLACES
from .order_documents import DATA_SETS
from .orders import FulfilledBy, FulfillmentStatus, Order

TWO_MINUTES = timedelta(minutes=2)
_MOST_PER_PAGE = 100
_MOST_MARKETPLACES = 50
_ORDER_ID = re.compile(r"\d{3}-\d{7}-\d{7}")


@dataclass(frozen=True)
class OrderFilter:
    """Which orders are meant and what is wanted of each: all that a page token is bound to."""

    by_creation: bool
    after: datetime
    before: datetime | None
    statuses: frozenset[str]
    marketplace_ids: frozenset[str]
    fulfilled_by: frozenset[str]
    included: frozenset[str]

    def moment_of(self, order: Order) -> datetime:
        """The timestamp of the order that the time span is about."""
        return order.created_time if self.by_creation else order.last_updated_time

    def matches(self, order: Order, upper_bound: datetime) -> bool:
        """Whether the order belongs in the listing."""
        return (
            self.after <= self.moment_of(order) <= upper_bound
            and (not self.statuses or order.status in self.statuses)
            and (not self.fulfilled_by or order.fulfilled_by in self.fulfilled_by)
            and (not self.marketplace_ids or order.marketplace.marketplace_id in self.marketplace_ids)
        )


@dataclass(frozen=True)
class OrderSearch:
    """One request: the filter, the size of a page, and the token of any page but the first."""

    filter: OrderFilter
    page_size: int
    pagination_token: str | None


def read_order_search(args: Mapping[str, str], now: datetime) -> OrderSearch:
    """The search that the query parameters ask for; 400 where they break a rule."""
    by_creation = _time_family(args)
    prefix = "created" if by_creation else "lastUpdated"
    after = _read_time(args, f"{prefix}After")
    before = _read_time(args, f"{prefix}Before")
    if after is None:
        raise invalid_input(f"{prefix}After is missing.")
    if before is not None and before < after:
        raise invalid_input(f"{prefix}Before must not be earlier than {prefix}After.")
    if before is not None and before > now - TWO_MINUTES:
        raise invalid_input(f"{prefix}Before must be at least two minutes before the request.")
    wanted = OrderFilter(
        by_creation=by_creation,
        after=after,
        before=before,
        statuses=_read_list(args, "fulfillmentStatuses", frozenset(FulfillmentStatus)),
        marketplace_ids=_read_list(args, "marketplaceIds", frozenset(MARKETPLACES)),
        fulfilled_by=_read_list(args, "fulfilledBy", frozenset(FulfilledBy)),
        included=read_included_data(args),
    )
    if len(args.get("marketplaceIds", "").split(",")) > _MOST_MARKETPLACES:
        raise invalid_input(f"marketplaceIds takes at most {_MOST_MARKETPLACES} values.")
    return OrderSearch(wanted, _read_page_size(args), args.get("paginationToken"))


def read_included_data(args: Mapping[str, str]) -> frozenset[str]:
    """The data sets that the caller wants beside the bare order."""
    return _read_list(args, "includedData", DATA_SETS)


def flat_arguments(arguments: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The query with one value for each name; a list is one value with commas, not a repetition."""
    for name, values in arguments.items():
        if len(values) > 1:
            raise invalid_input(f"{name} is given more than once.")
    return {name: values[0] for name, values in arguments.items()}


def check_order_id(order_id: str) -> None:
    """400 unless the number has three, seven and seven digits."""
    if not _ORDER_ID.fullmatch(order_id):
        raise invalid_input("orderId is not a valid order number.")


def check_marketplaces(wanted: OrderFilter, allowed: Sequence[str]) -> None:
    """403 for a marketplace in which the seller does not sell."""
    if wanted.marketplace_ids - frozenset(allowed):
        raise unauthorized("The seller does not take part in every marketplace of the request.")


def _time_family(args: Mapping[str, str]) -> bool:
    """Whether the search is by creation; 400 unless exactly one family is used."""
    created = any(name in args for name in ("createdAfter", "createdBefore"))
    updated = any(name in args for name in ("lastUpdatedAfter", "lastUpdatedBefore"))
    if created == updated:
        raise invalid_input("Give exactly one of createdAfter and lastUpdatedAfter.")
    return created


def _read_time(args: Mapping[str, str], name: str) -> datetime | None:
    if name not in args:
        return None
    try:
        return read_timestamp(args[name])
    except ValueError:
        raise _invalid_value(name) from None


def _read_list(args: Mapping[str, str], name: str, allowed: frozenset[str]) -> frozenset[str]:
    if name not in args:
        return frozenset()
    values = frozenset(args[name].split(","))
    if values - allowed:
        raise _invalid_value(name)
    return values


def _read_page_size(args: Mapping[str, str]) -> int:
    text = args.get("maxResultsPerPage", str(_MOST_PER_PAGE))
    if not re.fullmatch(r"\d{1,3}", text) or not 1 <= int(text) <= _MOST_PER_PAGE:
        raise invalid_input(f"maxResultsPerPage must be between 1 and {_MOST_PER_PAGE}.")
    return int(text)


def _invalid_value(name: str) -> ApiRefusal:
    return invalid_input(f"Invalid value for {name}.")
