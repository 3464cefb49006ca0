"""A database that is not there yet, is behind the program, or ahead of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.command_line import Entrepot

NEEDS_A_DATABASE = """
    stores list, stores add x, statuses list, statuses add x --label X --like pending, products list,
    products import FILE, plugins list, plugins enable guest_checkout, plugins disable guest_checkout,
    settings show, settings show guest_checkout, settings set guest_checkout a=b, amazon accounts list,
    amazon accounts test shop, amazon accounts add shop OPTIONS, amazon sync, amazon sync --order 1,
    amazon orders, amazon settings show --account shop, amazon settings set --account shop a=b,
    amazon explain 1, orders list, orders show 1, orders ship 1 --carrier DHL --tracking T,
    orders status 1 x, customers list, work, work --until-idle, run --port 0
"""
OPTIONS = "--seller-id S --region eu --marketplace M --client-id C --client-secret S --refresh-token R"
CALLS = [each.split() for each in NEEDS_A_DATABASE.split(",")]
UPGRADE = "run `entrepot db upgrade`"


@pytest.fixture
def file(tmp_path: Path) -> str:
    """A file with products."""
    path = tmp_path / "products.csv"
    path.write_text("sku,name,price,currency,quantity,managed\nA,A,1.00,EUR,1,yes\n", "utf-8")
    return str(path)


def fill(call: list[str], file: str) -> list[str]:
    """A call with its options."""
    filled = [file if word == "FILE" else word for word in call]
    return [*filled[:-1], *OPTIONS.split()] if filled[-1] == "OPTIONS" else filled


def move_to_revision(entrepot: Entrepot, revision: str) -> None:
    """Pretend that the tables were made by another program."""
    engine = create_engine(entrepot.environment["ENTREPOT_DATABASE_URL"])
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version_core SET version_num = :to"), {"to": revision})
    engine.dispose()


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_a_command_before_the_first_upgrade_names_it(new: Entrepot, call: list[str], file: str) -> None:
    assert UPGRADE in new.refused(*fill(call, file))


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_a_command_on_tables_that_are_behind_names_the_upgrade(
    entrepot: Entrepot, call: list[str], file: str
) -> None:
    move_to_revision(entrepot, "0000")
    assert UPGRADE in entrepot.refused(*fill(call, file))


@pytest.mark.parametrize("call", [["stores", "list"], ["run", "--port", "0"], ["work"]], ids=" ".join)
def test_pending_migrations_are_told_on_each_database(on_each: Entrepot, call: list[str]) -> None:
    move_to_revision(on_each, "0000")
    assert UPGRADE in on_each.refused(*call)


def test_status_tells_what_is_pending(on_each: Entrepot) -> None:
    assert [row["is_pending"] for row in on_each.json("db", "status") if row["owner"] == "core"] == [False]
    move_to_revision(on_each, "0000")
    (core,) = (row for row in on_each.json("db", "status") if row["owner"] == "core")
    assert core["is_pending"]
    assert core["revision"] == "0000"


def test_status_of_a_database_that_was_never_set_up_is_pending(new: Entrepot) -> None:
    assert [row["is_pending"] for row in new.json("db", "status")] == [True]


def test_upgrade_makes_a_shop_that_has_what_it_needs(new: Entrepot) -> None:
    assert "core" in new.ok("db", "upgrade")
    assert [row["code"] for row in new.json("stores", "list")] == ["default"]
    enabled = {row["name"]: row["state"] for row in new.json("plugins", "list")}
    assert enabled["amazon_channel"] == enabled["guest_checkout"] == "enabled"


def test_upgrade_twice_changes_nothing(on_each: Entrepot) -> None:
    on_each.ok("stores", "add", "second")
    before = on_each.json("stores", "list")
    assert [row["is_pending"] for row in on_each.json("db", "upgrade")] == [False]
    assert on_each.json("stores", "list") == before


@pytest.mark.parametrize("call", [["stores", "list"], ["db", "upgrade"], ["work"]], ids=" ".join)
def test_tables_of_a_newer_program_are_refused(on_each: Entrepot, call: list[str]) -> None:
    move_to_revision(on_each, "9999")
    assert "newer" in on_each.refused(*call)


def test_simulate_and_demo_are_found_without_a_database(new: Entrepot) -> None:
    assert "Usage" in new.ok("amazon", "simulate", "--help")
    assert "Usage" in new.ok("demo", "--help")
