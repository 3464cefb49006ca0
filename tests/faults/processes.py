"""Real processes of a shop that do what a test tells them."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

from core.config import Config
from tests.faults import shop_process

ROOT = Path(__file__).parents[2]
PYTHON = (sys.executable, "-W", "error")
#: Seconds after which a test gives up waiting for an answer.
PATIENCE = 90.0


class ShopProcess:
    """One process, see `shop_process`."""

    def __init__(self, config: Config, site: Path) -> None:
        (key,) = config.secret_keys or ()
        self._process = subprocess.Popen(
            [*PYTHON, shop_process.__file__, config.database_url, str(config.home), key],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{site}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )

    def tell(self, verb: str, *arguments: Any) -> None:
        """Have it do something, without waiting for it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([verb, *arguments]).encode() + b"\n")
        self._process.stdin.flush()

    def hear(self) -> Any:
        """Wait for its answer; what went wrong there fails the test."""
        assert self._process.stdout is not None
        assert select.select([self._process.stdout], [], [], PATIENCE)[0], "it does not answer"
        line = self._process.stdout.readline()
        assert line, "it has ended"
        said = json.loads(line)
        assert "error" not in said, said["error"]
        return said["answer"]

    def do(self, verb: str, *arguments: Any) -> Any:
        """Have it do something, and wait for it."""
        self.tell(verb, *arguments)
        return self.hear()

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.communicate(timeout=PATIENCE)

    def close(self) -> None:
        """End it when it has done what it was told."""
        if self._process.poll() is None:
            self._process.communicate(timeout=PATIENCE)
