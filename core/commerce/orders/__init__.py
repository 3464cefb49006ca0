"""Orders: their tables, how they are placed, changed and canceled."""

from core.commerce.orders.abilities import (
    OrderActions,
    Reason,
    can_cancel,
    can_hold,
    cancel_reasons,
    is_being_canceled,
    refund_reasons,
)
from core.commerce.orders.addressing import (
    check_address,
    find_shipping_address,
    lacks_address,
    mend_address,
)
from core.commerce.orders.buyers import index_buyer
from core.commerce.orders.changing import (
    CANCEL_REQUESTED,
    cancel_order,
    cancel_units,
    change_status,
    get_order,
    keep_uncanceled,
    list_orders,
    lock_order,
    record_cancellation,
    replace_charges,
)
from core.commerce.orders.conditions import OrderFilter
from core.commerce.orders.exporting import export_orders
from core.commerce.orders.grid import SORTS, OrderPage, OrderQuery, find_orders
from core.commerce.orders.holding import can_release, hold_for_buyer, hold_order, release_order
from core.commerce.orders.panels import OrderPanel, PanelEntry, panels_of
from core.commerce.orders.placing import (
    DraftCharge,
    DraftLine,
    OrderDraft,
    OrderNumberRequest,
    OrderRefused,
    Payment,
    PlacedOrder,
    managed_left_to_ship,
    place_order,
    reserve_left_to_ship,
)
from core.commerce.orders.tables import (
    Charge,
    Order,
    OrderAddress,
    OrderLine,
    StatusChange,
)
from core.commerce.orders.validating import complaints_about

__all__ = [
    "CANCEL_REQUESTED",
    "SORTS",
    "Charge",
    "DraftCharge",
    "DraftLine",
    "Order",
    "OrderActions",
    "OrderAddress",
    "OrderDraft",
    "OrderFilter",
    "OrderLine",
    "OrderNumberRequest",
    "OrderPage",
    "OrderPanel",
    "OrderQuery",
    "OrderRefused",
    "PanelEntry",
    "Payment",
    "PlacedOrder",
    "Reason",
    "StatusChange",
    "can_cancel",
    "can_hold",
    "can_release",
    "cancel_order",
    "cancel_reasons",
    "cancel_units",
    "change_status",
    "check_address",
    "complaints_about",
    "export_orders",
    "find_orders",
    "find_shipping_address",
    "get_order",
    "hold_for_buyer",
    "hold_order",
    "index_buyer",
    "is_being_canceled",
    "keep_uncanceled",
    "lacks_address",
    "list_orders",
    "lock_order",
    "managed_left_to_ship",
    "mend_address",
    "panels_of",
    "place_order",
    "record_cancellation",
    "refund_reasons",
    "release_order",
    "replace_charges",
    "reserve_left_to_ship",
]
