"""`entrepot jobs` and `entrepot deliveries`: what runs, waits, failed or is parked, and mending it."""

from __future__ import annotations

from typing import Any, TypedDict, Unpack

import click

from core.cli.context import (
    CommandLine,
    json_option,
    limit_option,
    pass_command_line,
    show_object,
    show_rows,
)
from core.events import Delivery, DeliveryState, list_deliveries, replay_delivery, skip_delivery
from core.jobs import Job, JobState, cancel_job, get_job, list_jobs, retry_job

_MOST = 1000
_JOB_COLUMNS = ["id", "title", "state", "attempts", "run_at", "ended_at", "last_error"]
_DELIVERY_COLUMNS = ["id", "plugin", "event", "subject", "state", "times_told", "last_told_at"]
_id = click.argument("number", metavar="ID", type=click.IntRange(1))


@click.group()
def jobs() -> None:
    """Jobs: work that runs in the background."""


@jobs.command("list")
@click.option(
    "--state", type=click.Choice([state.value for state in JobState]), help="Only those in this state."
)
@click.option("--name", help="Only this kind of job, for example channels.poll_account.")
@limit_option
@json_option
@pass_command_line
def jobs_list(
    command_line: CommandLine, state: str | None, name: str | None, limit: int | None, as_json: bool
) -> None:
    """List jobs, the newest first; at most 1000 unless --limit says otherwise."""
    with command_line.reading() as ctx:
        found = list_jobs(ctx, state=state, name=name, limit=limit or _MOST)
        rows = [_job(command_line, job) for job in found]
    show_rows(rows, _JOB_COLUMNS, as_json=as_json, empty="There is no such job.")


@jobs.command("retry")
@_id
@json_option
@pass_command_line
def jobs_retry(command_line: CommandLine, number: int, as_json: bool) -> None:
    """Let a job that failed, was canceled or waits start now, with all its attempts."""
    with command_line.writing() as ctx:
        row = _job(command_line, get_job(ctx, retry_job(ctx, number)))
    show_object(row, as_json=as_json)


@jobs.command("cancel")
@_id
@json_option
@pass_command_line
def jobs_cancel(command_line: CommandLine, number: int, as_json: bool) -> None:
    """End a job that waits or has failed."""
    with command_line.writing() as ctx:
        cancel_job(ctx, number)
        row = _job(command_line, get_job(ctx, number))
    show_object(row, as_json=as_json)


@click.group()
def deliveries() -> None:
    """Deliveries: what each plugin was told of what happened."""


class _WantedDeliveries(TypedDict):
    state: str | None
    plugin: str | None
    subject: str | None


@deliveries.command("list")
@click.option(
    "--state", type=click.Choice([state.value for state in DeliveryState]), help="Only those in this state."
)
@click.option("--plugin", help="Only those to this plugin.")
@click.option("--subject", help="Only those about this, for example order:12.")
@limit_option
@json_option
@pass_command_line
def deliveries_list(
    command_line: CommandLine,
    /,
    *,
    limit: int | None,
    as_json: bool,
    **wanted: Unpack[_WantedDeliveries],
) -> None:
    """List deliveries, the newest first; at most 1000 unless --limit says otherwise."""
    with command_line.reading() as ctx:
        found = list_deliveries(ctx, limit or _MOST, **wanted)
        rows = [_delivery(delivery) for delivery in found]
    show_rows(rows, _DELIVERY_COLUMNS, as_json=as_json, empty="There is no such delivery.")


@deliveries.command("replay")
@_id
@json_option
@pass_command_line
def deliveries_replay(command_line: CommandLine, number: int, as_json: bool) -> None:
    """Try a parked delivery again, with all its attempts."""
    with command_line.writing() as ctx:
        replay_delivery(ctx, number)
        row = _delivery(ctx.session.get_one(Delivery, number))
    show_object(row, as_json=as_json)


@deliveries.command("skip")
@_id
@json_option
@pass_command_line
def deliveries_skip(command_line: CommandLine, number: int, as_json: bool) -> None:
    """Never deliver it, so that those behind it go on."""
    with command_line.writing() as ctx:
        skip_delivery(ctx, number)
        row = _delivery(ctx.session.get_one(Delivery, number))
    show_object(row, as_json=as_json)


def _job(command_line: CommandLine, job: Job) -> dict[str, Any]:
    kind = command_line.app.job_types.get(job.name)
    times = {"run_at": job.run_at, "started_at": job.started_at, "ended_at": job.ended_at}
    return {
        "id": job.id,
        "name": job.name,
        "title": (kind.title if kind else "") or job.name,
        "args": job.args,
        "state": job.state,
        "attempts": job.attempts,
        "last_error": job.last_error,
        "result": job.result,
    } | {name: moment.isoformat() if moment else None for name, moment in times.items()}


def _delivery(delivery: Delivery) -> dict[str, Any]:
    event, told, at = delivery.event, delivery.last_told_at, delivery.delivered_at
    return {
        "id": delivery.id,
        "plugin": delivery.plugin,
        "event": event.name,
        "event_id": event.id,
        "subject": delivery.subject,
        "happened_at": event.created_at.isoformat(),
        "state": delivery.state,
        "attempts": delivery.attempts,
        "times_told": delivery.times_told,
        "last_told_at": told.isoformat() if told else None,
        "delivered_at": at.isoformat() if at else None,
        "last_error": delivery.last_error,
        "last_place": delivery.last_place,
    }
