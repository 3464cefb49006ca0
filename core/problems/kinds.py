"""Every kind of problem that there is: its title in plain words, what it holds up, and the one remedy.

Titles and labels are message ids: whoever shows them translates them, then fills in `%(name)s` from the
problem's data (`cause` is always there). A kind that is not declared here, say a plugin's, is shown with
the sentence it was raised with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_PLACE = re.compile(r"%\((\w+)\)s")


def gettext(message: str) -> str:
    """Mark a message for the catalogues; translated where it is shown."""
    return message


def ngettext(one: str, many: str) -> tuple[str, str]:
    """Mark a message that counts for the catalogues."""
    return one, many


@dataclass(frozen=True)
class Remedy:
    """The one action that mends a problem.

    key         what the web and the verb `mend_group` know it by
    permission  who may do it
    is_page     it leads to a page where it is done; else it is done at once, for the whole group
    """

    key: str
    label: str
    permission: str
    is_page: bool = False


@dataclass(frozen=True)
class Kind:
    """One kind of problem.

    urgency   1 something stands still as a whole, 2 orders wait, 3 a person has to look
    held_up   what its problems stand in the way of, one and many, `%(num)s` being how many
    """

    title: str
    urgency: int
    remedy: Remedy | None
    held_up: tuple[str, str]

    def values(self, cause: str, data: Mapping[str, Any]) -> dict[str, str]:
        """What the title's places are filled with."""
        values = {"cause": cause}
        for name in _PLACE.findall(self.title):
            value = data.get(name, cause)
            values[name] = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        return values


CREATE_PRODUCT = Remedy("create_product", gettext("Create product"), "catalog.edit", is_page=True)
ADD_STOCK = Remedy("add_stock", gettext("Add stock"), "catalog.edit", is_page=True)
MAP_CARRIER = Remedy("map_carrier", gettext("Map carrier"), "accounts.manage", is_page=True)
RECONNECT = Remedy("reconnect", gettext("Reconnect account"), "accounts.manage", is_page=True)
CHANGE_SETTINGS = Remedy(
    "change_settings", gettext("Change the order settings"), "settings.edit", is_page=True
)
LOOK_AT_ORDER = Remedy("look_at_order", gettext("Look at the order"), "orders.view", is_page=True)
MEND_ADDRESS = Remedy("mend_address", gettext("Complete the address"), "orders.ship", is_page=True)
CANCEL_ORDER = Remedy("cancel_order", gettext("Cancel order"), "orders.cancel", is_page=True)
SYNC_NOW = Remedy("sync_now", gettext("Sync now"), "problems.manage")
RETRY = Remedy("retry", gettext("Retry"), "problems.manage")
FETCH = Remedy("fetch", gettext("Fetch again"), "problems.manage")
SEND_AGAIN = Remedy("send_again", gettext("Send again"), "orders.ship")
CANCEL_AGAIN = Remedy("cancel_again", gettext("Ask again"), "orders.cancel")
REFUND_AGAIN = Remedy("refund_again", gettext("Send again"), "orders.refund")
REPLAY = Remedy("replay", gettext("Replay"), "jobs.manage")
RETRY_JOB = Remedy("retry_job", gettext("Retry"), "jobs.manage")

#: On the page that the problem names in its data: `page`, an endpoint, and `where`, what its address holds.
LOOK_AT_REJECTED = Remedy("open_page", gettext("Look at what was rejected"), "problems.view", is_page=True)
LOOK_AT_RETURNED = Remedy("open_page", gettext("Look at what came back"), "problems.view", is_page=True)
RESUME_CONSUMER = Remedy("open_page", gettext("Look and resume"), "problems.view", is_page=True)
REACH_CONSUMER = Remedy("open_page", gettext("Look and try again"), "problems.view", is_page=True)

_ORDERS_WAIT = ngettext("%(num)s order waits", "%(num)s orders wait")
_ORDERS = ngettext("%(num)s order", "%(num)s orders")
_CASES = ngettext("%(num)s case", "%(num)s cases")


def _waits(title: str, remedy: Remedy) -> Kind:
    return Kind(title, 2, remedy, _ORDERS_WAIT)


def _look(title: str, remedy: Remedy = LOOK_AT_ORDER) -> Kind:
    return Kind(title, 3, remedy, _ORDERS)


#: By kind, or by `kind.code` where the problem's data has a `code` that makes a difference.
KINDS: Mapping[str, Kind] = {
    "account_failing": Kind(gettext("The account %(account)s cannot be read"), 1, SYNC_NOW, _CASES),
    "account_failing.access_denied": Kind(
        gettext("The channel no longer lets the account %(account)s in"), 1, RECONNECT, _CASES
    ),
    "account_failing.not_configured": Kind(
        gettext("The account %(account)s is not set up completely"), 1, RECONNECT, _CASES
    ),
    "marketplace_failing": Kind(
        gettext("The marketplace %(title)s of %(account)s cannot be read"), 1, RECONNECT, _CASES
    ),
    "credential_expires": Kind(
        gettext("The %(title)s of %(account)s has to be renewed soon"), 1, RECONNECT, _CASES
    ),
    "credential_expires.ended": Kind(
        gettext("The %(title)s of %(account)s has ended: renew it"), 1, RECONNECT, _CASES
    ),
    "delivery_parked": Kind(
        gettext("The plugin %(plugin)s could not be told what happened (%(event)s)"), 2, REPLAY,
        ngettext("%(num)s message waits", "%(num)s messages wait"),
    ),
    "job_failed": Kind(
        gettext("Background work failed: %(title)s"), 2, RETRY_JOB,
        ngettext("%(num)s job waits", "%(num)s jobs wait"),
    ),
    "confirmation_failed": Kind(
        gettext("The shipment of %(external_id)s is not confirmed at the channel"), 2, SEND_AGAIN,
        ngettext("%(num)s package waits", "%(num)s packages wait"),
    ),
    "carrier_unmapped": Kind(
        gettext("The channel does not know the carrier %(carrier)s"), 2, MAP_CARRIER,
        ngettext("%(num)s account", "%(num)s accounts"),
    ),
    "channel_order_held": _waits(gettext("An order cannot be created: %(code)s"), RETRY),
    "channel_order_held.unknown_sku": _waits(gettext("SKU %(skus)s is unknown"), CREATE_PRODUCT),
    "channel_order_held.out_of_stock": _waits(gettext("SKU %(skus)s is out of stock"), ADD_STOCK),
    "channel_order_held.no_sku": _waits(gettext("An offer has no SKU"), CHANGE_SETTINGS),
    "channel_order_held.bad_sku": _waits(gettext("An offer has a SKU that no product can have"), FETCH),
    "channel_order_held.policy_missing": _waits(
        gettext("The chosen customer creation is not available"), CHANGE_SETTINGS
    ),
    "channel_order_held.store_missing": _waits(
        gettext("The store of the order settings does not exist"), CHANGE_SETTINGS
    ),
    "channel_order_held.settings_invalid": _waits(
        gettext("The order settings are not valid"), CHANGE_SETTINGS
    ),
    "channel_order_held.no_price": _waits(gettext("The channel has not told a price yet"), FETCH),
    "channel_order_held.plugin_failed": _waits(gettext("A plugin failed while creating an order"), RETRY),
    "channel_order_held.refused": _waits(gettext("An order was refused"), RETRY),
    "channel_order_held.number_taken": _waits(gettext("The number of an order is taken already"), RETRY),
    "channel_order_held.failed": _waits(gettext("Creating an order failed"), RETRY),
    "unreadable_order": _waits(gettext("The channel's answer for an order could not be read"), FETCH),
    "unknown_status": _look(gettext("The channel's status %(status)s is not known"), FETCH),
    "order_not_reconciled": _look(
        gettext("Order %(number)s comes to %(charges)s, the channel says %(stated)s")
    ),
    "too_many_shipped": _look(gettext("The channel reports more shipped than order %(number)s has left")),
    "canceled_after_shipping": _look(
        gettext("The channel canceled what has left already of order %(number)s")
    ),
    "canceled_here": _look(gettext("Order %(number)s was canceled here, but not at the channel")),
    "cancel_requested": Kind(
        gettext("The buyer asks to cancel order %(number)s"), 2, CANCEL_ORDER, _ORDERS_WAIT
    ),
    "address_changed_late": _look(
        gettext("The address of order %(number)s changed after part of it had left")
    ),
    "address_incomplete": Kind(
        gettext("The address of order %(number)s is incomplete"), 2, MEND_ADDRESS, _ORDERS_WAIT
    ),
    "request_refused.cancel": _look(
        gettext("The channel refused to cancel order %(number)s"), CANCEL_AGAIN
    ),
    "request_refused.refund": _look(
        gettext("The channel refused a refund of order %(number)s"), REFUND_AGAIN
    ),
    "request_unsure.cancel": _look(
        gettext("It is not known whether the channel cancels order %(number)s")
    ),
    "request_unsure.refund": _look(
        gettext("It is not known whether the channel refunds order %(number)s")
    ),
    "request_late.cancel": _look(gettext("The channel has not canceled order %(number)s yet")),
    "request_late.refund": _look(gettext("The channel has not refunded order %(number)s yet")),
    "erp_rejected": _look(gettext("%(consumer)s has rejected orders"), LOOK_AT_REJECTED),
    "erp_consumer_paused": Kind(
        gettext("%(consumer)s is paused: no order is handed out to it"), 2, RESUME_CONSUMER, _CASES
    ),
    "erp_consumer_failing": Kind(
        gettext("%(consumer)s cannot be reached: orders wait for it"), 2, REACH_CONSUMER, _CASES
    ),
    "erp_not_booked": Kind(
        gettext("%(consumer)s sent back what could not be booked"), 3, LOOK_AT_RETURNED,
        ngettext("%(num)s file or shipment", "%(num)s files or shipments"),
    ),
    "line_added": _look(gettext("The channel added %(what)s to order %(number)s")),
    "line_missing": _look(gettext("The channel no longer tells of a line of order %(number)s")),
}  # fmt: skip

#: How a kind is shown that is declared nowhere.
UNDECLARED = Kind("%(message)s", 3, None, _CASES)


def kind_of(kind: str, data: Mapping[str, Any]) -> Kind:
    """What is declared for a problem's kind and the code in its data."""
    return KINDS.get(f"{kind}.{data.get('code')}") or KINDS.get(kind) or UNDECLARED
