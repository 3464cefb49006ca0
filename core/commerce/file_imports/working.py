"""Imports from start to end: looked through portion by portion, carried out, canceled, forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.access import note_audit
from core.commerce.csv_files import CsvRow
from core.commerce.file_imports.tables import (
    APPLIED,
    APPLYING,
    CANCELED,
    CHECKED,
    CHECKING,
    DONE,
    FAILED,
    READY,
    WAITING,
    FileImport,
    ImportPortion,
)
from core.commerce.import_plans import Importer, LinePlan, count_outcomes
from core.context import Context
from core.errors import InvalidValue, NotFound, WrongState
from core.jobs import Defer, JobRun, JobType, enqueue

WORK_JOB, FORGET_JOB = "imports.work", "imports.forget"
MOST_LINES = 500_000
#: What was in a file can be personal: it is kept for as long as somebody may look at how it went.
KEPT_FOR = timedelta(days=7)
PORTION = 500
#: Then other jobs have their turn, and a process that is to end can.
_PORTIONS_AT_ONCE = 10


def start_import(ctx: Context, importer: Importer, file_name: str, rows: Sequence[CsvRow]) -> FileImport:
    """Keep the lines of a file and have them looked through; nothing is imported before `apply_import`.

    `rows` come from `rows_of`, called outside of the transaction. Raises InvalidValue for none or too many.
    """
    if not rows:
        raise InvalidValue("the file has no line below the one that names the columns")
    if len(rows) > MOST_LINES:
        raise InvalidValue(f"a file has at most {MOST_LINES} lines, this one has {len(rows)}: divide it")
    row = FileImport(
        kind=importer.kind,
        file_name=_printable(file_name),
        state=CHECKING,
        actor=ctx.actor,
        lines=len(rows),
        created_at=ctx.clock.now(),
    )
    ctx.session.add(row)
    ctx.session.flush()
    portions = list(_portions(importer, rows))
    for number, portion in enumerate(portions):
        ctx.session.add(
            ImportPortion(
                import_id=row.id,
                number=number,
                last_line=portion[-1].line,
                lines=len(portion),
                stage=WAITING,
                rows=[[each.line, dict(each.values), each.problem] for each in portion],
            )
        )
    ctx.session.flush()
    enqueue(ctx, FORGET_JOB, {"import_id": row.id}, run_at=ctx.clock.now() + KEPT_FOR)
    _go_on(ctx, row, importer, is_short=len(portions) == 1)
    return row


def apply_import(ctx: Context, row: FileImport, importer: Importer) -> None:
    """Have every line that is not wrong carried out; one that failed goes on. Raises WrongState."""
    row = _lock(ctx, row.id)
    if row.state not in (READY, FAILED):
        raise WrongState(f"the import of {row.file_name} is {row.state}, so it cannot be started now")
    waiting = _next(ctx.session, row.id, (WAITING,))
    row.state = APPLYING if waiting is None else CHECKING
    row.ended_at = None
    note_audit(ctx, f"{row.kind}.imported", f"import:{row.id}", lines=row.lines)
    _go_on(ctx, row, importer, is_short=row.lines <= PORTION)


def cancel_import(ctx: Context, row: FileImport) -> None:
    """Stop an import; lines that were carried out already stay. Raises WrongState if it has ended."""
    row = _lock(ctx, row.id)
    if row.state in (DONE, CANCELED):
        raise WrongState(f"the import of {row.file_name} has ended already")
    note_audit(ctx, f"{row.kind}.import_canceled", f"import:{row.id}")
    _end(ctx, row, CANCELED)


def import_jobs(importers: Sequence[Importer]) -> list[JobType]:
    """The jobs that look through files, carry them out and forget them."""
    by_kind = {importer.kind: importer for importer in importers}

    def work(run: JobRun) -> None:
        import_id = int(run.args["import_id"])
        with run.reading() as ctx:
            row = ctx.session.get(FileImport, import_id)
        if row is None:
            return
        for _ in range(_PORTIONS_AT_ONCE):
            with run.transactions.writing(row.actor) as ctx:
                if not _work_portion(ctx, _lock(ctx, import_id), by_kind[row.kind]):
                    return
        raise Defer(timedelta(), "the next lines follow at once")

    def note_failed(run: JobRun, _error: str) -> None:
        with run.transaction() as ctx:
            _end(ctx, _lock(ctx, int(run.args["import_id"])), FAILED)

    def forget(run: JobRun) -> None:
        with run.transaction() as ctx:
            _forget(ctx, int(run.args["import_id"]))

    return [
        JobType(WORK_JOB, work, title="Import a file", on_failed=note_failed),
        JobType(FORGET_JOB, forget, title="Forget an imported file"),
    ]


def _portions(importer: Importer, rows: Sequence[CsvRow]) -> Iterator[list[CsvRow]]:
    """Some hundred lines at a time; lines of the same thing are never parted."""
    portion: list[CsvRow] = []
    for row in rows:
        is_full = len(portion) >= PORTION
        if is_full and not (importer.together and _is_same(importer, portion[-1], row)):
            yield portion
            portion = []
        portion.append(row)
    yield portion


def _is_same(importer: Importer, one: CsvRow, other: CsvRow) -> bool:
    return importer.key_of(one.values) == importer.key_of(other.values)


def _go_on(ctx: Context, row: FileImport, importer: Importer, *, is_short: bool) -> None:
    """What is short is done here and now."""
    if is_short:
        while _work_portion(ctx, row, importer):
            pass
        return
    enqueue(ctx, WORK_JOB, {"import_id": row.id}, lock_key=f"file:{row.id}", dedup_key=f"file:{row.id}")


def _work_portion(ctx: Context, row: FileImport, importer: Importer) -> bool:
    """Look through or carry out the next portion; False if there is nothing more to do for now."""
    if row.state == CHECKING:
        portion = _next(ctx.session, row.id, (WAITING,))
        if portion is None:
            row.state = READY
            return False
        _keep(portion, importer.plan(ctx.session, portion.csv_rows), CHECKED)
    elif row.state == APPLYING:
        portion = _next(ctx.session, row.id, (WAITING, CHECKED))
        if portion is None:
            _end(ctx, row, DONE)
            return False
        _keep(portion, importer.apply(ctx, portion.csv_rows), APPLIED)
    else:
        return False
    ctx.session.flush()
    return True


def _next(session: Session, import_id: int, stages: Sequence[str]) -> ImportPortion | None:
    wanted = select(ImportPortion).where(ImportPortion.import_id == import_id)
    return session.scalar(
        wanted.where(ImportPortion.stage.in_(stages)).order_by(ImportPortion.number).limit(1)
    )


def _keep(portion: ImportPortion, plans: Sequence[LinePlan], stage: str) -> None:
    portion.plans, portion.stage = [plan.as_json() for plan in plans], stage
    for outcome, number in count_outcomes(plans).items():
        setattr(portion, outcome, number)


def _lock(ctx: Context, import_id: int) -> FileImport:
    row = ctx.session.get(FileImport, import_id, populate_existing=True, with_for_update=True)
    if row is None:
        raise NotFound("there is no such import any more")
    return row


def _end(ctx: Context, row: FileImport, state: str) -> None:
    row.state, row.ended_at = state, ctx.clock.now()
    ctx.session.flush()


def _forget(ctx: Context, import_id: int) -> None:
    ctx.session.execute(delete(ImportPortion).where(ImportPortion.import_id == import_id))
    ctx.session.execute(delete(FileImport).where(FileImport.id == import_id))


def _printable(file_name: str) -> str:
    name = "".join(letter for letter in file_name if letter.isprintable()).replace("\\", "/")
    return name.rpartition("/")[2][:200] or "file"
