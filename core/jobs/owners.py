"""Who holds a lease: a process, and how others on the same machine see at once that it has died."""

from __future__ import annotations

import fcntl
import os
import uuid
from pathlib import Path

FOLDER = "owners"
_SUFFIX = ".lock"


class Owner:
    """This process, for the life of the process: it holds an exclusive lock on a file of its own.

    The operating system drops that lock however the process ends. Whoever finds the file and can
    take the lock knows that its owner is dead. No file found, because the owner lives on another
    host or in another home: nothing is known, and only the lease's time counts. Make it after
    forking, not before: a child would keep its parent's lock.
    """

    def __init__(self, home: Path) -> None:
        self.id = uuid.uuid4().hex
        self._folder = home / FOLDER
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._folder / f"{self.id}.draft"
        self._descriptor: int | None = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        draft.rename(self._path(self.id))  # seen by others only once it is locked

    def __repr__(self) -> str:
        return f"Owner({self.id})"

    def close(self) -> None:
        """Let go: from now on this owner counts as dead. The next runner tidies its file away."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def is_dead(self, owner_id: str) -> bool:
        """Whether that owner is known to be dead; False when nothing is known."""
        try:
            descriptor = os.open(self._path(owner_id), os.O_RDWR)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        finally:
            os.close(descriptor)
        return True

    def find_dead(self) -> list[str]:
        """Every owner of this home that is known to be dead and was not forgotten yet."""
        known = (path.stem for path in self._folder.glob(f"*{_SUFFIX}"))
        return [owner_id for owner_id in known if owner_id != self.id and self.is_dead(owner_id)]

    def forget(self, owner_id: str) -> None:
        """Remove a dead owner's file, once nothing in the database names it any more."""
        self._path(owner_id).unlink(missing_ok=True)

    def _path(self, owner_id: str) -> Path:
        return self._folder / f"{owner_id}{_SUFFIX}"
