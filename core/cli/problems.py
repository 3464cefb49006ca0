"""`entrepot problems`: what needs a person, grouped by cause, and what can be done about it here."""

from __future__ import annotations

from typing import Any

import click

from core.channels.mending import mend_group
from core.cli.context import (
    CommandLine,
    json_option,
    limit_option,
    pass_command_line,
    show_object,
    show_rows,
)
from core.problems import (
    FOR_GOOD,
    UNTIL_ANEW,
    Group,
    GroupQuery,
    get_group,
    ignore_group,
    list_groups,
    reopen_group,
)

_COLUMNS = ["id", "title", "held_up", "since", "last", "remedy"]
_ALL = 1_000_000
_group_id = click.argument("group_id", metavar="ID", type=click.IntRange(1))


@click.group()
def problems() -> None:
    """Problems: what does not go on by itself, grouped by cause."""


@problems.command("list")
@click.option("--ignored", is_flag=True, help="Those that are ignored instead.")
@click.option("--kind", help="Only this kind, for example channel_order_held.")
@limit_option
@json_option
@pass_command_line
def problems_list(
    command_line: CommandLine, ignored: bool, kind: str | None, limit: int | None, as_json: bool
) -> None:
    """List the groups, the most urgent first."""
    with command_line.reading() as ctx:
        query = GroupQuery(ignored=ignored, kind=kind, limit=limit or _ALL)
        rows = [_row(group) for group in list_groups(ctx.session, query)]
    empty = "Nothing is ignored." if ignored else "There is no problem."
    show_rows(rows, _COLUMNS, as_json=as_json, empty=empty)


@problems.command("ignore")
@_group_id
@click.option("--for-good", is_flag=True, help="Even if it comes anew; default: until then.")
@json_option
@pass_command_line
def problems_ignore(command_line: CommandLine, group_id: int, for_good: bool, as_json: bool) -> None:
    """Look at a group no more."""
    with command_line.writing() as ctx:
        ignore_group(ctx, group_id, FOR_GOOD if for_good else UNTIL_ANEW)
        row = _row(get_group(ctx.session, group_id))
    show_object(row, as_json=as_json)


@problems.command("reopen")
@_group_id
@json_option
@pass_command_line
def problems_reopen(command_line: CommandLine, group_id: int, as_json: bool) -> None:
    """Look at an ignored group again."""
    with command_line.writing() as ctx:
        reopen_group(ctx, group_id)
        row = _row(get_group(ctx.session, group_id))
    show_object(row, as_json=as_json)


@problems.command("retry")
@_group_id
@json_option
@pass_command_line
def problems_retry(command_line: CommandLine, group_id: int, as_json: bool) -> None:
    """Try again what a group holds up; jobs do it, so `entrepot work` or `run` has to run."""
    with command_line.writing() as ctx:
        row = _row(get_group(ctx.session, group_id))
        row["set_going"] = mend_group(ctx, group_id)
    show_object(row, as_json=as_json)


def _row(group: Group) -> dict[str, Any]:
    newest = group.newest
    return {
        "id": group.id,
        "kind": newest.kind,
        "cause": newest.cause,
        "title": group.title(),
        "message": newest.message,
        "count": group.count,
        "held_up": group.held_up,
        "since": group.first_at.isoformat(),
        "last": group.last_at.isoformat(),
        "remedy": group.remedy.label if group.remedy else None,
        "ignored_at": newest.ignored_at.isoformat() if newest.ignored_at else None,
        "ignored_by": newest.ignored_by,
    }
