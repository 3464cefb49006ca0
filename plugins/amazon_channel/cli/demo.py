"""`entrepot demo`: both workflows, walked step by step on this machine."""

from __future__ import annotations

import shlex
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.cli.context import json_option, print_json

if TYPE_CHECKING:
    from plugins.amazon_channel.demo import Stage, Step


@click.command()
@click.option("--once", is_flag=True, help="End after the walk, instead of serving until Ctrl-C.")
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Where the pages are, afterwards.",
)
@json_option
def demo(once: bool, port: int, as_json: bool) -> None:
    """Walk both workflows against a simulated Amazon, in a shop of its own that is thrown away.

    Shows after each step how Amazon, the channel order and the order stand. Needs no account and
    touches nothing of yours.
    """
    from plugins.amazon_channel.demo import (  # slow to import
        add_demo_operator,
        fill_shop,
        open_stage,
        walk_both,
    )

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the stage is cleared away, as with Ctrl-C
    with open_stage(port=0 if once else port) as stage:
        if as_json:
            walked = walk_both(stage, _nothing, _nothing)
            print_json({"workflows": [workflow.as_json() for workflow in walked]})
        else:
            walk_both(stage, _print_name, _print_step)
        if not once:
            say = click.echo if not as_json else _to_stderr
            say("\nThe shop is being filled with some more orders.")
            fill_shop(stage)
            _serve_until_interrupted(stage, add_demo_operator(stage), say)


def _nothing(_told: object) -> None:
    """For a walk that is shown at its end."""


def _print_name(name: str) -> None:
    click.echo(f"\nAn order {name}\n")
    click.echo(f"  {'':3}{'Amazon':<18}{'channel order':<18}{'order':<24}on the Orders tab")


def _print_step(step: Step) -> None:
    order = f"{step.order} ({step.order_number})" if step.order else "-"
    shown = "yes" if step.on_orders_tab else "no"
    click.echo(f"\n  {step.step}. {step.what}")
    click.echo(f"  {'':3}{step.amazon:<18}{step.channel_order or '-':<18}{order:<24}{shown}")
    if step.note:
        click.echo(f"  {'':3}{step.note}")


def _to_stderr(text: str) -> None:
    click.echo(text, err=True)


def _serve_until_interrupted(stage: Stage, password: str, say: Callable[[str], None]) -> None:
    from plugins.amazon_channel.demo import OPERATOR

    entrepot = f"ENTREPOT_HOME={shlex.quote(str(stage.home))} {_this_command()}"
    say(f"\nThe shop is open at        {stage.page}")
    say(f"  sign in as               {OPERATOR}")
    say(f"  with the password        {password}")
    say(f"The simulated Amazon is at {stage.amazon.url}/ : place, ship and cancel orders there.")
    say(f"The shop's data is in      {stage.home} ; in another terminal, from this folder:\n")
    say(f"  {entrepot} amazon sync")
    say(f"  {entrepot} orders list")
    say(f"  {entrepot} orders ship NUMBER --carrier DHL --tracking JD014600003")
    say("\nOrders are read every 5 minutes, and two minutes after they changed at Amazon.")
    say("Ctrl-C ends it and throws the shop away.")
    with suppress(KeyboardInterrupt):
        threading.Event().wait()


def _this_command() -> str:
    """How `entrepot` was called, so that another terminal can call it the same way."""
    called = Path(sys.argv[0])
    return shlex.quote(str(called)) if called.name == "entrepot" else "entrepot"
