"""`entrepot plugins` and `settings`, with the plugins that come along and with one of somebody else's."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.testing import install_plugin
from tests.command_line import GERMANY, Entrepot

POSTCARDS = """
    import click
    from marshmallow import Schema, fields
    from core import Plugin, hookimpl
    from core.cli.context import json_option, pass_command_line, show_object

    class Settings(Schema):
        greeting = fields.String(load_default="Hello", metadata={"label": "Greeting"})
        copies = fields.Integer(load_default=1)
        api_key = fields.String(load_default="", metadata={"secret": True})

    @click.command()
    @click.argument("name")
    @json_option
    @pass_command_line
    def postcard(command_line, name, as_json):
        \"\"\"Write a postcard.\"\"\"
        with command_line.reading() as ctx:
            show_object({"to": name, "by": ctx.actor}, as_json=as_json)

    class Hooks:
        @hookimpl
        def cli_register(self):
            return postcard

    plugin = Plugin("postcards", "Postcards", "2.0", hooks=Hooks(), settings={"global": Settings})
"""
OPTIONS = "--seller-id S --region eu --client-id C --client-secret S --refresh-token R"


@pytest.fixture
def postcards(tmp_path: Path) -> Iterator[None]:
    """A plugin of another distribution: installed, not enabled."""
    with install_plugin(tmp_path, "postcards", {"postcards.py": POSTCARDS}):
        yield


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[None]:
    """One that cannot be imported, and says a secret while at it."""
    source = "raise RuntimeError('cannot connect with hunter2\\nand more')"
    with install_plugin(tmp_path, "broken", {"broken.py": source}):
        yield


def by_name(entrepot: Entrepot) -> dict[str, dict[str, str]]:
    """What `plugins list` says, by name."""
    return {row["name"]: row for row in entrepot.json("plugins", "list")}


def test_plugins_that_come_along_are_listed_enabled(on_each: Entrepot) -> None:
    plugins = by_name(on_each)
    assert plugins["amazon_channel"]["state"] == plugins["guest_checkout"]["state"] == "enabled"
    assert plugins["amazon_channel"]["distribution"] == "entrepot"
    assert "guest_checkout" in on_each.ok("plugins", "list")


@pytest.mark.usefixtures("postcards")
def test_a_disabled_plugin_is_listed_and_not_imported(entrepot: Entrepot) -> None:
    listed = by_name(entrepot)["postcards"]
    assert listed["state"] == "disabled"
    assert listed["distribution"] == "throwaway-postcards"
    assert listed["entry_point"] == "postcards:plugin"
    assert "postcards" not in sys.modules
    entrepot.wrong("postcard", "Eve")


@pytest.mark.usefixtures("postcards")
def test_a_plugin_of_another_distribution_brings_its_command(on_each: Entrepot) -> None:
    assert on_each.ok("plugins", "enable", "postcards") == "postcards is enabled.\n"
    assert on_each.ok("plugins", "enable", "postcards") == "postcards was enabled already.\n"
    assert by_name(on_each)["postcards"]["state"] == "enabled"
    assert on_each.json("postcard", "Eve") == {"to": "Eve", "by": "cli"}
    assert "Write a postcard" in on_each.ok("--help")
    assert on_each.ok("plugins", "disable", "postcards") == "postcards is disabled; its data stays.\n"
    assert on_each.ok("plugins", "disable", "postcards") == "postcards was not enabled.\n"
    on_each.wrong("postcard", "Eve")


@pytest.mark.usefixtures("postcards")
def test_settings_of_a_plugin_are_shown_and_set(on_each: Entrepot) -> None:
    on_each.secrets.append("hunter2")
    assert "no enabled plugin 'postcards'" in on_each.refused("settings", "show", "postcards")
    on_each.ok("plugins", "enable", "postcards")
    assert on_each.json("settings", "show", "postcards") == {
        "greeting": "Hello",
        "copies": 1,
        "api_key": "not set",
    }
    changed = on_each.json(
        "settings", "set", "postcards", "greeting=Hi = there", "copies=3", "api_key=hunter2"
    )
    assert changed == {"greeting": "Hi = there", "copies": 3, "api_key": "set"}
    assert on_each.json("settings", "show")["postcards"] == changed
    assert "api_key: set" in on_each.ok("settings", "show", "postcards")
    assert "postcards:\n  greeting: Hi = there\n" in on_each.ok("settings", "show")


def test_settings_of_a_new_shop_are_none_in_words(entrepot: Entrepot) -> None:
    assert entrepot.ok("settings", "show") == "No enabled plugin has global settings.\n"
    assert entrepot.json("settings", "show") == {}
    for words in (["--id", "1"], ["--scope", "account"], ["--scope", "account", "--id", "shop"]):
        assert "go with the name of a plugin" in entrepot.wrong("settings", "show", *words)


@pytest.mark.usefixtures("postcards")
@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("copies=many", "copies"),
        ("copy=3", "did you mean copies"),
        ("greeting=twice", "given twice"),
    ],
)
def test_settings_that_are_not_right_are_refused_whole(
    entrepot: Entrepot, change: str, complaint: str
) -> None:
    entrepot.secrets.append("hunter2")
    entrepot.ok("plugins", "enable", "postcards")
    assert complaint in entrepot.refused("settings", "set", "postcards", "greeting=Hi", change)
    assert entrepot.json("settings", "show", "postcards")["greeting"] == "Hello"


@pytest.mark.usefixtures("postcards")
@pytest.mark.parametrize("change", ["copies", "=3", "api_key:hunter2"])
def test_what_is_not_written_like_a_setting_is_wrong_usage(entrepot: Entrepot, change: str) -> None:
    entrepot.secrets.append("hunter2")
    entrepot.ok("plugins", "enable", "postcards")
    assert "written KEY=VALUE" in entrepot.wrong("settings", "set", "postcards", "greeting=Hi", change)
    assert entrepot.json("settings", "show", "postcards")["greeting"] == "Hello"


@pytest.mark.parametrize("given", ["99", "other", "99999999999999999999", "1/2"])
def test_settings_of_an_account_that_there_is_not_are_refused(entrepot: Entrepot, given: str) -> None:
    scope = ("amazon_channel", "--scope", "account", "--id", given)
    assert "there are: none" in entrepot.refused("settings", "set", *scope, "poll_minutes=7")
    assert "there are: none" in entrepot.refused("settings", "show", *scope)


def test_settings_of_what_there_is_not_are_refused(entrepot: Entrepot) -> None:
    assert "there are: " in entrepot.refused("settings", "show", "nothing")
    assert "no global settings" in entrepot.refused("settings", "show", "amazon_channel")
    told = entrepot.refused("settings", "show", "guest_checkout")
    assert told == "the plugin guest_checkout has no settings at all"
    assert "give --scope account" in entrepot.refused("settings", "set", "amazon_channel", "a=b")
    assert "--id" in entrepot.wrong("settings", "show", "amazon_channel", "--scope", "account")
    assert entrepot.json("settings", "show") == {}


def test_a_plugin_that_there_is_not_is_refused(entrepot: Entrepot) -> None:
    assert "did you mean 'guest_checkout'" in entrepot.refused("plugins", "enable", "guest_chekout")
    assert "no installed distribution" in entrepot.refused("plugins", "disable", "nothing")


@pytest.mark.usefixtures("broken")
def test_a_plugin_that_cannot_be_loaded_is_refused_with_the_reason(entrepot: Entrepot) -> None:
    assert "RuntimeError" in entrepot.refused("plugins", "enable", "broken")
    assert by_name(entrepot)["broken"]["state"] == "disabled"


def test_a_plugin_that_breaks_later_is_set_aside_and_the_rest_goes_on(
    entrepot: Entrepot, tmp_path: Path
) -> None:
    with install_plugin(tmp_path / "first", "postcards", {"postcards.py": POSTCARDS}):
        entrepot.ok("plugins", "enable", "postcards")
    missing = by_name(entrepot)["postcards"]
    assert (missing["state"], missing["version"]) == ("set aside", None)
    assert "no installed distribution" in missing["reason"]
    assert "postcards is set aside" in entrepot.wrong("postcard", "Eve")
    assert entrepot.json("stores", "list")
    with install_plugin(tmp_path / "second", "postcards", {"postcards.py": "import nonsense_that_is_not"}):
        assert by_name(entrepot)["postcards"]["reason"].endswith("'nonsense_that_is_not'")
    with install_plugin(tmp_path / "third", "postcards", {}):
        assert by_name(entrepot)["postcards"]["reason"].endswith("restart the process")
        entrepot.ok("plugins", "disable", "postcards")
    assert "postcards" not in by_name(entrepot)


def add_account(entrepot: Entrepot) -> None:
    """An account at an Amazon that is not there."""
    options = OPTIONS.split()
    options += ["--base-url", "http://127.0.0.1:1", "--lwa-url", "http://127.0.0.1:1"]
    entrepot("amazon", "accounts", "add", "shop", "--marketplace", GERMANY, *options)


def test_disabling_a_policy_in_use_names_the_accounts_and_wants_yes(on_each: Entrepot) -> None:
    add_account(on_each)
    sentence = on_each.refused("plugins", "disable", "guest_checkout")
    assert f"shop/{GERMANY} stops creating orders" in sentence
    assert "--yes" in sentence
    assert by_name(on_each)["guest_checkout"]["state"] == "enabled"
    on_each.ok("plugins", "disable", "guest_checkout", "--yes")
    assert by_name(on_each)["guest_checkout"]["state"] == "disabled"


def test_disabling_a_policy_that_nobody_uses_asks_nothing(entrepot: Entrepot) -> None:
    entrepot.ok("plugins", "disable", "guest_checkout")
    assert by_name(entrepot)["guest_checkout"]["state"] == "disabled"


def test_disabling_a_channel_names_its_accounts_and_wants_yes(entrepot: Entrepot) -> None:
    add_account(entrepot)
    assert "shop" in entrepot.refused("plugins", "disable", "amazon_channel")
    entrepot.ok("plugins", "disable", "amazon_channel", "--yes")
    said = entrepot.wrong("amazon", "sync")
    assert "No such command 'amazon'" in said
    assert "not enabled: amazon_channel, erp_bridge; see entrepot plugins enable" in said
    entrepot.ok("plugins", "enable", "amazon_channel")
    assert len(entrepot.json("amazon", "accounts", "list")) == 1
