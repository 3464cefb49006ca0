"""The outlet `files`: orders are written as UBL or CSV; what comes back is read, archived or put aside."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from core.clock import Clock, SystemClock
from plugins.erp_bridge.files.arrivals import ArrivedFiles
from plugins.erp_bridge.files.orders import OrderFiles
from plugins.erp_bridge.files.places import open_place
from plugins.erp_bridge.files.settings import FileSettings, folders_of
from plugins.erp_bridge.outlets import Arrival, Outcome, OutletKind, Parcel, Settled, Verdict


class FileOutlet:
    """Writes into a folder, and reads from another one."""

    def __init__(self, settings: Mapping[str, Any], _consumer: str, clock: Clock | None = None) -> None:
        self._settings = settings
        self._folders = folders_of(settings)
        self._clock = clock or SystemClock()  # of this machine, as that of the files is
        self._orders = OrderFiles(settings, self._clock)
        self._arrived = ArrivedFiles(settings, self._clock)

    def deliver(self, parcels: Sequence[Parcel]) -> Iterable[Outcome]:
        """Each order as a UBL document of its own, or all of them as one CSV file."""
        with open_place(self._settings) as place:
            yield from self._orders.write(place, parcels)

    def collect(self) -> Generator[Arrival | Settled]:
        """What the files say that have come, one file after the other."""
        if self._folders.incoming:
            with open_place(self._settings) as place:
                yield from self._arrived.collect(place)

    def settle(self, verdicts: Sequence[Verdict]) -> None:
        """What became of what the file says that was collected last."""
        self._arrived.settle(verdicts)

    def test(self) -> str:
        """Whether each folder is there, and can be written to where it has to be."""
        folders = [folder for folder in vars(self._folders).values() if folder]
        probe = f".entrepot-test-{sha256(repr(self._clock.now()).encode()).hexdigest()[:8]}"
        with open_place(self._settings) as place:
            for folder in (self._folders.archive, self._folders.errors):
                if folder:
                    place.make(folder)
            for folder in folders:
                place.entries(folder)
                place.write(folder, probe, b"")
                place.remove(folder, probe)
        where = f"on {self._settings['host']}" if self._settings["host"] else "of this machine"
        return f"Each folder {where} can be read and written: {len(folders)}."

    def close(self) -> None:
        """Nothing is held between calls."""


FILES = OutletKind(
    key="files",
    title="Files",
    schema=FileSettings,
    make=FileOutlet,
    batch=100,
    collects=True,
)
