"""`entrepot amazon settings`: the order settings of a marketplace, and an account's own."""

from __future__ import annotations

from contextlib import closing

import pytest
from sqlalchemy import select

from core.jobs import Schedule
from tests.command_line import GERMANY, Entrepot, Seller, open_shop

DEFAULTS = {
    "import_orders": "enabled",
    "store": "default",
    "customer_creation": "guest",
    "order_number_source": "store",
    "pending_orders": "reserve",
    "order_status": "default",
    "processing_status": None,
    "unknown_sku": "block",
    "out_of_stock": "create",
    "earlier_orders": "none",
    "show_pending": "no",
}
WHERE = ("--account", "shop", "--marketplace", GERMANY)
SHOW = ("amazon", "settings", "show")
SET = ("amazon", "settings", "set")


@pytest.fixture
def connected(seller: Seller) -> Entrepot:
    """A shop with an account."""
    seller.connect()
    return seller.entrepot


def test_order_settings_begin_with_their_defaults(connected: Entrepot) -> None:
    assert connected.json(*SHOW, *WHERE) == DEFAULTS
    printed = connected.ok(*SHOW, *WHERE).splitlines()
    assert "show_pending: no" in printed
    assert [line.partition(":")[0] for line in printed] == list(DEFAULTS)


def test_order_settings_are_changed_and_shown(seller_on_each: Seller) -> None:
    seller_on_each.connect()
    entrepot = seller_on_each.entrepot
    changed = entrepot.json(*SET, *WHERE, "unknown_sku=create_disabled", "out_of_stock=block")
    assert changed == DEFAULTS | {"unknown_sku": "create_disabled", "out_of_stock": "block"}
    assert entrepot.json(*SHOW, *WHERE) == changed
    assert entrepot.json(*SET, *WHERE, "unknown_sku=block")["out_of_stock"] == "block"


def test_settings_of_an_account_are_its_own(connected: Entrepot) -> None:
    assert connected.json(*SHOW, "--account", "shop") == {"poll_minutes": 5, "carriers": {}}
    changed = connected.json(*SET, "--account", "shop", "poll_minutes=10", 'carriers={"Post": "DHL"}')
    assert changed == {"poll_minutes": 10, "carriers": {"Post": "DHL"}}
    assert connected.json(*SHOW, *WHERE) == DEFAULTS


@pytest.mark.parametrize("minutes", ["2", "0", "-5", "many", "", "1441"])
def test_polling_more_often_than_amazon_likes_is_refused(connected: Entrepot, minutes: str) -> None:
    assert "poll_minutes" in connected.refused(*SET, "--account", "shop", f"poll_minutes={minutes}")
    assert connected.json(*SHOW, "--account", "shop")["poll_minutes"] == 5


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("import_orders=maybe", "import_orders"),
        ("store=nowhere", "store"),
        ("customer_creation=nobody", "customer_creation"),
        ("order_number_source=mine", "order_number_source"),
        ("order_status=custom", "processing_status is required"),
        ("processing_status=processing", "only be set for Custom Order Status"),
        ("earlier_orders=yesterday", "earlier_orders"),
        ("earlier_orders=1999-01-01", "two years back"),
        ("show_pending=", "show_pending"),
        ("show_pendign=yes", "did you mean show_pending"),
    ],
)
def test_a_change_that_is_not_right_is_refused_whole(
    connected: Entrepot, change: str, complaint: str
) -> None:
    assert complaint in connected.refused(*SET, *WHERE, "unknown_sku=create_disabled", change)
    assert connected.json(*SHOW, *WHERE) == DEFAULTS


@pytest.mark.parametrize("change", ["show_pending", "=yes"])
def test_what_is_not_written_like_a_setting_is_wrong_usage(connected: Entrepot, change: str) -> None:
    assert "written KEY=VALUE" in connected.wrong(*SET, *WHERE, "unknown_sku=create_disabled", change)
    assert connected.json(*SHOW, *WHERE) == DEFAULTS


def test_settings_of_an_account_take_effect_whichever_command_changes_them(connected: Entrepot) -> None:
    scope = ("settings", "set", "amazon_channel", "--scope", "account", "--id")
    assert connected.json(*scope, "shop", "poll_minutes=7")["poll_minutes"] == 7
    assert connected.json(*SHOW, "--account", "shop")["poll_minutes"] == 7
    with closing(open_shop(connected)) as shop, shop.current().reading() as ctx:
        assert ctx.session.scalars(select(Schedule.every_seconds)).one() == 7 * 60
    assert "there are: shop" in connected.refused(*scope, "99", "poll_minutes=7")


def test_a_setting_given_twice_is_refused(connected: Entrepot) -> None:
    assert "given twice" in connected.refused(*SET, *WHERE, "store=default", "store=default")


def test_disabled_imports_disable_the_other_fields(connected: Entrepot) -> None:
    connected.ok(*SET, *WHERE, "import_orders=disabled")
    assert "unknown_sku cannot be changed" in connected.refused(*SET, *WHERE, "unknown_sku=create_disabled")
    connected.ok(*SET, *WHERE, "import_orders=enabled", "unknown_sku=create_disabled")


def test_a_status_of_the_merchants_own_can_be_chosen(connected: Entrepot) -> None:
    connected.ok("statuses", "add", "check", "--label", "To be checked", "--like", "on_hold")
    changed = connected.json(*SET, *WHERE, "order_status=custom", "processing_status=check")
    assert changed["processing_status"] == "check"
    assert "processing_status" in connected.refused(*SET, *WHERE, "processing_status=complete")
    assert "is required" in connected.refused(*SET, *WHERE, "processing_status=")
    connected.ok(*SET, *WHERE, "order_status=default")


def test_amazons_number_is_chosen_with_a_warning_that_leaves_json_alone(connected: Entrepot) -> None:
    result = connected(*SET, *WHERE, "order_number_source=amazon", "--json")
    assert result.status == 0
    assert result.json["order_number_source"] == "amazon"
    assert len(result.err.splitlines()) == 1


@pytest.mark.parametrize("command", [SHOW, (*SET, "show_pending=yes")])
def test_settings_of_what_there_is_not_are_refused(connected: Entrepot, command: tuple[str, ...]) -> None:
    assert "there are: shop" in connected.refused(*command, "--account", "other", "--marketplace", GERMANY)
    assert f"it has: {GERMANY}" in connected.refused(
        *command, "--account", "shop", "--marketplace", "OTHER"
    )


def test_settings_of_a_policy_come_and_go_with_its_plugin(connected: Entrepot) -> None:
    connected.ok("plugins", "disable", "guest_checkout", "--yes")
    connected.ok(*SET, *WHERE, "customer_creation=build_new_customer_account")
    assert "customer_creation" in connected.refused(*SET, *WHERE, "customer_creation=guest")
    connected.ok("plugins", "enable", "guest_checkout")
    connected.ok(*SET, *WHERE, "customer_creation=guest")
