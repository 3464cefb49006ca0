"""Letting processes die: the processes, an Amazon that can be rewound, a shop that can be put back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from core.config import Config
from core.database.engine import make_engine
from core.database.keys import load_keys
from plugins.amazon_channel.simulator import World
from tests.faults import dying_process
from tests.faults.dying_process import Ending, Task
from tests.faults.processes import PYTHON, ROOT


class RewindableWorld(World):
    """A simulated Amazon whose orders can be put back to how they were; its time goes on."""

    def remember(self) -> None:
        """From now on, how it is now is where `rewind` goes back to."""
        self._kept = dict(self._orders)

    def rewind(self) -> None:
        """Forget what has happened to the orders since."""
        self._orders.clear()
        self._orders.update(self._kept)
        self._journal.confirmations.clear()


class CopiedShop:
    """A copy of a shop that nobody has open, made anew as often as it is asked for.

    `admin` runs a statement on the PostgreSQL server.
    """

    def __init__(self, original: Config, home: Path, admin: Callable[[str], None]) -> None:
        home.mkdir()
        self._original = make_url(original.database_url)
        self._admin = admin
        if self.is_file:
            url = self._original.set(database=str(home / "shop.db"))
        else:
            url = self._original.set(database=f"{self._original.database}_copy")
        self._copy = url.database
        text = url.render_as_string(hide_password=False)
        self.config = replace(original, home=home, database_url=text)
        self._engine = make_engine(self.config, load_keys(self.config))

    @property
    def is_file(self) -> bool:
        """Whether it is an SQLite database."""
        return self._original.get_backend_name() == "sqlite"

    def renew(self) -> None:
        """Make the copy be as the original is."""
        if self.is_file:
            for file in self.config.home.glob("shop.db*"):
                file.unlink()
            shutil.copy(str(self._original.database), str(self._copy))
        else:
            self._admin(f"DROP DATABASE IF EXISTS {self._copy} WITH (FORCE)")
            self._admin(f"CREATE DATABASE {self._copy} TEMPLATE {self._original.database}")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A look into it."""
        with Session(self._engine) as session:
            yield session
        self._engine.dispose()


class Mortals:
    """Processes that work for a shop, each with its own point at which it dies."""

    def __init__(self, config: Config, site: Path) -> None:
        (key,) = config.secret_keys or ()
        self._parent = subprocess.Popen(
            [*PYTHON, dying_process.__file__, config.database_url, str(config.home), key],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{site}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._hear() == "ready\n"

    def run(self, task: Task) -> Ending:
        """One process: it works until nothing is left to do, or dies."""
        assert self._parent.stdin is not None
        self._parent.stdin.write(json.dumps(asdict(task)) + "\n")
        self._parent.stdin.flush()
        return Ending(**json.loads(self._hear()))

    def close(self) -> None:
        """End the parent; its children have ended before it."""
        self._parent.communicate(timeout=20)

    def _hear(self) -> str:
        assert self._parent.stdout is not None
        return self._parent.stdout.readline()
