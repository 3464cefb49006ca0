"""Files that have come: read when they are whole, then archived or put aside with what was refused."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.clock import Clock
from core.errors import InvalidValue
from plugins.erp_bridge.client.folders import MOST_BYTES, Entry, Place, free_name
from plugins.erp_bridge.files.places import lack_extra
from plugins.erp_bridge.files.settings import folders_of, style_of
from plugins.erp_bridge.mapping.control_totals import SUFFIX, check_totals
from plugins.erp_bridge.mapping.csv_in import Reading, Where, read_returns
from plugins.erp_bridge.mapping.csv_rows import only_lines
from plugins.erp_bridge.outlets import Arrival, Returned, Settled, Verdict

REASON = ".reason.txt"
_LOCKED = ("nothing of it was booked: Entrepot may not read it: give it the permission", Where(""))
#: Names that files have while they are being written.
_UNFINISHED = (".part", ".filepart", ".tmp", ".partial", ".crdownload", "~")


@dataclass
class _File:
    """A file that was read: what it says, and what became of each thing that it says."""

    entry: Entry
    has_totals: bool
    content: bytes
    returned: list[Returned] = field(default_factory=list)
    waiting: dict[str, list[Where]] = field(default_factory=dict)
    problems: list[tuple[str, Where]] = field(default_factory=list)
    booked: int = 0

    @property
    def is_in_part(self) -> bool:
        """Whether just some lines of it have to be mended."""
        return bool(self.booked and self.problems) and _is_csv(self.entry.name)

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

    def reasons(self, more: str = "") -> bytes:
        """What lies beside a file with errors."""
        head = f"{self.entry.name}: {self.booked} booked, {len(self.problems)} refused{more}\n"
        return (head + "".join(f"{problem}\n" for problem, _ in self.problems)).encode("utf-8", "replace")


class ArrivedFiles:
    """The files of the folder for what comes back."""

    def __init__(self, settings: Mapping[str, Any], clock: Clock) -> None:
        self._folders = folders_of(settings)
        self._style = style_of(settings)
        self._columns: Mapping[str, str] = settings["columns_in"]
        self._quiet_seconds: int = settings["quiet_seconds"]
        self._waits_for_totals: bool = settings["require_totals"]
        self._clock = clock
        self._file: _File | None = None

    def collect(self, place: Place) -> Generator[Arrival | Settled]:
        """What they say, one file after the other; each is put away once all of it is answered for."""
        place.make(self._folders.archive)
        place.make(self._folders.errors)
        for entry, has_totals in self._ready(place):
            file = self._file = self._read(place, entry, has_totals)
            if file is None:
                continue  # somebody is writing it still
            arrival = Arrival(entry.name, file.returned, f"{entry.size} {entry.modified}")
            yield arrival
            if not file.waiting:
                yield Settled(arrival, self._problem_of(file))
                self._finish(place, file)

    def settle(self, verdicts: Sequence[Verdict]) -> None:
        """Note them for the file; what another file has booked before is refused where that matters."""
        if self._file is not None:
            for verdict in verdicts:
                self._file.take(verdict)

    def _ready(self, place: Place) -> Iterator[tuple[Entry, bool]]:
        """Files that are whole, as far as anybody can tell, and whether control totals lie beside each."""
        entries = {entry.name: entry for entry in place.entries(self._folders.incoming)}
        latest = self._clock.now().timestamp() - self._quiet_seconds
        for name, entry in entries.items():
            is_ours = name.casefold().endswith((".csv", ".xml")) and not name.startswith(".")
            if not is_ours or name.casefold().endswith(_UNFINISHED) or entry.modified > latest:
                continue
            beside = entries.get(name + SUFFIX)
            is_waited_for = beside is None and self._waits_for_totals
            if not is_waited_for and (beside is None or beside.modified <= latest):
                yield entry, beside is not None

    def _read(self, place: Place, entry: Entry, has_totals: bool) -> _File | None:
        """What a file says, or why nothing of it can be booked; None for one that changes just now."""
        incoming = self._folders.incoming
        try:
            content = place.read(incoming, entry.name)
        except FileNotFoundError:
            return None  # somebody took it away
        except PermissionError:
            return _File(entry, has_totals, b"", problems=[_LOCKED])
        file = _File(entry, has_totals, content)
        if place.find(incoming, entry.name) != entry or len(content) not in (entry.size, MOST_BYTES + 1):
            return None
        try:
            reading = self._parse(entry, content)
            if has_totals:
                stated = place.read(incoming, entry.name + SUFFIX)
                _check_totals(stated, content, reading)
        except InvalidValue as error:
            file.problems.append((f"nothing of it was booked: {error}", Where("")))
            return file
        file.problems += reading.problems
        for returned, where in reading.returned:
            file.returned.append(returned)
            file.waiting.setdefault(returned.key, []).append(where)
        return file

    def _parse(self, entry: Entry, content: bytes) -> Reading:
        if len(content) > MOST_BYTES:
            raise InvalidValue(f"a file has at most {MOST_BYTES // 1024 // 1024} MiB: send several")
        if _is_csv(entry.name):
            return read_returns(entry.name, str(entry.modified), content, self._columns, self._style)
        try:
            from plugins.erp_bridge.mapping.despatch import read_despatch
        except ImportError as error:
            lack_extra(error)
        shipped = read_despatch(content)
        reading = Reading([(one, Where(f"order {one.order_number}")) for one in shipped])
        units = [
            line.quantity for one in shipped for package in one.packages for line in package.lines or ()
        ]
        reading.set_totals(records=1, orders=len(shipped), units=sum(units))
        return reading

    def _finish(self, place: Place, file: _File) -> None:
        """Out of the way; one that was replaced meanwhile stays, and is read anew."""
        name, incoming = file.entry.name, self._folders.incoming
        if place.find(incoming, name) != file.entry:
            return
        is_wrong = bool(file.problems) and not file.is_in_part
        target = self._folders.errors if is_wrong else self._folders.archive
        if file.is_in_part:
            self._put_aside(place, file)
        moved = place.move(name, incoming, target)
        if file.has_totals:
            place.move(name + SUFFIX, incoming, target)
        if is_wrong:
            place.write(target, moved + REASON, file.reasons())

    def _put_aside(self, place: Place, file: _File) -> None:
        """The lines that were refused, in a file that can be mended and sent: the others are booked."""
        errors = self._folders.errors
        name = free_name(place, errors, file.entry.name)
        lines = {line for _, where in file.problems for line in where.lines}
        more = (
            "; this file holds what was refused, the line numbers are those of the whole one in the archive"
        )
        place.write(errors, name, only_lines(file.content, lines, self._style))
        place.write(errors, name + REASON, file.reasons(more))

    def _problem_of(self, file: _File) -> str | None:
        """For the inbox: not the reasons themselves, which quote the file."""
        if not file.problems:
            return None
        name, folder = file.entry.name, self._folders.errors
        return (
            f"of {name} were booked {file.booked}, and refused {len(file.problems)}: why, and what to mend"
            f" and send again, lies in {folder}"
        )


def _check_totals(stated: bytes, content: bytes, reading: Reading) -> None:
    """Raise InvalidValue, in words, if they do not hold."""
    if complaints := check_totals(stated, content, reading.totals):
        raise InvalidValue("; ".join(complaints))


def _is_csv(name: str) -> bool:
    return name.casefold().endswith(".csv")
