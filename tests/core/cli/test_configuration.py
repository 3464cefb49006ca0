"""What the command line says about a configuration that is of no use."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.command_line import Entrepot
from tests.databases import TEST_KEY

PASSWORD = "hunter2"  # of a database that is not there


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("nonsense", "is an SQLAlchemy URL such as"),
        (f"postgresql://me:{PASSWORD}@host:port/shop", "is an SQLAlchemy URL such as"),
        (f"mysql://me:{PASSWORD}@host/shop", "not on mysql"),
        (f"postgresql+nothing://me:{PASSWORD}@host/shop", "no driver for postgresql[+]nothing"),
        (
            f"postgresql://me:{PASSWORD}@127.0.0.1:1/shop",
            "check ENTREPOT_DATABASE_URL and that its server runs",
        ),
        ("sqlite:////nowhere/at/all.db", "check ENTREPOT_DATABASE_URL"),
    ],
)
@pytest.mark.parametrize("level", ["WARNING", "DEBUG"])
def test_a_database_url_of_no_use_is_told_without_its_password(
    new: Entrepot, url: str, complaint: str, level: str
) -> None:
    new.secrets.append(PASSWORD)
    result = new("db", "upgrade", ENTREPOT_DATABASE_URL=url, ENTREPOT_LOG_LEVEL=level)
    assert (result.status, result.out) == (1, "")
    *logged, sentence = result.err.splitlines()
    assert re.search(complaint, sentence)
    assert level == "DEBUG" or logged == []


def test_a_postgresql_that_is_away_stops_no_help_and_no_simulator(new: Entrepot) -> None:
    away = "postgresql://127.0.0.1:1/shop"
    assert "Usage" in new.ok("amazon", "simulate", "--help", ENTREPOT_DATABASE_URL=away)


def test_a_configuration_file_of_no_use_is_told(new: Entrepot, tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    file.write_text("colour = 7\n", "utf-8")
    assert "not colour" in new.refused("stores", "list", ENTREPOT_CONFIG=str(file))


def test_a_configuration_file_is_used(new: Entrepot, tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    file.write_text(f'database_url = "sqlite:///{tmp_path}/own.db"\n', "utf-8")
    new.ok("db", "upgrade", ENTREPOT_CONFIG=str(file))
    assert (tmp_path / "own.db").is_file()


def test_a_home_that_cannot_be_made_is_told(new: Entrepot, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    assert "set ENTREPOT_HOME" in new.refused(
        "db", "upgrade", ENTREPOT_HOME=str(tmp_path / "file" / "home")
    )
    assert "set ENTREPOT_HOME" in new.refused("db", "upgrade", ENTREPOT_HOME=str(tmp_path / "file"))


def test_a_lock_folder_that_cannot_be_made_is_told(entrepot: Entrepot, tmp_path: Path) -> None:
    (tmp_path / "owners").write_text("", "utf-8")
    assert "owners" in entrepot.refused("work", "--until-idle")


@pytest.mark.parametrize("key", ["short", base64.b64encode(b"x" * 31).decode(), "ä"])
def test_a_key_that_is_none_is_told_without_it(entrepot: Entrepot, key: str) -> None:
    entrepot.secrets.append(key)
    assert "32 random bytes" in entrepot.refused("stores", "list", ENTREPOT_SECRET_KEYS=key)


@pytest.mark.parametrize("call", ["stores list", "work --until-idle", "run --port 0", "orders list"])
def test_wrong_keys_are_refused_with_a_clear_sentence(on_each: Entrepot, call: str) -> None:
    other = Fernet.generate_key().decode()
    on_each.secrets.append(other)
    sentence = on_each.refused(*call.split(), ENTREPOT_SECRET_KEYS=other)
    assert "do not open this database" in sentence
    assert "ENTREPOT_SECRET_KEYS" in sentence


def test_a_new_key_in_front_of_the_old_one_opens_what_the_old_one_wrote(entrepot: Entrepot) -> None:
    newer = Fernet.generate_key().decode()
    assert entrepot.json("stores", "list", ENTREPOT_SECRET_KEYS=f"{newer},{TEST_KEY}")


def test_a_key_file_in_disorder_is_told(new: Entrepot) -> None:
    new.ok("db", "upgrade")
    file = Path(new.environment["ENTREPOT_HOME"]) / "secret.keys"
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_bytes(b"\xff\n")
    assert "32 random bytes" in new.refused("stores", "list")
    file.write_bytes(b"")
    assert "32 random bytes" in new.refused("stores", "list")
    file.unlink()
    file.mkdir()
    assert "can be neither read nor made" in new.refused("stores", "list")


def test_a_log_level_that_there_is_not_is_told(new: Entrepot) -> None:
    assert "log_level is one of" in new.refused("stores", "list", ENTREPOT_LOG_LEVEL="loud")
