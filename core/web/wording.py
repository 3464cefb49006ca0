"""Words that pages show and that stand nowhere else as they are, so that catalogues have them.

`words` in formatting writes the words of codes: charges, changes of stock and of statuses, events, what the
audit log names. `say` says the sentences of libraries, and the statuses of a channel.
"""

from __future__ import annotations

WORDS = (
    # charges
    "Item", "Tax", "Shipping", "Shipping tax", "Discount", "Shipping discount", "Gift wrap",
    "Gift wrap tax", "Cod fee", "Delivery tip", "Other",
    # states and settings
    "yes", "no", "Active", "Paused", "Connecting", "Merchant", "merchant",
    "the channel", "the store", "the marketplace",
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

FOREIGN = (
    # statuses of channel orders
    "PendingAvailability", "Pending", "Unshipped", "PartiallyShipped", "Shipped", "Canceled",
    "Unfulfillable", "Unreadable",
    # marshmallow
    "Missing data for required field.", "Field may not be null.", "Unknown field.", "Unknown setting.",
    "Invalid input type.", "Invalid value.", "Not a valid string.", "Not a valid number.",
    "Not a valid integer.", "Not a valid boolean.", "Not a valid date.", "Not a valid datetime.",
    "Not a valid email address.", "Not a valid URL.", "Not a valid list.", "Not a valid mapping type.",
    "Must be one of: {choices}.", "Longer than maximum length {max}.", "Shorter than minimum length {min}.",
    "Length must be between {min} and {max}.", "Length must be {equal}.",
    "Must be greater than or equal to {min}.", "Must be less than or equal to {max}.",
    "Must be greater than or equal to {min} and less than or equal to {max}.",
    "String does not match expected pattern.",
    "One or more of the choices you made was not in: {choices}.",
    # Flask and Werkzeug
    "The CSRF token is missing.", "The CSRF session token is missing.", "The CSRF tokens do not match.",
    "The CSRF token is invalid.", "The CSRF token has expired.",
    "The data value transmitted exceeds the capacity limit.",
    "The browser (or proxy) sent a request that this server could not understand.",
)  # fmt: skip

#: What libraries say to programmers, said to people who fill in a form.
IN_ENGLISH = {
    "Missing data for required field.": "Please fill this in.",
    "Field may not be null.": "Please fill this in.",
    "Not a valid string.": "Enter a text.",
    "Not a valid number.": "Enter a number.",
    "Not a valid integer.": "Enter a whole number.",
    "Not a valid boolean.": "Choose yes or no.",
    "Not a valid date.": "Enter a day such as 2026-12-31.",
    "Not a valid email address.": "Enter an email address such as anna@shop.example.",
    "Not a valid URL.": "Enter an address such as https://shop.example.",
    "String does not match expected pattern.": "This is not written as it should be.",
}
