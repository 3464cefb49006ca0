"""Processes that end with the one that started them, however that one ends.

Run as a script, this starts the command that it is given and watches its standard input: a pipe, which the
system closes when the process at its other end is gone, even if that was killed.
"""

from __future__ import annotations

import os
import signal
import subprocess  # its whole business is to start a command
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


@contextmanager
def companion(words: Sequence[str], patience: int = 30, **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """Run a command until the end of the block, or of this process.

    It is asked to terminate, and killed if it has not after `patience` seconds; `options` are those of
    `subprocess.Popen`. Gives the process that watches it, whose output and status are the command's.
    """
    watcher = [sys.executable, "-P", __file__, str(patience), *words]
    with subprocess.Popen(watcher, stdin=subprocess.PIPE, **options) as process:  # noqa: S603  # no shell
        try:
            yield process
        finally:
            if process.stdin is not None:
                process.stdin.close()
            process.wait()


def watch(patience: int, words: Sequence[str], parent: int) -> int:
    """Run a command until it ends, or the pipe `parent` does, by its file descriptor; its status."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends who started this, and the pipe with it
    command = subprocess.Popen(words, stdin=subprocess.DEVNULL)  # noqa: S603  # what we were given, no shell

    def follow() -> None:
        while os.read(parent, 1024):  # not of `sys.stdin`, which Python could not close then
            pass
        command.terminate()
        try:
            command.wait(patience)
        except subprocess.TimeoutExpired:
            command.kill()

    threading.Thread(target=follow, daemon=True).start()
    return command.wait()


if __name__ == "__main__":
    sys.exit(watch(int(sys.argv[1]), sys.argv[2:], sys.stdin.fileno()))
