"""Where the configuration comes from, and what is said about one that is of no use."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.config import load_config
from core.errors import NotConfigured


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with room for a configuration file."""
    return tmp_path


def write(home: Path, text: str | bytes) -> dict[str, str]:
    """Write the file of a home folder; the environment that finds it."""
    data = text.encode() if isinstance(text, str) else text
    (home / "entrepot.toml").write_bytes(data)
    return {"ENTREPOT_HOME": str(home)}


def test_config_without_anything_is_sqlite_under_the_home_folder(home: Path) -> None:
    config = load_config({"ENTREPOT_HOME": str(home)})
    assert config.home == home
    assert config.database_url == f"sqlite:///{home}/entrepot.db"
    assert config.secret_keys is None
    assert (config.lease_seconds, config.log_level, config.keep_days) == (60, "WARNING", 90)


def test_config_without_a_home_is_in_the_users_own(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("HOME", str(home))
    assert load_config({}).home == home / ".entrepot"
    assert not (home / ".entrepot").exists()


def test_config_file_says_what_the_environment_does_not(home: Path) -> None:
    environ = write(home, 'database_url = "postgresql://shop"\nlease_seconds = 30\nlog_level = "info"\n')
    config = load_config(environ)
    assert (config.database_url, config.lease_seconds, config.log_level) == (
        "postgresql://shop",
        30,
        "INFO",
    )
    assert load_config(environ | {"ENTREPOT_DATABASE_URL": "sqlite:///x"}).database_url == "sqlite:///x"
    assert load_config(environ | {"ENTREPOT_DATABASE_URL": ""}).database_url == "postgresql://shop"


def test_config_file_elsewhere_can_name_the_home(home: Path) -> None:
    file = home / "elsewhere.toml"
    file.write_text(f'home = "{home}/shop"\n', "utf-8")
    environ = {"ENTREPOT_CONFIG": str(file), "HOME": str(home)}
    assert load_config(environ).home == home / "shop"
    assert load_config(environ).database_url == f"sqlite:///{home}/shop/entrepot.db"
    assert load_config(environ | {"ENTREPOT_HOME": str(home)}).home == home


@pytest.mark.parametrize("text", ['secret_keys = "one, two"', 'secret_keys = ["one", "two"]'])
def test_config_keys_are_a_list_or_separated_by_commas(home: Path, text: str) -> None:
    assert load_config(write(home, text)).secret_keys == ("one", "two")
    assert load_config({"ENTREPOT_SECRET_KEYS": "three , four,"}).secret_keys == ("three", "four")


def test_config_never_shows_its_secrets(home: Path) -> None:
    environ = {"ENTREPOT_SECRET_KEYS": "hunter2", "ENTREPOT_DATABASE_URL": "postgresql://me:hunter2@host/x"}
    assert "hunter2" not in repr(load_config(environ | {"ENTREPOT_HOME": str(home)}))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("database_url", "not valid TOML"),
        (b"\xff\xfe", "UTF-8"),
        ('datebase_url = "x"', "not datebase_url"),
        ("database_url = 7", "database_url in the configuration file is a text"),
        ('secret_keys = ["a", 7]', "secret_keys in the configuration file is a text"),
        ("[home]\nx = 1", "home in the configuration file is a text"),
        ("lease_seconds = 0", "from 1 to 3600"),
        ("lease_seconds = 3601", "from 1 to 3600"),
        ("lease_seconds = true", "is a text"),
        ('lease_seconds = "²"', "from 1 to 3600"),
        ("keep_days = 0", "days from 1 to 3650"),
        ('log_level = "loud"', "log_level is one of"),
    ],
)
def test_config_that_is_of_no_use_is_refused(home: Path, text: str | bytes, complaint: str) -> None:
    with pytest.raises(NotConfigured, match=complaint):
        load_config(write(home, text))


def test_config_file_that_is_named_must_be_there(home: Path) -> None:
    with pytest.raises(NotConfigured, match="cannot be read: No such file"):
        load_config({"ENTREPOT_CONFIG": str(home / "missing.toml")})
    with pytest.raises(NotConfigured, match="cannot be read: Is a directory"):
        load_config({"ENTREPOT_CONFIG": str(home)})


def test_config_complaint_repeats_no_secret(home: Path) -> None:
    with pytest.raises(NotConfigured) as caught:
        load_config(write(home, 'secret_keys = "hunter2'))
    assert "hunter2" not in str(caught.value)
