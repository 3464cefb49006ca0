"""Dry runs on the command line, and the moments that orders begin from."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from core.cli.context import show_rows
from plugins.erp_bridge.rehearsing import Rehearsal

#: A day or a time, in UTC.
MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"])
#: Of how many orders a dry run speaks.
LAST = click.IntRange(1, 1000)


def show_rehearsal(found: Rehearsal, *, as_json: bool) -> None:
    """Print what came of a dry run."""
    rows = [
        {
            "number": row.order.number,
            "status": row.order.status,
            "verdict": row.verdict.value,
            "why": row.why,
        }
        for row in found.rows
    ]
    columns = ("number", "status", "verdict", "why")
    show_rows(rows, columns, as_json=as_json, empty="there is no order yet")


def in_utc(moment: datetime | None) -> datetime | None:
    """A moment as it was typed."""
    return None if moment is None else moment.replace(tzinfo=UTC)
