"""Orders: their tables, how they are placed, changed and canceled."""

from core.commerce.orders.buyers import index_buyer
from core.commerce.orders.changing import (
    cancel_order,
    cancel_units,
    change_status,
    get_order,
    list_orders,
    lock_order,
    replace_charges,
)
from core.commerce.orders.exporting import export_orders
from core.commerce.orders.grid import SORTS, OrderFilter, OrderQuery, find_orders
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
    "SORTS",
    "Charge",
    "DraftCharge",
    "DraftLine",
    "Order",
    "OrderAddress",
    "OrderDraft",
    "OrderFilter",
    "OrderLine",
    "OrderNumberRequest",
    "OrderQuery",
    "OrderRefused",
    "Payment",
    "PlacedOrder",
    "StatusChange",
    "cancel_order",
    "cancel_units",
    "change_status",
    "complaints_about",
    "export_orders",
    "find_orders",
    "get_order",
    "index_buyer",
    "list_orders",
    "lock_order",
    "managed_left_to_ship",
    "place_order",
    "replace_charges",
    "reserve_left_to_ship",
]
