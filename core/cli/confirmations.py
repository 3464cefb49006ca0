"""`entrepot confirmations`: the packages that a channel has not accepted yet, and sending them again."""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy import select

from core.channels.confirmations import ACCEPTED, FAILED, QUEUED, Confirmation
from core.channels.confirming import retry_confirmation
from core.cli.context import (
    CommandLine,
    json_option,
    limit_option,
    pass_command_line,
    show_object,
    show_rows,
)
from core.errors import NotFound

_COLUMNS = ["id", "external_id", "reference", "carrier", "tracking_number", "state", "last_error"]


@click.group()
def confirmations() -> None:
    """Confirmations: what channels are told of packages that have left."""


@confirmations.command("list")
@click.option("--state", type=click.Choice([QUEUED, FAILED, ACCEPTED]), default=FAILED, show_default=True)
@limit_option
@json_option
@pass_command_line
def confirmations_list(command_line: CommandLine, state: str, limit: int | None, as_json: bool) -> None:
    """List confirmations in one state, the newest first."""
    wanted = select(Confirmation).where(Confirmation.state == state).order_by(Confirmation.id.desc())
    with command_line.reading() as ctx:
        rows = [_row(found) for found in ctx.session.scalars(wanted.limit(limit))]
    show_rows(rows, _COLUMNS, as_json=as_json, empty="There is no such confirmation.")


@confirmations.command("retry")
@click.argument("number", metavar="ID", type=click.IntRange(1))
@json_option
@pass_command_line
def confirmations_retry(command_line: CommandLine, number: int, as_json: bool) -> None:
    """Send a confirmation again, under the same reference."""
    with command_line.writing() as ctx:
        found = ctx.session.get(Confirmation, number, with_for_update=True)
        if found is None:
            raise NotFound(f"there is no confirmation {number}: `entrepot confirmations list` names them")
        retry_confirmation(ctx, found)
        row = _row(found)
    show_object(row, as_json=as_json)


def _row(confirmation: Confirmation) -> dict[str, Any]:
    return {
        "id": confirmation.id,
        "external_id": confirmation.channel_order.external_id,
        "reference": confirmation.reference,
        "carrier": confirmation.package.carrier,
        "tracking_number": confirmation.package.tracking_number,
        "state": confirmation.state,
        "last_error": confirmation.last_error,
    }
