"""The guard against copies: which databases may write to accounts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.application import LiveApplication
from core.config import Config
from core.database.confirming import address_of, confirm_database
from core.testing import make_application
from tests.databases import TEST_KEY


def config(home: Path, url: str | None = None) -> Config:
    return Config(
        home=home, database_url=url or f"sqlite:///{home / 'entrepot.db'}", secret_keys=(TEST_KEY,)
    )


def set_up(where: Config) -> None:
    """A new shop."""
    live = LiveApplication(where)
    live.upgrade()
    live.close()


def guard(where: Config, *, confirm: bool = False) -> str | None:
    """Why nothing may be written, after an upgrade as every start makes it."""
    live = LiveApplication(where)
    try:
        live.upgrade()
        if confirm:
            with live.current().writing("cli") as ctx:
                assert confirm_database(ctx.session, where)
        return live.current().registry.guard
    finally:
        live.close()


def test_new_database_may_write_and_so_may_a_second_one_of_the_same_home(tmp_path: Path) -> None:
    second = config(tmp_path, f"sqlite:///{tmp_path / 'second.db'}")
    set_up(config(tmp_path))
    set_up(second)
    assert (guard(config(tmp_path)), guard(second)) == (None, None)


def test_database_that_is_opened_at_another_address_waits_to_be_confirmed(tmp_path: Path) -> None:
    home, moved = config(tmp_path / "home"), config(tmp_path / "moved")
    set_up(home)
    shutil.copytree(home.home, moved.home)
    assert f"opened as {address_of(moved)}" in str(guard(moved))
    assert guard(moved, confirm=True) is None
    assert (guard(moved), guard(home)) == (None, None)


def test_database_beside_the_keys_of_another_installation_waits_to_be_confirmed(tmp_path: Path) -> None:
    live, staging = config(tmp_path / "live"), config(tmp_path / "staging")
    set_up(live)
    set_up(staging)
    restored = config(staging.home, live.database_url)
    assert "belongs to another installation" in str(guard(restored))
    assert guard(restored, confirm=True) is None
    assert (guard(restored), guard(staging)) == (None, None)


def test_home_that_names_no_installation_is_no_sign_of_a_copy(tmp_path: Path) -> None:
    home = config(tmp_path / "home")
    set_up(home)
    assert guard(config(tmp_path / "container", home.database_url)) is None


def test_running_process_takes_up_the_confirmation(tmp_path: Path) -> None:
    make_application(tmp_path / "first").close()
    shutil.copytree(tmp_path / "first", tmp_path / "copy")
    copied = Config(home=tmp_path / "copy", database_url=f"sqlite:///{tmp_path / 'copy' / 'entrepot.db'}")
    live = LiveApplication(copied)
    assert live.current().registry.guard is not None
    with live.current().writing("operator:1") as ctx:
        confirm_database(ctx.session, copied)
    assert live.current().registry.guard is None
    live.close()


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("postgresql://me:hunter2@db.example/shop", "postgresql://db.example:5432/shop"),
        ("postgresql+psycopg://db.example:5433/shop", "postgresql://db.example:5433/shop"),
        ("postgresql:///shop?host=/run/postgresql", "postgresql:///run/postgresql:5432/shop"),
        ("sqlite:////srv/shop.db", "sqlite:////srv/shop.db"),
    ],
)
def test_address_holds_no_secret(tmp_path: Path, url: str, address: str) -> None:
    assert address_of(config(tmp_path, url)) == address
