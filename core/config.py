"""Configuration: environment first, then a file, then defaults."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import NotConfigured

DEFAULT_HOME = "~/.entrepot"
_KEYS = ("database_url", "home", "secret_keys", "lease_seconds", "log_level")


@dataclass(frozen=True)
class Config:
    """Where the shop's data is and how to open it.

    home           folder for the SQLite file, the key file and lock files; made when needed
    database_url   SQLAlchemy URL; SQLite under `home` unless set
    secret_keys    Fernet keys, the first one encrypts, all decrypt; None: the key file under `home`
    lease_seconds  how long a job or poller may be silent before another process takes over
    log_level      what reaches the log on standard error
    """

    home: Path
    database_url: str
    secret_keys: tuple[str, ...] | None = None
    lease_seconds: int = 60
    log_level: str = "WARNING"


def load_config(environ: Mapping[str, str] | None = None) -> Config:
    """Read `ENTREPOT_…` from the environment, and `entrepot.toml` for what is not there.

    The file is the one that `ENTREPOT_CONFIG` names, else `entrepot.toml` in the home folder.
    Raises NotConfigured for a file that cannot be read or a key that is not known.
    """
    environ = os.environ if environ is None else environ
    home = Path(environ.get("ENTREPOT_HOME") or DEFAULT_HOME).expanduser().absolute()
    values = _read_file(environ, home)
    home = Path(environ.get("ENTREPOT_HOME") or values.get("home") or home).expanduser().absolute()
    for key in _KEYS:
        if environ.get(f"ENTREPOT_{key.upper()}"):
            values[key] = environ[f"ENTREPOT_{key.upper()}"]
    keys = [key.strip() for key in values.get("secret_keys", "").split(",") if key.strip()]
    return Config(
        home=home,
        database_url=values.get("database_url") or f"sqlite:///{home / 'entrepot.db'}",
        secret_keys=tuple(keys) or None,
        lease_seconds=_whole(values.get("lease_seconds", "60"), "lease_seconds"),
        log_level=values.get("log_level", "WARNING").upper(),
    )


def _read_file(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    named = environ.get("ENTREPOT_CONFIG")
    path = Path(named).expanduser() if named else home / "entrepot.toml"
    if not named and not path.exists():
        return {}
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise NotConfigured(f"the configuration file {path} cannot be read: {error}") from error
    unknown = sorted(set(values) - set(_KEYS))
    if unknown:
        raise NotConfigured(
            f"the configuration file {path} knows {', '.join(_KEYS)}, not {', '.join(unknown)}"
        )
    return {key: str(value) for key, value in values.items()}


def _whole(text: str, name: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 3600:
        raise NotConfigured(f"{name} is a whole number of seconds from 1 to 3600, not {text!r}")
    return int(text)
