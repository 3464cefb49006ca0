"""CSV files on the command line: read, looked at before they are imported, written."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click

from core.cli.context import CommandLine, print_json, show_object
from core.commerce.import_plans import (
    ADDED,
    CHANGED,
    UNCHANGED,
    Importer,
    LinePlan,
    count_outcomes,
    import_whole,
    rows_of,
)
from core.context import Context


@contextmanager
def open_file(path: Path) -> Iterator[TextIO]:
    """The file as text."""
    with path.open(encoding="utf-8-sig", newline="") as text:
        yield text


def show_preview(ctx: Context, importer: Importer, file: TextIO, *, as_json: bool) -> None:
    """Say what would come of each line; nothing is written."""
    plans = importer.plan(ctx.session, rows_of(importer, file))
    counts = count_outcomes(plans)
    if as_json:
        print_json({**counts, "lines": [plan.as_json() for plan in plans if plan.outcome != UNCHANGED]})
        return
    for plan in plans:
        if plan.outcome != UNCHANGED:
            click.echo(_sentence(plan))
    click.echo(", ".join(f"{number} {outcome}" for outcome, number in counts.items()))


def import_file(
    command_line: CommandLine, importer: Importer, file: Path, *, dry_run: bool, as_json: bool
) -> None:
    """Import a CSV file, all of it or nothing, and show what came of its lines; or only what would come."""
    with open_file(file) as text:
        if dry_run:
            with command_line.reading() as ctx:
                show_preview(ctx, importer, text, as_json=as_json)
            return
        with command_line.writing() as ctx:
            counts = import_whole(ctx, importer, text)
    row = {"created": counts[ADDED], "updated": counts[CHANGED], "unchanged": counts[UNCHANGED]}
    show_object(row, as_json=as_json)


def write_lines(file: TextIO, lines: Iterable[str]) -> None:
    """Write a CSV file; its lines end as CSV's do, on every system."""
    if file is not sys.stdout and hasattr(file, "reconfigure"):
        file.reconfigure(newline="")
    for line in lines:
        file.write(line)


def _sentence(plan: LinePlan) -> str:
    what = "; ".join(plan.reasons) or ", ".join(
        f"{name}: {after or '-'}" if before is None else f"{name}: {before} → {after or '-'}"
        for name, (before, after) in plan.changes.items()
    )
    return f"line {plan.line} {plan.key} {plan.outcome}: {what}"
