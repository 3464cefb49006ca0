"""The guard against copies: a database writes to no account before a person has confirmed it.

Two things tell a copy. A file beside the keys names the installations that are at home there; and the
database remembers the addresses under which it was confirmed. A copy that is opened elsewhere, or beside
the keys of another installation, may read, but not write to any account.
"""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from core.config import Config
from core.database.installation import Installation, find_installation, raise_generation
from core.database.keys import make_home
from core.errors import NotConfigured

HOME_FILE = "installations"
_HOW = "if it is to take its place, confirm it with `entrepot db confirm`"


def address_of(config: Config) -> str:
    """Where the database is, without user and password: `postgresql://db.example:5432/shop`."""
    url = make_url(config.database_url)
    if url.get_backend_name() == "sqlite":
        return f"sqlite:///{Path(url.database or '').absolute()}"
    told = {name: url.query.get(name) for name in ("host", "port", "service")}
    host = url.host or told["host"] or "local"
    return f"{url.get_backend_name()}://{host}:{url.port or told['port'] or 5432}/{url.database or ''}"


def why_unconfirmed(session: Session, config: Config) -> str | None:
    """Why nothing may be written to any account for now, in one sentence; None if all is well."""
    row = find_installation(session)
    if row is None:
        return None
    at_home = _read_file(config)
    if at_home and row.installation_id not in at_home:
        return (
            "this database belongs to another installation than the keys beside it, so it may be a copy: "
            f"nothing is written to any account; {_HOW}"
        )
    address = address_of(config)
    if row.confirmed_addresses and address not in row.confirmed_addresses:
        return (
            f"this database was confirmed as {' and '.join(row.confirmed_addresses)} and is opened as "
            f"{address}, so it may be a copy: nothing is written to any account; {_HOW}"
        )
    return None


def remember_database(session: Session, config: Config, *, is_new: bool) -> None:
    """Note where a database is at home that never was anywhere; changes nothing in any other."""
    row = find_installation(session)
    if row is None or row.confirmed_addresses:
        return
    row.confirmed_addresses = [address_of(config)]
    if is_new or not _read_file(config):
        _add_to_file(config, row)


def confirm_database(session: Session, config: Config) -> bool:
    """A person says that this database may write to its accounts, here; False if it may already.

    Every process takes it up at its next request or job.
    """
    row = find_installation(session)
    if row is None:
        raise NotConfigured("the database was never set up: run `entrepot db upgrade`")
    if why_unconfirmed(session, config) is None:
        return False
    row.confirmed_addresses = sorted({*(row.confirmed_addresses or []), address_of(config)})
    _add_to_file(config, row)
    session.flush()
    raise_generation(session)
    return True


def _read_file(config: Config) -> list[str]:
    """The installations that are at home beside the keys; empty if nobody has noted any."""
    try:
        text = (config.home / HOME_FILE).read_bytes()
    except OSError:
        return []
    return text.decode("ascii", errors="replace").split()


def _add_to_file(config: Config, row: Installation) -> None:
    """Write it whole, so that nobody reads half of it."""
    make_home(config.home)
    path = config.home / HOME_FILE
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    names = dict.fromkeys([*_read_file(config), row.installation_id])
    try:
        draft.write_text("".join(f"{name}\n" for name in names), "utf-8")
        draft.replace(path)
    except OSError as error:
        raise NotConfigured(
            f"the file {path} cannot be written ({error.strerror}): set ENTREPOT_HOME to another folder"
        ) from error
