"""Order settings: their defaults, what they accept, and what depends on what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.channels.accounts import get_account, get_marketplace
from core.channels.changing_settings import undo_order_settings
from core.channels.order_settings import (
    OrderSettings,
    OrderSettingsSchema,
    choices_for,
    policy_users,
    read_order_settings,
    save_order_settings,
    settings_key,
)
from core.commerce.statuses import add_status
from core.commerce.stores import add_store
from core.context import Context
from core.errors import InvalidValue, NotFound, WrongState
from core.settings import list_history
from tests.shop import GERMANY, Shop

TODAY = datetime.now(UTC).date()


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the kind of database."""
    return sqlite_url


def settings_of(shop: Shop) -> OrderSettings:
    def read(ctx: Context) -> OrderSettings:
        marketplace = get_marketplace(get_account(ctx.session, "amazon", "shop"), GERMANY)
        return read_order_settings(ctx, shop.app.registry.get_channel("amazon"), marketplace)

    return shop.read(read)


def save(shop: Shop, **changes: Any) -> list[str]:
    def change(ctx: Context) -> list[str]:
        marketplace = get_marketplace(get_account(ctx.session, "amazon", "shop"), GERMANY)
        return list(save_order_settings(ctx, shop.app.registry, marketplace, changes))

    return shop.write(change)


def schema_of(shop: Shop) -> OrderSettingsSchema:
    channel = shop.app.registry.get_channel("amazon")
    return shop.read(
        lambda ctx: OrderSettingsSchema(choices_for(ctx.session, shop.app.registry, channel, TODAY))
    )


def test_order_settings_have_the_defaults_of_the_page(shop: Shop) -> None:
    assert settings_of(shop) == OrderSettings(
        import_orders="enabled",
        store="default",
        customer_creation="guest",
        order_number_source="store",
        pending_orders="reserve",
        order_status="default",
        processing_status=None,
        unknown_sku="block",
        out_of_stock="create",
        earlier_orders="none",
        show_pending="no",
    )


def test_order_settings_offer_what_the_page_lists(shop: Shop) -> None:
    offered = {
        name: dict(zip(field.validators[0].choices, field.validators[0].labels, strict=True))
        for name, field in schema_of(shop).fields.items()
        if name != "earlier_orders"
    }
    assert offered == {
        "import_orders": {"enabled": "Enabled", "disabled": "Disabled"},
        "store": {"default": "Default store"},
        "customer_creation": {
            "guest": "No Customer Creation (guest)",
            "build_new_customer_account": "Build New Customer Account",
        },
        "order_number_source": {
            "store": "Build Using Store Order Number",
            "amazon": "Build Using Amazon Order Number",
        },
        "pending_orders": {"do_not_reserve": "Do Not Reserve Quantity", "reserve": "Reserve Quantity"},
        "order_status": {"default": "Default Order Status", "custom": "Custom Order Status"},
        "processing_status": {"pending": "Pending", "processing": "Processing", "on_hold": "On hold"},
        "unknown_sku": {"block": "Block the order", "create_disabled": "Create a disabled product"},
        "out_of_stock": {"create": "Create the order", "block": "Block the order"},
        "show_pending": {"no": "No", "yes": "Yes"},
    }


def test_order_settings_are_labeled_with_the_name_of_the_channel(shop: Shop) -> None:
    labels = [field.metadata["label"] for field in schema_of(shop).fields.values()]
    assert labels == [
        "Import Amazon Orders",
        "Import Amazon Orders Into Store",
        "Customer Creation",
        "Order Number Source",
        "Pending Orders",
        "Order Status",
        "Processing Order Status",
        "Unknown SKU",
        "Out of Stock",
        "Earlier Orders",
        "Show Pending Orders",
    ]
    assert OrderSettingsSchema().fields["import_orders"].metadata["label"] == "Import Orders"


@pytest.mark.parametrize(
    "changes",
    [
        {"import_orders": "maybe"},
        {"store": "nowhere"},
        {"customer_creation": "nobody_supplies_this"},
        {"order_number_source": "ebay"},
        {"pending_orders": "yes"},
        {"order_status": "other"},
        {"order_status": "custom", "processing_status": "complete"},
        {"order_status": "custom", "processing_status": "nonsense"},
        {"unknown_sku": "guess"},
        {"out_of_stock": "wait"},
        {"earlier_orders": "all"},
        {"earlier_orders": (TODAY + timedelta(days=1)).isoformat()},
        {"earlier_orders": (TODAY - timedelta(days=731)).isoformat()},
        {"show_pending": "perhaps"},
    ],
    ids=lambda changes: ",".join(f"{key}={value}" for key, value in changes.items()),
)
def test_value_that_is_no_option_is_refused_by_the_field_and_nothing_is_saved(
    shop: Shop, changes: dict[str, str]
) -> None:
    before = settings_of(shop)
    with pytest.raises(InvalidValue) as caught:
        save(shop, out_of_stock=changes.get("out_of_stock", "block"), **_without_stock(changes))
    assert set(caught.value.fields) == {list(changes)[-1]}
    assert settings_of(shop) == before


def _without_stock(changes: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in changes.items() if name != "out_of_stock"}


def test_unknown_setting_is_refused(shop: Shop) -> None:
    with pytest.raises(InvalidValue, match="nonsense"):
        save(shop, nonsense="1")


@pytest.mark.parametrize(
    "value", ["none", "unshipped", TODAY.isoformat(), (TODAY - timedelta(days=730)).isoformat()]
)
def test_earlier_orders_accepts_a_date_up_to_two_years_back(shop: Shop, value: str) -> None:
    save(shop, earlier_orders=value)
    assert settings_of(shop).earlier_orders == value


def test_date_that_has_grown_old_does_not_stand_in_the_way_of_other_settings(shop: Shop) -> None:
    oldest = (TODAY - timedelta(days=730)).isoformat()
    save(shop, earlier_orders=oldest)

    def save_a_year_later(ctx: Context) -> None:
        later = Context(ctx.session, ctx.hooks, _Clock(), ctx.actor)
        marketplace = get_marketplace(get_account(ctx.session, "amazon", "shop"), GERMANY)
        save_order_settings(later, shop.app.registry, marketplace, {"out_of_stock": "block"})

    shop.write(save_a_year_later)
    assert (settings_of(shop).out_of_stock, settings_of(shop).earlier_orders) == ("block", oldest)


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=365)


def test_disabling_the_import_disables_every_other_field(shop: Shop) -> None:
    save(shop, import_orders="disabled")
    for name, value in {"store": "other", "out_of_stock": "block", "show_pending": "yes"}.items():
        with pytest.raises(InvalidValue) as caught:
            save(shop, **{name: value})
        assert caught.value.fields == {name: ["cannot be changed while importing orders is Disabled"]}
    with pytest.raises(InvalidValue, match="is Disabled"):
        save(shop, import_orders="disabled", out_of_stock="block")


def test_whole_page_is_saved_with_the_import_disabled_if_nothing_else_changes(shop: Shop) -> None:
    page = settings_of(shop).__dict__ | {"import_orders": "disabled", "processing_status": ""}
    assert save(shop, **page) == ["import_orders"]


def test_enabling_the_import_enables_the_fields_in_the_same_step(shop: Shop) -> None:
    save(shop, import_orders="disabled")
    assert set(save(shop, import_orders="enabled", out_of_stock="block")) == {
        "import_orders",
        "out_of_stock",
    }


def test_import_can_be_disabled_although_the_policy_has_gone(shop: Shop) -> None:
    save(shop, customer_creation="build_new_customer_account")
    save(shop, customer_creation="guest")
    shop.disable("guest_checkout")
    with pytest.raises(InvalidValue) as caught:
        save(shop, out_of_stock="block")
    assert list(caught.value.fields) == ["customer_creation"]
    assert save(shop, import_orders="disabled") == ["import_orders"]


def test_custom_order_status_requires_a_processing_status(shop: Shop) -> None:
    with pytest.raises(InvalidValue) as caught:
        save(shop, order_status="custom")
    assert caught.value.fields == {"processing_status": ["is required for Custom Order Status"]}
    assert save(shop, order_status="custom", processing_status="on_hold") == [
        "order_status",
        "processing_status",
    ]


def test_processing_status_is_enabled_only_for_a_custom_order_status(shop: Shop) -> None:
    with pytest.raises(InvalidValue) as caught:
        save(shop, processing_status="on_hold")
    assert list(caught.value.fields) == ["processing_status"]
    save(shop, order_status="custom", processing_status="on_hold")
    assert save(shop, order_status="default", processing_status="on_hold") == ["order_status"]
    assert save(shop, processing_status="") == ["processing_status"]


def test_merchants_own_status_and_store_are_offered(shop: Shop) -> None:
    shop.write(lambda ctx: add_status(ctx, "picking", "Picking", "processing"))
    shop.write(lambda ctx: add_store(ctx, "outlet", "Outlet", "EUR"))
    save(shop, order_status="custom", processing_status="picking", store="outlet")
    assert (settings_of(shop).processing_status, settings_of(shop).store) == ("picking", "outlet")


def test_policy_is_offered_only_while_its_plugin_is_enabled(shop: Shop) -> None:
    shop.disable("guest_checkout")
    offered = schema_of(shop).fields["customer_creation"].validators[0].choices
    assert list(offered) == ["build_new_customer_account"]


def test_users_of_a_policy_are_found(shop: Shop) -> None:
    def users(ctx: Context) -> list[str]:
        return policy_users(ctx.session, ctx, shop.app.registry, "guest")

    assert shop.read(users) == [f"shop/{GERMANY}"]
    save(shop, customer_creation="build_new_customer_account")
    assert shop.read(users) == []


def test_order_settings_are_kept_with_their_history(shop: Shop) -> None:
    save(shop, out_of_stock="block")
    save(shop, out_of_stock="create", unknown_sku="create_disabled")

    def history(ctx: Context) -> list[tuple[dict[str, Any], dict[str, Any], str]]:
        marketplace = get_marketplace(get_account(ctx.session, "amazon", "shop"), GERMANY)
        key = settings_key(shop.app.registry.get_channel("amazon"), marketplace)
        return [(row.before, row.after, row.changed_by) for row in list_history(ctx, key)]

    assert shop.read(history) == [
        (
            {"out_of_stock": "block", "unknown_sku": "block"},
            {"out_of_stock": "create", "unknown_sku": "create_disabled"},
            "operator",
        ),
        ({"out_of_stock": "create"}, {"out_of_stock": "block"}, "operator"),
    ]


def undo(shop: Shop, place: int = 0) -> list[str]:
    """Take a change back, the newest or one before it; the names that changed by it."""

    def change(ctx: Context) -> list[str]:
        marketplace = get_marketplace(get_account(ctx.session, "amazon", "shop"), GERMANY)
        key = settings_key(shop.app.registry.get_channel("amazon"), marketplace)
        change_id = list_history(ctx, key)[place].id
        return list(undo_order_settings(ctx, shop.app.registry, marketplace, change_id))

    return shop.write(change)


def test_change_of_order_settings_is_taken_back_as_a_change_of_its_own(shop: Shop) -> None:
    before = settings_of(shop)
    save(shop, order_status="custom", processing_status="on_hold", show_pending="yes")
    assert undo(shop) == ["order_status", "processing_status", "show_pending"]
    assert settings_of(shop) == before
    assert undo(shop) == ["order_status", "processing_status", "show_pending"]
    assert settings_of(shop).processing_status == "on_hold"


def test_change_back_to_disabled_takes_what_was_changed_with_it(shop: Shop) -> None:
    save(shop, import_orders="disabled")
    save(shop, import_orders="enabled", out_of_stock="block")
    undo(shop)
    assert (settings_of(shop).import_orders, settings_of(shop).out_of_stock) == ("disabled", "create")


def test_change_whose_earlier_values_do_not_fit_any_more_is_not_taken_back(shop: Shop) -> None:
    save(shop, customer_creation="build_new_customer_account")
    shop.disable("guest_checkout")
    with pytest.raises(WrongState, match=r"cannot be undone.*customer_creation"):
        undo(shop)
    save(shop, order_status="custom", processing_status="on_hold")
    save(shop, order_status="default")
    save(shop, processing_status="")
    with pytest.raises(WrongState, match="is required for Custom Order Status"):
        undo(shop, place=1)
    assert settings_of(shop).order_status == "default"


def test_change_of_other_settings_is_not_taken_back_here(shop: Shop) -> None:
    save(shop, show_pending="yes")

    def take_back(ctx: Context) -> None:
        marketplace = get_marketplace(get_account(ctx.session, "amazon", "shop"), GERMANY)
        undo_order_settings(ctx, shop.app.registry, marketplace, 4711)

    with pytest.raises(NotFound, match="no change 4711"):
        shop.write(take_back)
