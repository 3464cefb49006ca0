"""Configuration: environment first, then a file, then defaults."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import NotConfigured

DEFAULT_HOME = "~/.entrepot"
FILE = "entrepot.toml"
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_KEYS = ("database_url", "home", "secret_keys", "lease_seconds", "log_level", "url", "keep_days")
_NUMBERS = ("lease_seconds", "keep_days")


@dataclass(frozen=True)
class Config:
    """Where the shop's data is and how to open it.

    home           folder for the SQLite file, the key file and lock files; made when needed
    database_url   SQLAlchemy URL; SQLite under `home` unless set
    secret_keys    Fernet keys, the first one encrypts, all decrypt; the key file under `home` unless set
    lease_seconds  how long a job or poller may be silent before another process takes over
    log_level      what reaches the log on standard error
    url            the public address of the admin, behind a proxy that speaks https for it
    keep_days      for how long it can be looked up what happened, whom it was told and which problems went
    """

    home: Path
    database_url: str = field(repr=False)
    secret_keys: tuple[str, ...] | None = field(default=None, repr=False)
    lease_seconds: int = 60
    log_level: str = "WARNING"
    url: str | None = None
    keep_days: int = 90


def load_config(environ: Mapping[str, str] | None = None) -> Config:
    """Read `ENTREPOT_…` from the environment, and `entrepot.toml` for what is not there.

    The file is the one that `ENTREPOT_CONFIG` names, else `entrepot.toml` in the home folder. Several
    secret keys are separated by commas, or a list in the file. Raises NotConfigured for a file that
    cannot be read, a key that is not known or a value that is of no use.
    """
    environ = os.environ if environ is None else environ
    values = _read_file(environ, _folder(environ.get("ENTREPOT_HOME") or DEFAULT_HOME))
    for key in _KEYS:
        if environ.get(f"ENTREPOT_{key.upper()}"):
            values[key] = environ[f"ENTREPOT_{key.upper()}"]
    home = _folder(values.get("home") or DEFAULT_HOME)
    keys = [key.strip() for key in values.get("secret_keys", "").split(",") if key.strip()]
    return Config(
        home=home,
        database_url=values.get("database_url") or f"sqlite:///{home / 'entrepot.db'}",
        secret_keys=tuple(keys) or None,
        lease_seconds=_whole(values, "lease_seconds", "seconds", 60, most=3600),
        log_level=_level(values.get("log_level", "WARNING")),
        url=_address(values.get("url")),
        keep_days=_whole(values, "keep_days", "days", 90, most=3650),
    )


def _address(text: str | None) -> str | None:
    if text and not re.fullmatch(r"https?://[^/\s@?#]+/?", text):
        raise NotConfigured(
            "ENTREPOT_URL is an address such as https://orders.shop.example, without a path"
        )
    return text or None


def _folder(text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:
        raise NotConfigured(f"there is no home folder to be found for {text}: set ENTREPOT_HOME") from error


def _read_file(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    named = environ.get("ENTREPOT_CONFIG")
    path = _folder(named) if named else home / FILE
    if not named and not path.is_file():
        return {}
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise NotConfigured(f"the configuration file {path} is not a text file in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise NotConfigured(f"the configuration file {path} is not valid TOML: {error}") from error
    except OSError as error:
        raise NotConfigured(
            f"the configuration file {path} cannot be read: {error.strerror or type(error).__name__}"
        ) from error
    unknown = sorted(set(values) - set(_KEYS))
    if unknown:
        raise NotConfigured(
            f"the configuration file {path} knows {', '.join(_KEYS)}, not {', '.join(unknown)}"
        )
    return {key: _text(value, key) for key, value in values.items()}


def _text(value: Any, key: str) -> str:
    """A value as the environment would have it; what it is, is never repeated: it may be a secret."""
    if key == "secret_keys" and isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ",".join(value)
    if isinstance(value, str) or (key in _NUMBERS and type(value) is int):
        return str(value)
    raise NotConfigured(f"{key} in the configuration file is a text, not a {type(value).__name__}")


def _whole(values: Mapping[str, str], name: str, unit: str, default: int, *, most: int) -> int:
    text = values.get(name, str(default))
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= most:
        raise NotConfigured(f"{name} is a whole number of {unit} from 1 to {most}, not {text!r}")
    return int(text)


def _level(text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        raise NotConfigured(f"log_level is one of {', '.join(LOG_LEVELS)}, not {text!r}")
    return text.upper()
