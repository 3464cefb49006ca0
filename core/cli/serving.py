"""`entrepot run` and `entrepot work`: the pages with the embedded runner, and the runner alone."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import click

from core.cli.context import CommandLine, pass_command_line
from core.jobs import THREADS, Owner, Runner, count_waiting


@click.command()
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="A loopback address, or with ENTREPOT_URL any.",
)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@pass_command_line
def run(command_line: CommandLine, host: str, port: int) -> None:
    """Serve the pages and work off jobs, until Ctrl-C."""
    from core.web.server import serve

    serve(command_line.config, host=host, port=port)


@click.command()
@click.option("--until-idle", is_flag=True, help="End when nothing is due any more.")
@click.option("--threads", default=THREADS, show_default=True, type=click.IntRange(1, 64))
@pass_command_line
def work(command_line: CommandLine, until_idle: bool, threads: int) -> None:
    """Work off jobs, until Ctrl-C; the running ones end first."""
    command_line.app.resume()  # refuses a database that is not up to date before anything starts
    owner = Owner(command_line.config.home)
    runner = Runner(
        command_line.live, owner, threads=threads, lease_seconds=command_line.config.lease_seconds
    )
    try:
        if until_idle:
            runner.run_until_idle()
            _tell_waiting(command_line)
        else:
            runner.run_forever(_stop_on_signals())
    finally:
        owner.close()


def _tell_waiting(command_line: CommandLine) -> None:
    """Say what is not done although nothing is due."""
    with command_line.reading() as ctx:
        number, next_at = count_waiting(ctx)
    if next_at is not None:
        waiting = "1 job waits" if number == 1 else f"{number} jobs wait"
        click.echo(
            f"{waiting} to be tried again, the next at {next_at:%Y-%m-%d %H:%M:%S} UTC: "
            "`entrepot jobs list --state queued` says why."
        )


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    return stop
