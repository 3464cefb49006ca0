"""The outlet `files`: orders are written as UBL or CSV; what comes back is read, archived or put aside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any, NoReturn

from core.clock import Clock, SystemClock
from core.errors import InvalidValue, NotConfigured
from plugins.erp_bridge.client.folders import MOST_BYTES, Entry, Place, free_name, open_local
from plugins.erp_bridge.file_settings import CSV, FileSettings, folders_of, style_of
from plugins.erp_bridge.mapping.control_totals import SUFFIX, check_totals, totals_of_orders, write_totals
from plugins.erp_bridge.mapping.csv_in import Reading, Where, read_returns
from plugins.erp_bridge.mapping.csv_out import write_orders
from plugins.erp_bridge.mapping.csv_rows import only_lines
from plugins.erp_bridge.mapping.ubl import cancellation_document, order_document
from plugins.erp_bridge.models import Told
from plugins.erp_bridge.outlets import (
    Outcome,
    OutletKind,
    Parcel,
    Refused,
    Returned,
    Settled,
    Taken,
    Verdict,
)

REASON = ".reason.txt"
_LOCKED = ("nothing of it was booked: Entrepot may not read it: give it the permission", Where(""))
#: Names that files have while they are being written.
_UNFINISHED = (".part", ".filepart", ".tmp", ".partial", ".crdownload", "~")
#: So many files are read in one run, and no more once it has taken so long.
_MOST_FILES, _TURN = 50, timedelta(seconds=20)


@dataclass
class _Arrived:
    """A file that was read: what it says, and what became of each thing that it says."""

    entry: Entry
    has_totals: bool
    content: bytes
    returned: list[Returned] = field(default_factory=list)
    waiting: dict[str, list[Where]] = field(default_factory=dict)
    problems: list[tuple[str, Where]] = field(default_factory=list)
    booked: int = 0

    def take(self, verdict: Verdict) -> None:
        """What became of one thing; the next one of its key is another place of the file."""
        said = self.waiting[verdict.key].pop()
        if not self.waiting[verdict.key]:
            del self.waiting[verdict.key]
        before = verdict.booked_before
        is_from_before = before is not None and before.timestamp() < self.entry.modified
        error = verdict.error or (said.again if is_from_before else None)
        if error is None:
            self.booked += 1
        else:
            self.problems.append((f"{said.words}: {error}", said))


class FileOutlet:
    """Writes into a folder, and reads from another one."""

    def __init__(self, settings: Mapping[str, Any], _consumer: str, clock: Clock | None = None) -> None:
        self._settings = settings
        self._folders = folders_of(settings)
        self._style = style_of(settings)
        self._clock = clock or SystemClock()  # of this machine, as that of the files is
        self._arrived: _Arrived | None = None

    def deliver(self, parcels: Sequence[Parcel]) -> Iterable[Outcome]:
        """Each order as a UBL document of its own, or all of them as one CSV file."""
        write = self._deliver_csv if self._settings["format"] == CSV else self._deliver_ubl
        with self._open() as place:
            yield from write(place, parcels)

    def collect(self) -> Iterable[Returned | Settled]:
        """What the files say that have come, one file after the other."""
        if not self._folders.incoming:
            return
        until = self._clock.now() + _TURN
        with self._open() as place:
            place.make(self._folders.archive)
            place.make(self._folders.errors)
            for entry, has_totals in self._ready(place):
                arrived = self._arrived = self._read(place, entry, has_totals)
                if arrived is None:
                    continue  # somebody is writing it still
                yield from arrived.returned
                if not arrived.waiting:
                    yield Settled(entry.name, self._problem_of(arrived))
                    self._finish(place, arrived)
                if self._clock.now() >= until:
                    break

    def settle(self, verdict: Verdict) -> None:
        """Note it for the file; what was booked from another file before is refused where that matters."""
        if self._arrived is not None:
            self._arrived.take(verdict)

    def test(self) -> str:
        """Whether each folder is there, and can be written to where it has to be."""
        folders = [folder for folder in vars(self._folders).values() if folder]
        probe = f".entrepot-test-{sha256(repr(self._clock.now()).encode()).hexdigest()[:8]}"
        with self._open() as place:
            for folder in (self._folders.archive, self._folders.errors):
                if folder:
                    place.make(folder)
            for folder in folders:
                place.entries(folder)
                place.write(folder, probe, b"")
                place.remove(folder, probe)
        where = f"on {self._settings['host']}" if self._settings["host"] else "of this machine"
        return f"Each folder {where} can be read and written: {len(folders)}."

    @contextmanager
    def _open(self) -> Iterator[Place]:
        if not self._settings["host"]:
            with open_local() as place:
                yield place
        else:
            with _open_sftp(self._settings) as place:
                yield place

    def _deliver_ubl(self, place: Place, parcels: Sequence[Parcel]) -> Iterator[Outcome]:
        for parcel in parcels:
            is_canceled = parcel.event == Told.CANCELED.value
            number = re.sub(r"[^A-Za-z0-9_-]", "-", str(parcel.order["number"]))
            # The same parcel has the same name however often it is told, so that it replaces itself.
            key = sha256(parcel.idempotency_key.encode()).hexdigest()[:8]
            name = f"{'cancellation' if is_canceled else 'order'}-{number}-{key}.xml"
            try:
                content = (
                    cancellation_document(parcel.order, parcel.idempotency_key)
                    if is_canceled
                    else order_document(parcel.order)
                )
            except ValueError as error:
                yield Refused(parcel.id, f"no UBL can be made of it: {error}")
            else:
                self._write(place, name, content, [parcel])
                yield Taken(parcel.id)

    def _deliver_csv(self, place: Place, parcels: Sequence[Parcel]) -> Iterator[Outcome]:
        columns = self._settings["columns_out"]
        for event, begins in ((Told.CREATED.value, "orders"), (Told.CANCELED.value, "cancellations")):
            written = []
            for parcel in parcels:
                if parcel.event != event:
                    continue
                try:
                    write_orders([parcel], columns, self._style)
                except ValueError as error:
                    yield Refused(parcel.id, f"no CSV can be made of it: {error}")
                else:
                    written.append(parcel)
            if written:
                keys = sha256(repr([parcel.idempotency_key for parcel in written]).encode()).hexdigest()[:8]
                name = f"{begins}-{self._clock.now():%Y%m%dT%H%M%S%fZ}-{keys}.csv"
                self._write(place, name, write_orders(written, columns, self._style), written)
                yield from (Taken(parcel.id) for parcel in written)

    def _write(self, place: Place, name: str, content: bytes, parcels: Sequence[Parcel]) -> None:
        place.write(self._folders.outgoing, name, content)
        if self._settings["write_totals"]:
            totals = write_totals(name, content, totals_of_orders(parcels))
            place.write(self._folders.outgoing, name + SUFFIX, totals)

    def _ready(self, place: Place) -> Iterator[tuple[Entry, bool]]:
        """Files that are whole, as far as anybody can tell, and whether control totals lie beside each."""
        entries = {entry.name: entry for entry in place.entries(self._folders.incoming)}
        latest = self._clock.now().timestamp() - self._settings["quiet_seconds"]
        ready = []
        for name, entry in entries.items():
            is_ours = name.casefold().endswith((".csv", ".xml")) and not name.startswith(".")
            if not is_ours or name.casefold().endswith(_UNFINISHED) or entry.modified > latest:
                continue
            beside = entries.get(name + SUFFIX)
            is_waited_for = beside is None and self._settings["require_totals"]
            if not is_waited_for and (beside is None or beside.modified <= latest):
                ready.append((entry, beside is not None))
        yield from ready[:_MOST_FILES]

    def _read(self, place: Place, entry: Entry, has_totals: bool) -> _Arrived | None:
        """What a file says, or why nothing of it can be booked; None for one that changes just now."""
        incoming = self._folders.incoming
        try:
            content = place.read(incoming, entry.name)
        except FileNotFoundError:
            return None  # somebody took it away
        except PermissionError:
            return _Arrived(entry, has_totals, b"", problems=[_LOCKED])
        arrived = _Arrived(entry, has_totals, content)
        if place.find(incoming, entry.name) != entry or len(content) not in (entry.size, MOST_BYTES + 1):
            return None
        try:
            reading = self._parse(entry, content)
            if has_totals:
                stated = place.read(incoming, entry.name + SUFFIX)
                _check_totals(stated, content, reading)
        except InvalidValue as error:
            arrived.problems.append((f"nothing of it was booked: {error}", Where("")))
            return arrived
        arrived.problems += reading.problems
        for returned, where in reading.returned:
            arrived.returned.append(returned)
            arrived.waiting.setdefault(returned.key, []).append(where)
        return arrived

    def _parse(self, entry: Entry, content: bytes) -> Reading:
        if len(content) > MOST_BYTES:
            raise InvalidValue(f"a file has at most {MOST_BYTES // 1024 // 1024} MiB: send several")
        if _is_csv(entry.name):
            columns = self._settings["columns_in"]
            return read_returns(entry.name, str(entry.modified), content, columns, self._style)
        try:
            from plugins.erp_bridge.mapping.despatch import read_despatch
        except ImportError as error:
            _lack_extra(error)
        shipped = read_despatch(content)
        reading = Reading([(one, Where(f"order {one.order_number}")) for one in shipped])
        units = [
            line.quantity for one in shipped for package in one.packages for line in package.lines or ()
        ]
        reading.set_totals(records=1, orders=len(shipped), units=sum(units))
        return reading

    def _finish(self, place: Place, arrived: _Arrived) -> None:
        """Out of the way; one that was replaced meanwhile stays, and is read anew."""
        name, incoming = arrived.entry.name, self._folders.incoming
        if place.find(incoming, name) != arrived.entry:
            return
        is_in_part = bool(arrived.booked and arrived.problems) and _is_csv(name)
        target = self._folders.errors if arrived.problems and not is_in_part else self._folders.archive
        if is_in_part:
            self._put_aside(place, arrived)
        moved = place.move(name, incoming, target)
        if arrived.has_totals:
            place.move(name + SUFFIX, incoming, target)
        if arrived.problems and not is_in_part:
            place.write(target, moved + REASON, _reasons(arrived, ""))

    def _put_aside(self, place: Place, arrived: _Arrived) -> None:
        """The lines that were refused, in a file that can be mended and sent: the others are booked."""
        errors = self._folders.errors
        name = free_name(place, errors, arrived.entry.name)
        lines = {line for _, where in arrived.problems for line in where.lines}
        more = (
            "; this file holds what was refused, the line numbers are those of the whole one in the archive"
        )
        place.write(errors, name, only_lines(arrived.content, lines, self._style))
        place.write(errors, name + REASON, _reasons(arrived, more))

    def _problem_of(self, arrived: _Arrived) -> str | None:
        """For the inbox: not the reasons themselves, which quote the file."""
        if not arrived.problems:
            return None
        name, folder = arrived.entry.name, self._folders.errors
        return (
            f"of {name} were booked {arrived.booked}, and refused {len(arrived.problems)}: why, and what to"
            f" mend and send again, lies in {folder}"
        )


def _check_totals(stated: bytes, content: bytes, reading: Reading) -> None:
    """Raise InvalidValue, in words, if they do not hold."""
    if complaints := check_totals(stated, content, reading.totals):
        raise InvalidValue("; ".join(complaints))


def _reasons(arrived: _Arrived, more: str) -> bytes:
    """What lies beside a file with errors."""
    head = f"{arrived.entry.name}: {arrived.booked} booked, {len(arrived.problems)} refused{more}\n"
    return (head + "".join(f"{problem}\n" for problem, _ in arrived.problems)).encode("utf-8", "replace")


def _is_csv(name: str) -> bool:
    return name.casefold().endswith(".csv")


def _lack_extra(error: ImportError) -> NoReturn:
    raise NotConfigured(
        "SFTP and UBL that comes back need the extra `erp`: pip install 'entrepot[erp]'"
    ) from error


def _open_sftp(settings: Mapping[str, Any]) -> Any:
    try:
        from plugins.erp_bridge.client.sftp import SftpServer, open_sftp  # few shops need it
    except ImportError as error:
        _lack_extra(error)
    names = ("host", "port", "host_key", "user", "password", "private_key")
    return open_sftp(SftpServer(**{name: settings[name] for name in names}))


FILES = OutletKind(
    key="files",
    title="Files",
    schema=FileSettings,
    make=FileOutlet,
    batch=100,
    collects=True,
)
