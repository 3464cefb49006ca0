"""A Tryton server of one's own: made once into `.venv-tryton`, copied for each shop that uses it.

Tryton lives in a virtual environment of its own and is spoken to over HTTP only.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import sqlite3
import subprocess  # Tryton's own commands
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.cli.companions import companion
from core.errors import NotConfigured, TemporarilyUnavailable
from plugins.erp_bridge.client.tryton_sessions import TrytonSession
from plugins.erp_bridge.demo.office import MODULES, furnish

HOME = Path(".venv-tryton")
DATABASE = "shop"
_PREPARED = "prepared.sqlite"
_KEYS = "prepared.json"
_ADMIN = "admin"
_PATIENCE_SECONDS = 120
_MINUTES = 20 * 60


@dataclass(frozen=True)
class TrytonShop:
    """A furnished database on a running server; `keys` are for its REST API, by user."""

    url: str
    database: str
    keys: dict[str, str]
    password: str

    @contextmanager
    def office(self) -> Iterator[TrytonSession]:
        """Somebody who may do everything there, signed in."""
        session = TrytonSession(self.url, self.database, _ADMIN, self.password)
        company = session.find("company.company", [])[0]["id"]
        session.context = {"company": company}
        try:
            yield session
        finally:
            session.close()


def prepare(home: Path) -> None:
    """Make and furnish the database that is copied later; takes about a minute."""
    password = secrets.token_urlsafe(24)
    with tempfile.TemporaryDirectory(prefix="entrepot-tryton-") as name:
        folder = Path(name)
        (folder / f"{DATABASE}.sqlite").touch()
        (folder / "password").write_text(password)
        configuration = _write_configuration(folder, 0)
        _run(
            [
                str(home / "bin" / "trytond-admin"), "-c", str(configuration), "-d", DATABASE,
                "--email", "admin@shop.example", "--activate-dependencies", "-u", *MODULES,
            ],
            {"TRYTONPASSFILE": str(folder / "password")},
        )  # fmt: skip
        with _serve(home, folder) as url:
            office = TrytonSession(url, DATABASE, _ADMIN, password)
            keys = furnish(office)
            office.close()
        _copy(folder / f"{DATABASE}.sqlite", home / _PREPARED)
    said = home / _KEYS
    said.touch(mode=0o600)
    said.write_text(json.dumps({"keys": keys, "password": password}))


@contextmanager
def serve_tryton(home: Path = HOME) -> Iterator[TrytonShop]:
    """A server on a free port of this machine with a copy of the prepared database; gone at the end.

    Raises NotConfigured if nothing was prepared.
    """
    if not (home / _KEYS).exists():
        raise NotConfigured(f"there is no Tryton in {home}: `make tryton` installs and prepares one")
    said = json.loads((home / _KEYS).read_text())
    with tempfile.TemporaryDirectory(prefix="entrepot-tryton-") as name:
        shutil.copyfile(home / _PREPARED, Path(name) / f"{DATABASE}.sqlite")
        with _serve(home, Path(name)) as url:
            yield TrytonShop(url, DATABASE, said["keys"], said["password"])


@contextmanager
def _serve(home: Path, folder: Path) -> Iterator[str]:
    """Run `trytond`; its address, once it listens."""
    port = _free_port()
    configuration = _write_configuration(folder, port)
    command = [str(home.absolute() / "bin" / "trytond"), "-c", str(configuration), "-d", DATABASE]
    with (
        (folder / "server.log").open("wb") as log,
        companion(command, patience=10, stdout=log, stderr=log, cwd=folder) as process,
    ):
        _wait_for(process, port)
        yield f"http://127.0.0.1:{port}"


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TemporarilyUnavailable("the Tryton server did not start")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _write_configuration(folder: Path, port: int) -> Path:
    path = folder / "trytond.conf"
    path.write_text(
        f"[database]\nuri = sqlite:///\npath = {folder}\n[web]\nlisten = 127.0.0.1:{port}\n"
        "[session]\nauthentications = password\n"
    )
    return path


def _copy(source: Path, target: Path) -> None:
    """A whole copy: some of a database may still be in its log."""
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(source)) as database, closing(sqlite3.connect(target)) as copy:
        database.backup(copy)


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(  # noqa: S603  # Tryton's own command, no shell
        command,
        env=os.environ | environment,
        timeout=_MINUTES,
        stdout=sys.stderr,
        check=False,
    )
    if done.returncode != 0:
        raise TemporarilyUnavailable("Tryton's database could not be made; what it said is above")
