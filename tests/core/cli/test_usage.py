"""How the command line tells what it can do, and what was called wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from core.cli import entrepot as command
from tests.command_line import Entrepot

CONTRACT = """
    db upgrade, db status, stores list, stores add, statuses list, statuses add, products import,
    products list, plugins list, plugins enable, plugins disable, settings show, settings set,
    amazon accounts add, amazon accounts list, amazon accounts test, amazon sync, amazon orders,
    amazon settings show, amazon settings set, amazon explain, amazon simulate, orders list, orders show,
    orders ship, orders status, customers list, work, run, demo, doctor
"""
#: Those that list or show something, so that they have `--json`.
SHOWING = """
    db status, stores list, statuses list, products list, plugins list, settings show,
    amazon accounts list, amazon orders, amazon settings show, amazon explain, orders list, orders show,
    customers list, doctor, amazon sync, amazon accounts test, demo
"""

WRONG = """
    nonsense
    orders nonsense
    orders list --nonsense
    orders list --limit 0
    orders list --limit many
    orders show
    orders show 1 2
    orders ship 1 --carrier DHL
    orders ship 1 --carrier DHL --tracking T --line SKU
    products import
    products import missing.csv
    orders ship 1 --carrier DHL --tracking T --line SKU=0
    orders ship 1 --carrier DHL --tracking T --line SKU=-1
    orders ship 1 --carrier DHL --tracking T --line SKU=²
    orders ship 1 --carrier DHL --tracking T --line =1
    plugins enable
    settings set guest_checkout
    settings show --scope nowhere
    work --threads 0
    run --port 70000
    stores add
    statuses add x --label X
    amazon explain
    amazon settings show
    amazon accounts test
    amazon accounts add shop --seller-id S --region mars --marketplace M
    amazon simulate --rates none
"""


def words(text: str) -> list[list[str]]:
    """The commands of a list."""
    return [each.split() for each in text.split(",")]


def every_command(entrepot: Entrepot, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The path of every group and command there is."""
    for name, value in entrepot.environment.items():
        monkeypatch.setenv(name, value)
    yield from _below(command, [])


def _below(group: click.Group, path: list[str]) -> Iterator[list[str]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        yield [*path, name]
        if isinstance(found, click.Group):
            yield from _below(found, [*path, name])


def test_every_command_of_the_contract_is_there(new: Entrepot, monkeypatch: pytest.MonkeyPatch) -> None:
    found = list(every_command(new, monkeypatch))
    assert [path for path in words(CONTRACT) if path not in found] == []


def test_help_of_every_command_works_without_a_database_and_makes_none(
    new: Entrepot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in [[], *every_command(new, monkeypatch)]:
        text = new.ok(*path, "--help")
        assert text.startswith("Usage: entrepot"), path
        assert len(text.split("\n\n")) >= 3, f"{path} does not say what it is for"
    assert not Path(new.environment["ENTREPOT_HOME"]).exists()


@pytest.mark.parametrize("path", words(SHOWING), ids=" ".join)
def test_what_lists_or_shows_has_json(new: Entrepot, path: list[str]) -> None:
    assert "--json" in new.ok(*path, "--help")


@pytest.mark.parametrize(
    "path", [path for path in words(SHOWING) if path[-1] in ("list", "orders")], ids=" ".join
)
def test_what_lists_has_a_limit(new: Entrepot, path: list[str]) -> None:
    assert "--limit" in new.ok(*path, "--help")


def test_help_works_with_a_configuration_that_is_of_no_use(new: Entrepot, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("nonsense", "utf-8")
    assert "Usage" in new.ok("orders", "list", "--help", ENTREPOT_CONFIG=str(tmp_path / "bad.toml"))
    assert "amazon" in new.ok("--help", ENTREPOT_DATABASE_URL="nonsense")


@pytest.mark.parametrize("path", [[], ["orders"], ["amazon"], ["amazon", "accounts"]], ids=" ".join)
def test_a_group_alone_shows_its_help_as_wrong_usage(entrepot: Entrepot, path: list[str]) -> None:
    result = entrepot(*path)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("Usage: entrepot")
    assert len(result.err.splitlines()) > 5


def test_version_is_told(new: Entrepot) -> None:
    assert new.ok("--version").startswith("entrepot")


@pytest.mark.parametrize("call", [call.split() for call in WRONG.strip().splitlines()], ids=" ".join)
def test_wrong_usage_is_one_sentence_and_status_2(entrepot: Entrepot, call: list[str]) -> None:
    assert "--help" in entrepot.wrong(*call)


def test_wrong_usage_does_not_repeat_what_stands_in_the_wrong_place(entrepot: Entrepot) -> None:
    entrepot.secrets.append("hunter2")
    for call in (
        ["settings", "show", "guest_checkout", "api_key=hunter2"],
        ["amazon", "accounts", "test", "shop", "hunter2"],
        ["amazon", "accounts", "test", "shop", "--secret=hunter2"],
    ):
        assert "hunter2" not in entrepot.wrong(*call)
