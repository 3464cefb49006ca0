"""The words of codes that pages show, so that catalogues have them: `words` in formatting writes them.

Charges, changes of stock and of statuses, events, what the audit log names.
"""

from __future__ import annotations

WORDS = (
    # charges
    "Item", "Tax", "Shipping", "Shipping tax", "Discount", "Shipping discount", "Gift wrap",
    "Gift wrap tax", "Cod fee", "Delivery tip", "Other",
    # states
    "Active", "Paused", "Connecting", "Merchant",
    # why stock or a status changed
    "Created", "Counted", "Order created", "Order canceled", "Units canceled", "Shipped",
    "Shipped without an order", "Channel canceled", "Reserved", "Released", "Released by hand",
    "Held by hand", "Refunded", "Product import", "Pending order", "Out of stock", "Canceled", "Reference",
    # events
    "Order refunded", "Shipment completed", "Stock changed",
    # how a channel ships
    "Standard", "Expedited", "Priority", "Scheduled", "Same day", "Next day", "Second day", "Free economy",
    "Store delivery",
    # the audit log
    "Account: added", "Account: paused", "Account: resumed", "Account: credentials renewed",
    "Customer: edited", "Database: confirmed", "Operator: added", "Operator: reset made",
    "Operator: second factor removed", "Operator: second factor set", "Operator: sign in failed",
    "Operator: signed in", "Personal data: seen", "Plugin: disabled", "Plugin: enabled", "Product: edited",
    "Settings: changed", "Status: edited", "Store: edited", "Token: added", "Token: revoked",
    "Customers: imported", "Customers: exported", "Customers: import canceled",
    "Products: imported", "Products: exported", "Products: import canceled",
    "Email", "Name", "Names", "Role", "Scopes", "Changed", "Lines", "Failures",
)  # fmt: skip
