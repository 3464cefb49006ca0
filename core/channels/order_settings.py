"""Order settings: one set per account and marketplace, saved as a whole, with history."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from marshmallow import Schema, ValidationError, fields
from marshmallow.validate import Equal, OneOf
from sqlalchemy.orm import Session

from core.channels.accounts import Account, AccountMarketplace
from core.channels.policies import BUILD_NEW
from core.channels.registration import Channel, Registry
from core.commerce.customers import GUEST
from core.commerce.statuses import list_statuses
from core.commerce.stores import DEFAULT_STORE, list_stores
from core.context import Context
from core.errors import InvalidValue
from core.settings import SettingsKey, read_settings, save_settings

EARLIEST = timedelta(days=730)
GUEST_TITLE = "No Customer Creation (guest)"


@dataclass(frozen=True)
class OrderSettings:
    """The settings of one account and marketplace, by key; the values are those of the options."""

    import_orders: str
    store: str
    customer_creation: str
    order_number_source: str
    pending_orders: str
    order_status: str
    processing_status: str | None
    unknown_sku: str
    out_of_stock: str
    earlier_orders: str
    show_pending: str

    @property
    def earliest(self) -> datetime | None:
        """From when on earlier orders are imported, if `earlier_orders` names a date."""
        if self.earlier_orders in ("none", "unshipped"):
            return None
        day = date.fromisoformat(self.earlier_orders)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)


@dataclass(frozen=True)
class Choices:
    """What the fields that depend on the shop offer: value → label.

    earlier_orders   the value that is set now: a date does not become wrong by growing old
    """

    channel: str
    channel_title: str
    number_source: str
    stores: Mapping[str, str]
    policies: Mapping[str, str]
    statuses: Mapping[str, str]
    today: date
    earlier_orders: str = "none"


def _choice(options: Mapping[str, str], default: str, label: str, help_text: str) -> fields.String:
    return fields.String(
        load_default=default,
        validate=OneOf(list(options), list(options.values())),
        metadata={"label": label, "help": help_text, "group": "Orders"},
    )


_ENABLED = {"enabled": "Enabled", "disabled": "Disabled"}
#: Labels that name the channel.
LABELS = {"import_orders": "Import {} Orders", "store": "Import {} Orders Into Store"}


class OrderSettingsSchema(Schema):
    """The fields of the page *Order settings*, in its order."""

    import_orders = _choice(
        _ENABLED,
        "enabled",
        "Import Orders",
        "Disabled: channel orders are still stored and shown, but no order is created",
    )
    store = fields.String(
        load_default=DEFAULT_STORE,
        metadata={
            "label": "Import Orders Into Store",
            "help": "The order gets this store's number and customers; its currency stays",
            "group": "Orders",
        },
    )
    customer_creation = fields.String(
        load_default=GUEST,
        metadata={
            "label": "Customer Creation",
            "help": "Whether a buyer gets a customer account",
            "group": "Orders",
        },
    )
    order_number_source = _choice(
        {"store": "Build Using Store Order Number"},
        "store",
        "Order Number Source",
        "Whether the order is numbered by its store or keeps the marketplace's number",
    )
    pending_orders = _choice(
        {"do_not_reserve": "Do Not Reserve Quantity", "reserve": "Reserve Quantity"},
        "reserve",
        "Pending Orders",
        "Whether stock is reserved while the channel verifies the payment",
    )
    order_status = _choice(
        {"default": "Default Order Status", "custom": "Custom Order Status"},
        "default",
        "Order Status",
        "Default: processing, because the channel releases an order only once it is paid",
    )
    processing_status = fields.String(
        load_default=None,
        allow_none=True,
        metadata={
            "label": "Processing Order Status",
            "help": "Only for Custom Order Status; orders that arrive shipped ignore it",
            "group": "Orders",
        },
    )
    unknown_sku = _choice(
        {"block": "Block the order", "create_disabled": "Create a disabled product"},
        "block",
        "Unknown SKU",
        "A blocked order is created by itself once the product exists",
    )
    out_of_stock = _choice(
        {"create": "Create the order", "block": "Block the order"},
        "create",
        "Out of Stock",
        "A blocked order is created by itself once there is stock",
    )
    earlier_orders = fields.String(
        load_default="none",
        metadata={
            "label": "Earlier Orders",
            "help": "none, unshipped, or a date such as 2026-01-31, at most two years back: which "
            "orders from before the account was connected are imported",
            "group": "Orders",
        },
    )
    show_pending = _choice(
        {"no": "No", "yes": "Yes"},
        "no",
        "Show Pending Orders",
        "Whether pending orders show on the Orders tab",
    )

    def __init__(self, choices: Choices | None = None) -> None:
        """With choices, values are checked against them; without, what is stored is only read."""
        super().__init__()
        if choices is None:
            self.fields["order_number_source"].validators = []
            return
        offered = {
            "store": choices.stores,
            "customer_creation": choices.policies,
            "order_number_source": {
                "store": "Build Using Store Order Number",
                choices.channel: choices.number_source,
            },
            "processing_status": choices.statuses,
        }
        for name, options in offered.items():
            check = OneOf(list(options), list(options.values()))
            self.fields[name].validators = [check]
        self.fields["earlier_orders"].validators = [lambda value: _check_earlier_orders(value, choices)]
        for name, label in LABELS.items():
            field = self.fields[name]
            field.metadata = {**field.metadata, "label": label.format(choices.channel_title)}

    def keep(self, current: OrderSettings, *, but: Collection[str] = ()) -> None:
        """Take what is set now for valid: while importing is disabled, nothing of it is in use."""
        for name, value in current.__dict__.items():
            if name != "import_orders" and name not in but:
                self.fields[name].validators = [Equal(value)] if value is not None else []


def choices_for(session: Session, registry: Registry, channel: Channel, today: date) -> Choices:
    """What can be chosen at this moment. Only what an enabled plugin supplies is offered."""
    return Choices(
        channel=channel.key,
        channel_title=channel.title,
        number_source=channel.number_source,
        stores={store.code: store.name for store in list_stores(session)},
        policies=_policies(registry),
        statuses={row.code: row.label for row in list_statuses(session) if not row.is_final},
        today=today,
    )


def _policies(registry: Registry) -> dict[str, str]:
    """The two of every shop first, as the page has them, then those that other plugins add."""
    first = [key for key in (GUEST, BUILD_NEW.key) if key in registry.policies]
    keys = dict.fromkeys([*first, *registry.policies])
    return {key: registry.policies[key].title for key in keys}


def read_order_settings(ctx: Context, channel: Channel, marketplace: AccountMarketplace) -> OrderSettings:
    """The settings as they are, defaults where nothing was set."""
    key = settings_key(channel, marketplace)
    return OrderSettings(**read_settings(ctx, key, OrderSettingsSchema()))


def save_order_settings(
    ctx: Context,
    registry: Registry,
    marketplace: AccountMarketplace,
    changes: Mapping[str, Any],
    *,
    takes_back: bool = False,
) -> Sequence[str]:
    """Change some settings and check all of them together; the names of those that changed.

    `takes_back`: these were the values before, so they may return while another field disables them.

    Raises InvalidValue, with `fields`, for a value that is none of its options, for a change of a field
    that another one disables, and for a Custom Order Status without a status.
    """
    channel = registry.get_channel(marketplace.account.channel)
    before = read_order_settings(ctx, channel, marketplace)
    choices = choices_for(ctx.session, registry, channel, ctx.clock.now().date())
    if changes.get("processing_status") == "":
        changes = {**changes, "processing_status": None}
    schema = OrderSettingsSchema(replace(choices, earlier_orders=before.earlier_orders))
    is_disabled = {**before.__dict__, **changes}["import_orders"] == "disabled"
    if is_disabled or not schema.validate(dict(changes), partial=True):
        # else the values come first, and all of them at once
        _check_dependencies(before, changes, takes_back=takes_back)
    if is_disabled:
        schema.keep(before, but=changes if takes_back else ())
    return list(save_settings(ctx, settings_key(channel, marketplace), schema, changes))


def settings_key(channel: Channel, marketplace: AccountMarketplace) -> SettingsKey:
    """Where the settings of an account's marketplace are kept."""
    return SettingsKey(channel.plugin, "marketplace", marketplace.settings_id)


def policy_users(session: Session, ctx: Context, registry: Registry, policy: str) -> list[str]:
    """The accounts and marketplaces whose settings name this policy: `my-shop/A1PA…`."""
    users = []
    for account in session.query(Account):
        if account.channel not in registry.channels:
            continue
        for marketplace in account.marketplaces:
            channel = registry.channels[account.channel]
            if read_order_settings(ctx, channel, marketplace).customer_creation == policy:
                users.append(f"{account.name}/{marketplace.marketplace}")
    return users


def _check_dependencies(
    before: OrderSettings, changes: Mapping[str, Any], *, takes_back: bool = False
) -> None:
    after = {**before.__dict__, **changes}
    changed = {key for key in changes if changes[key] != getattr(before, key, None)}
    is_disabled, is_custom = after["import_orders"] == "disabled", after["order_status"] == "custom"
    complaints: dict[str, list[str]] = {}
    if is_disabled and not takes_back:
        for name in changed - {"import_orders"}:
            complaints[name] = ["cannot be changed while importing orders is Disabled"]
    elif is_custom and not is_disabled and not after["processing_status"]:
        complaints["processing_status"] = ["is required for Custom Order Status"]
    elif not is_custom and not takes_back and "processing_status" in changed and after["processing_status"]:
        complaints["processing_status"] = ["can only be set for Custom Order Status"]
    if complaints:
        words = "; ".join(f"{name} {text[0]}" for name, text in sorted(complaints.items()))
        raise InvalidValue(words, complaints)


def _check_earlier_orders(value: str, choices: Choices) -> None:
    if value in ("none", "unshipped", choices.earlier_orders):
        return
    try:
        day = date.fromisoformat(value)
    except ValueError as error:
        raise ValidationError("Expected none, unshipped or a date such as 2026-01-31.") from error
    if not choices.today - EARLIEST <= day <= choices.today:
        raise ValidationError("A date lies between two years back and today.")
