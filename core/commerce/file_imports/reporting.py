"""How imports go: how far each is, what comes of its lines, and which of them are wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from core.commerce.csv_files import LINE, REASON, write_csv
from core.commerce.file_imports.tables import (
    APPLIED,
    CHECKED,
    CHECKING,
    READY,
    FileImport,
    ImportPortion,
)
from core.commerce.import_plans import OUTCOMES, WRONG, Importer, LinePlan
from core.errors import InvalidValue, NotFound


@dataclass(frozen=True)
class ImportProgress:
    """How far an import is: lines checked and applied of `lines`, and how many come to what."""

    lines: int
    checked: int
    applied: int
    outcomes: Mapping[str, int]

    @property
    def to_apply(self) -> int:
        """Lines that would change something."""
        return self.outcomes["added"] + self.outcomes["changed"]

    def percent(self, state: str) -> int:
        """Of what is going on in this state."""
        done = self.checked if state in (CHECKING, READY) else self.applied
        return 100 * done // self.lines if self.lines else 100


def get_import(session: Session, kind: str, import_id: int) -> FileImport:
    """The import of this kind of thing. Raises NotFound."""
    row = session.get(FileImport, import_id)
    if row is None or row.kind != kind:
        raise NotFound("there is no such import: what was in a file is forgotten after a week")
    return row


def list_imports(session: Session, kind: str, limit: int) -> Sequence[FileImport]:
    """The newest imports of this kind of thing."""
    wanted = select(FileImport).where(FileImport.kind == kind)
    return session.scalars(wanted.order_by(FileImport.id.desc()).limit(limit)).all()


def progress_of(session: Session, row: FileImport) -> ImportProgress:
    """How far it is."""
    counts = [func.sum(getattr(ImportPortion, outcome)) for outcome in OUTCOMES]
    found = session.execute(
        select(ImportPortion.stage, func.sum(ImportPortion.lines), *counts)
        .where(ImportPortion.import_id == row.id)
        .group_by(ImportPortion.stage)
    ).all()
    lines = {stage: int(number) for stage, number, *_ in found}
    outcomes = {
        outcome: sum(int(counts[place]) for _, _, *counts in found)
        for place, outcome in enumerate(OUTCOMES)
    }
    applied = lines.get(APPLIED, 0)
    return ImportProgress(row.lines, lines.get(CHECKED, 0) + applied, applied, outcomes)


def list_plans(session: Session, row: FileImport, outcome: str, after: int, limit: int) -> list[LinePlan]:
    """Lines that come to this, after the line `after`, in the order of the file."""
    if outcome not in OUTCOMES:
        raise InvalidValue(f"a line is one of {', '.join(OUTCOMES)}, not {outcome!r}")
    wanted = select(ImportPortion).where(
        ImportPortion.import_id == row.id,
        ImportPortion.last_line > after,
        getattr(ImportPortion, outcome) > 0,
    )
    found: list[LinePlan] = []
    for portion in session.scalars(
        wanted.options(defer(ImportPortion.rows)).order_by(ImportPortion.number).limit(limit)
    ):
        plans = (LinePlan.from_json(plan) for plan in portion.plans or [])
        found += [plan for plan in plans if plan.outcome == outcome and plan.line > after]
        if len(found) >= limit:
            break
    return found[:limit]


def export_wrong_lines(session: Session, row: FileImport, importer: Importer) -> Iterator[str]:
    """The lines that are wrong, with the reasons, as a CSV file that can be mended and imported."""
    return write_csv([LINE, REASON, *importer.columns], _wrong_lines(session, row))


def _wrong_lines(session: Session, row: FileImport) -> Iterator[Mapping[str, str]]:
    wanted = select(ImportPortion.number).where(ImportPortion.import_id == row.id, ImportPortion.wrong > 0)
    for number in session.scalars(wanted.order_by(ImportPortion.number)).all():
        one = select(ImportPortion).where(ImportPortion.import_id == row.id, ImportPortion.number == number)
        portion = session.scalars(one).one()
        rows = {each.line: each.values for each in portion.csv_rows}
        for plan in (LinePlan.from_json(value) for value in portion.plans or []):
            if plan.outcome == WRONG:
                yield {**rows[plan.line], LINE: str(plan.line), REASON: "; ".join(plan.reasons)}
        session.expunge(portion)
