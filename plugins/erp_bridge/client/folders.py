"""Folders that files are exchanged through: on this machine, or behind SFTP.

What is written appears at once, whole, under its own name: it is written under another name that nobody
reads, and then renamed.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import Protocol

from core.errors import NotConfigured

#: Under which a file is written before it has its name; nobody reads those.
PART = ".part"
#: A file that is larger is not read.
MOST_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True)
class Entry:
    """A regular file. `modified` is in seconds since 1970, on the clock over there."""

    name: str
    size: int
    modified: float


class Place(Protocol):
    """Where the folders are. OSError for what fails, NotConfigured for a folder that there is not."""

    def entries(self, folder: str) -> Sequence[Entry]:
        """The files in a folder, by name; no links, nothing else."""

    def find(self, folder: str, name: str) -> Entry | None:
        """One file, if it is there."""

    def read(self, folder: str, name: str) -> bytes:
        """All of a file, or the first `MOST_BYTES` and one more."""

    def write(self, folder: str, name: str, content: bytes) -> None:
        """Have a file with this content, whole from the first moment on; one of this name is replaced."""

    def move(self, name: str, source: str, target: str) -> str:
        """Into another folder, under its name if that is free; the name that it has there."""

    def remove(self, folder: str, name: str) -> None:
        """Delete a file."""

    def make(self, folder: str) -> None:
        """Make a folder unless it is there."""


class LocalPlace:
    """Folders of this machine, by their absolute paths."""

    def entries(self, folder: str) -> Sequence[Entry]:
        """The files in a folder."""
        found = (self.find(folder, name) for name in sorted(os.listdir(_existing(folder))))
        return [each for each in found if each is not None]

    def find(self, folder: str, name: str) -> Entry | None:
        """One file, if it is there."""
        try:
            status = os.lstat(Path(folder, name))
        except FileNotFoundError:
            return None
        return Entry(name, status.st_size, status.st_mtime) if S_ISREG(status.st_mode) else None

    def read(self, folder: str, name: str) -> bytes:
        """What is in a file; of a link that has taken its place, nothing."""
        opened = os.open(Path(folder, name), os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(opened, "rb") as file:
            return file.read(MOST_BYTES + 1)

    def write(self, folder: str, name: str, content: bytes) -> None:
        """Through a file of another name; it is on the disk before it has its own."""
        part = Path(_existing(folder), f".{name}{PART}")
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(Path(folder, name))
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def move(self, name: str, source: str, target: str) -> str:
        """By renaming, or, between file systems, by copying."""
        free = free_name(self, target, name)
        try:
            Path(source, name).rename(Path(target, free))
        except OSError:
            if Path(source).stat().st_dev == Path(target).stat().st_dev:
                raise
            part = Path(target, f".{free}{PART}")
            shutil.copyfile(Path(source, name), part)
            part.replace(Path(target, free))
            Path(source, name).unlink()
        return free

    def remove(self, folder: str, name: str) -> None:
        """Delete a file."""
        Path(folder, name).unlink()

    def make(self, folder: str) -> None:
        """Make the last part of a path."""
        if not Path(folder).is_dir():
            Path(_existing(str(Path(folder).parent)), Path(folder).name).mkdir(exist_ok=True)


@contextmanager
def open_local() -> Iterator[Place]:
    """The folders of this machine."""
    yield LocalPlace()


def free_name(place: Place, folder: str, name: str) -> str:
    """The name itself, or with a number before its ending: `stock~2.csv`."""
    stem, dot, ending = name.partition(".")
    free, number = name, 1
    while place.find(folder, free) is not None:
        number += 1
        free = f"{re.sub(r'~[0-9]+$', '', stem)}~{number}{dot}{ending}"
    return free


def _existing(folder: str) -> str:
    if not Path(folder).is_dir():
        raise NotConfigured(f"there is no folder {folder}: make it, or name another one")
    return folder
