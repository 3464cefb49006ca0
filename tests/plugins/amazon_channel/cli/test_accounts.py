"""`entrepot amazon accounts`: adding, listing and testing a seller account."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta

import pytest

from plugins.amazon_channel.simulator import SELLER, World, serve_simulator
from tests.command_line import GERMANY, Entrepot, Seller
from tests.plugins.amazon_channel.scripted_amazon import refusal, serve_scripted_amazon

ADD = ("amazon", "accounts", "add")


def test_account_is_added_connected_and_listed(seller_on_each: Seller) -> None:
    seller, entrepot = seller_on_each, seller_on_each.entrepot
    assert entrepot.json("amazon", "accounts", "list") == []
    added = entrepot.json(*ADD, "shop", *seller.account_options())
    (listed,) = entrepot.json("amazon", "accounts", "list")
    assert added == listed
    assert listed["name"] == "shop"
    assert listed["seller_id"] == SELLER.seller_id
    assert listed["region"] == "eu"
    assert listed["marketplaces"] == [GERMANY]
    assert listed["state"] == "active"
    assert datetime.fromisoformat(listed["connected_at"]).tzinfo is not None
    assert listed["last_error"] is None
    assert "shop" in entrepot.ok("amazon", "accounts", "list")


def test_accounts_of_a_new_shop_are_none_in_words(entrepot: Entrepot) -> None:
    assert entrepot.ok("amazon", "accounts", "list") == "There is no account yet.\n"


def test_secrets_are_taken_from_the_environment(seller: Seller) -> None:
    options = seller.account_options(client_id=None, client_secret=None, refresh_token=None)
    seller.entrepot.ok(
        *ADD,
        "shop",
        *options,
        ENTREPOT_AMAZON_CLIENT_ID=SELLER.client_id,
        ENTREPOT_AMAZON_CLIENT_SECRET=SELLER.client_secret,
        ENTREPOT_AMAZON_REFRESH_TOKEN=SELLER.refresh_token,
    )
    assert "Amazon accepts shop" in seller.entrepot.ok("amazon", "accounts", "test", "shop")


def test_secrets_are_lines_of_standard_input_where_there_is_no_terminal(seller: Seller) -> None:
    options = seller.account_options(client_id=None, client_secret=None, refresh_token=None)
    typed = f"{SELLER.client_id}\n{SELLER.client_secret}\n{SELLER.refresh_token}\n"
    result = seller.entrepot(*ADD, "shop", *options, "--json", typed=typed)
    assert result.status == 0
    assert result.json["connected_at"]
    assert result.err == ""
    seller.entrepot.ok("amazon", "accounts", "test", "shop")


def test_secrets_that_are_not_given_to_a_script_are_wrong_usage(seller: Seller) -> None:
    told = seller.entrepot.wrong(*ADD, "shop", *seller.account_options(client_secret=None), typed="")
    assert told.startswith("--client-secret is missing, and there is no terminal to ask on: give it")
    assert "ENTREPOT_AMAZON_CLIENT_SECRET" in told
    assert seller.entrepot.json("amazon", "accounts", "list") == []


@pytest.mark.parametrize("missing", ["seller_id", "region", "marketplace"])
def test_an_option_that_is_missing_is_wrong_usage(seller: Seller, missing: str) -> None:
    name = missing.replace("_", "-")
    assert f"--{name}" in seller.entrepot.wrong(*ADD, "shop", *seller.account_options(**{missing: None}))


def test_a_region_that_there_is_not_is_wrong_usage(seller: Seller) -> None:
    sentence = seller.entrepot.wrong(*ADD, "shop", *seller.account_options(region="mars"))
    assert "'eu', 'fe', 'na'" in sentence


@pytest.mark.parametrize("option", ["base_url", "lwa_url"])
@pytest.mark.parametrize(
    "url",
    [
        "http://amazon.example",
        "ftp://127.0.0.1",
        "nonsense",
        "https://me:hunter2@amazon.example",
        "http://",
    ],
)
def test_an_address_that_is_not_safe_is_refused(seller: Seller, option: str, url: str) -> None:
    seller.entrepot.secrets.append("hunter2")
    assert option in seller.entrepot.refused(*ADD, "shop", *seller.account_options(**{option: url}))
    assert seller.entrepot.json("amazon", "accounts", "list") == []


@pytest.mark.parametrize("name", ["", "a b", "-shop", "x" * 61, "ä"])
def test_a_name_that_is_none_is_refused(seller: Seller, name: str) -> None:
    result = seller.entrepot(*ADD, *seller.account_options(), "--", name)
    assert (result.status, result.out) == (1, "")
    assert "an account's name is" in result.err


def test_an_account_is_added_only_once(seller: Seller) -> None:
    seller.connect("shop")
    assert "already" in seller.entrepot.refused(*ADD, "shop", *seller.account_options(seller_id="OTHER"))
    assert "as 'shop'" in seller.entrepot.refused(*ADD, "again", *seller.account_options())
    assert len(seller.entrepot.json("amazon", "accounts", "list")) == 1


def test_a_marketplace_of_another_region_is_refused(seller: Seller) -> None:
    told = "A1PA6795UKMFR9 (Amazon.de) belongs to the region eu"
    options = seller.account_options(region="na", base_url=None, lwa_url=None)
    assert seller.entrepot.refused(*ADD, "shop", *options).endswith(f"{told}, not na")
    assert seller.entrepot.json("amazon", "accounts", "list") == []
    assert told in seller.entrepot(*ADD, "shop", *seller.account_options(region="na")).err


@pytest.mark.parametrize("wrong", [{"region": "na"}, {"seller_id": "OTHER"}])
def test_an_account_that_never_connected_is_mended_by_adding_it_again(
    seller: Seller, wrong: dict[str, str]
) -> None:
    away = f"http://127.0.0.1:{free_port()}"
    options = seller.account_options(**wrong, base_url=away, lwa_url=away)
    assert seller.entrepot(*ADD, "shop", *options).status == 0
    seller.entrepot.secrets.append("wrong-secret")
    refused = seller.entrepot.refused(*ADD, "shop", *seller.account_options(client_secret="wrong-secret"))
    assert "was not added" in refused
    (account,) = seller.entrepot.json("amazon", "accounts", "list")
    assert account["connected"] is False, "what was there before stays as it was"
    seller.connect("shop")
    (account,) = seller.entrepot.json("amazon", "accounts", "list")
    assert (account["region"], account["seller_id"]) == ("eu", SELLER.seller_id)
    assert (account["connected"], account["last_error"]) == (True, None)


def test_a_marketplace_that_is_not_known_is_taken_with_a_warning(seller: Seller) -> None:
    result = seller.entrepot(*ADD, "shop", *seller.account_options(marketplace="ANEWONE"))
    assert result.status == 0
    assert "ANEWONE is not one that is known here" in result.err
    (account,) = seller.entrepot.json("amazon", "accounts", "list")
    assert account["marketplaces"] == ["ANEWONE"]


def test_several_marketplaces_are_one_account(seller: Seller) -> None:
    france = "A13V1IB3VIYZZH"
    seller.entrepot.ok(*ADD, "shop", *seller.account_options(), "--marketplace", france)
    (account,) = seller.entrepot.json("amazon", "accounts", "list")
    assert account["marketplaces"] == [GERMANY, france]


def test_an_account_that_cannot_be_connected_is_kept_and_connects_as_of_when_it_was_added(
    entrepot: Entrepot, world: World
) -> None:
    port = free_port()
    away = f"http://127.0.0.1:{port}"
    options = ["--seller-id", SELLER.seller_id, "--region", "eu", "--marketplace", GERMANY]
    options += ["--client-id", SELLER.client_id, "--client-secret", SELLER.client_secret]
    options += ["--refresh-token", SELLER.refresh_token, "--base-url", away, "--lwa-url", away]
    result = entrepot(*ADD, "shop", *options)
    assert result.status == 0
    assert "is kept, but could not be connected yet" in result.err
    assert result.out.startswith("The account shop was added and is not connected yet")
    (account,) = entrepot.json("amazon", "accounts", "list")
    assert (account["connected"], account["connected_at"]) == (False, None)
    assert account["last_error"] in result.err
    added = world.now()
    order = world.place_order(marketplace="DE", status="UNSHIPPED", lines=[{"sku": "MUG"}])
    with serve_simulator(world, port=port, rates="off") as amazon:
        seller = Seller(entrepot, amazon)
        assert seller.sync()["seen"] == 0  # Amazon shows it two minutes later
        (account,) = entrepot.json("amazon", "accounts", "list")
        assert abs(datetime.fromisoformat(account["connected_at"]) - added) < timedelta(seconds=30)
        world.advance(timedelta(minutes=3))
        assert seller.sync()["seen"] == 1
    assert "Earlier Orders" not in entrepot.ok("amazon", "explain", order.order_id)


def test_amazon_accepts_good_credentials(seller: Seller) -> None:
    seller.connect()
    assert "Amazon accepts shop" in seller.entrepot.ok("amazon", "accounts", "test", "shop")
    told = seller.entrepot.json("amazon", "accounts", "test", "shop")
    assert told["is_accepted"] is True
    assert datetime.fromisoformat(told["amazon_time"]).tzinfo is not None


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"client_secret": "wrong-secret"}, "client secret"),
        ({"refresh_token": "wrong-token"}, "refresh token"),
        ({"client_id": "wrong-id"}, "client id"),
    ],
)
def test_nothing_is_kept_of_credentials_that_amazon_refuses(
    seller: Seller, changed: dict[str, str], named: str
) -> None:
    seller.entrepot.secrets += changed.values()
    told = seller.entrepot.refused(*ADD, "shop", *seller.account_options(**changed))
    assert told.startswith("the account shop was not added: Login with Amazon")
    assert named in told
    assert seller.entrepot.json("amazon", "accounts", "list") == []
    assert seller.entrepot.json("problems", "list") == []
    seller.connect("shop")
    renew = ("amazon", "accounts", "renew", "shop", f"--{next(iter(changed)).replace('_', '-')}")
    seller.entrepot.ok(*renew, next(iter(changed.values())))
    assert named in seller.entrepot.refused("amazon", "accounts", "test", "shop").lower()


def test_an_account_that_may_sign_in_but_see_no_orders_is_not_connected(seller: Seller) -> None:
    with serve_scripted_amazon() as amazon:
        unknown, denied = refusal(404, "NotFound", None), refusal(403, "Unauthorized", "No such role")
        amazon.reply(unknown, denied)
        options = seller.account_options(base_url=amazon.url, lwa_url=amazon.url)
        told = seller.entrepot.refused(*ADD, "shop", *options)
    assert told.startswith("the account shop is kept, but is not connected: Amazon denies access")
    (account,) = seller.entrepot.json("amazon", "accounts", "list")
    assert (account["connected"], "No such role" in account["last_error"]) == (False, True)
    seller.connect("shop")


def test_an_account_that_there_is_not_cannot_be_tested(seller: Seller) -> None:
    seller.connect()
    assert "there are: shop" in seller.entrepot.refused("amazon", "accounts", "test", "other")


def test_a_paused_account_says_so_and_goes_on_when_it_is_resumed(seller: Seller) -> None:
    seller.connect()
    entrepot, where = seller.entrepot, ("amazon", "accounts")
    assert entrepot.ok(*where, "pause", "shop") == "shop is paused.\n"
    assert entrepot.ok(*where, "pause", "shop") == "shop was paused already.\n"
    assert entrepot.json(*where, "list")[0]["state"] == "paused"
    assert "shop: the account shop is paused: resume it first" in entrepot.ok("amazon", "sync")
    assert seller.sync()["accounts"][0]["paused"] is True
    assert entrepot.json(*where, "runs", "shop") == []
    assert entrepot.ok(*where, "resume", "shop") == "shop goes on.\n"
    assert seller.sync()["accounts"][0]["paused"] is False
    (run,) = entrepot.json(*where, "runs", "shop")
    counted = sum(run[name] for name in ("imported", "updated", "skipped", "held", "failed"))
    assert (run["seen"], run["error"]) == (counted, None)
    assert "no account 'other'" in entrepot.refused(*where, "pause", "other")


def test_the_days_that_are_left_come_from_the_dates_that_were_entered(seller: Seller) -> None:
    today = datetime.now(UTC).date()
    seller.connect(secret_issued_on=str(today - timedelta(days=170)))
    entrepot, renew = seller.entrepot, ("amazon", "accounts", "renew", "shop")

    def days_left() -> dict[str, int | None]:
        (account,) = entrepot.json("amazon", "accounts", "list")
        left: dict[str, int | None] = account["days_left"]
        return left

    assert days_left() == {"client_secret": 10, "authorization": None}
    (problem,) = [row["found"] for row in entrepot("doctor", "--json").json if not row["is_well"]]
    assert "The client secret of shop ends in 10 days" in problem
    told = entrepot.ok(*renew, "--client-secret", "another-secret", "--authorized-on", str(today))
    assert "Stored anew: client_secret." in told
    assert days_left() == {"client_secret": 180, "authorization": 365}
    entrepot.ok("doctor")
    long_ago = today - timedelta(days=400)
    told = entrepot.ok(*renew, "--authorized-on", str(long_ago))
    assert "The client secret ends in 180 days, on " in told
    assert f"The authorization ended on {long_ago + timedelta(days=365)}.\n" in told
    assert "nothing was given" in entrepot.wrong(*renew)
    future = str(today + timedelta(days=3))
    assert "lies in the future" in entrepot.refused(*renew, "--authorized-on", future)


def test_secrets_are_in_no_log_line_at_any_level(seller: Seller) -> None:
    for command in (
        [*ADD, "shop", *seller.account_options()],
        ["amazon", "accounts", "test", "shop"],
        ["amazon", "sync"],
        ["amazon", "accounts", "list"],
    ):
        result = seller.entrepot(*command, ENTREPOT_LOG_LEVEL="DEBUG")
        assert result.status == 0
        assert "Atza" not in result.err
    assert "amazon_answered" in seller.entrepot("amazon", "sync", ENTREPOT_LOG_LEVEL="DEBUG").err


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
