"""`entrepot demo`: both workflows, walked step by step on this machine."""

from __future__ import annotations

import shlex
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.cli.context import json_option, print_json

if TYPE_CHECKING:
    from plugins.amazon_channel.demo import Partner, Stage, Step, Workflow


@click.command()
@click.option("--once", is_flag=True, help="End after the walk, instead of serving until Ctrl-C.")
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Where the pages are, afterwards.",
)
@click.option("--erp", metavar="NAME", help="Ship from a real ERP beside it: `tryton`, see docs/erp.md.")
@json_option
def demo(once: bool, port: int, erp: str | None, as_json: bool) -> None:
    """Walk both workflows against a simulated Amazon, in a shop of its own that is thrown away.

    Shows after each step how Amazon, the channel order and the order stand. Needs no account and
    touches nothing of yours.
    """
    from plugins.amazon_channel.demo import (  # slow to import
        add_demo_operator,
        fill_shop,
        open_partner,
        open_stage,
        walk_both,
    )

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the stage is cleared away, as with Ctrl-C
    with open_stage(port=0 if once else port) as stage, open_partner(erp, stage.live) as partner:
        begin, tell = (_nothing, _nothing) if as_json else (_print_name, _print_step)
        walked = walk_both(stage, begin, tell, partner)
        told: dict[str, Any] = {"workflows": [workflow.as_json() for workflow in walked]}
        if partner is not None:
            told["erp"] = {"name": erp, "orders": _told_by(partner, walked)}
        if as_json:
            print_json(told)
        elif partner is not None:
            _print_partner(partner.title, told["erp"]["orders"])
        if not once:
            say = click.echo if not as_json else _to_stderr
            say("\nThe shop is being filled with some more orders.")
            fill_shop(stage, **({} if partner is None else {"shipped": 0}))
            _serve_until_interrupted(stage, add_demo_operator(stage), say, partner)


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


def _told_by(partner: Partner, walked: list[Workflow]) -> list[dict[str, Any]]:
    """What happened there with the order of each workflow."""
    numbers = [workflow.steps[-1].order_number for workflow in walked]
    return [partner.tell_of(number) for number in numbers if number is not None]


def _print_partner(title: str, orders: list[dict[str, Any]]) -> None:
    click.echo(f"\nIn {title}\n")
    for order in orders:
        if order["sale"] is None:
            click.echo(f"  Order {order['order_number']} is not there: the merchant does not ship it.")
            continue
        total = f"{order['total']['amount']} {order['total']['currency']}"
        click.echo(f"  Order {order['order_number']} is sale {order['sale']} of {total}: {order['state']}")
        for shipment in order["shipments"]:
            numbers = ", ".join(shipment["tracking_numbers"])
            click.echo(
                f"    shipment {shipment['number']} ({numbers}): {shipment['state']}, {shipment['note']}"
            )


def _to_stderr(text: str) -> None:
    click.echo(text, err=True)


def _serve_until_interrupted(
    stage: Stage, password: str, say: Callable[[str], None], partner: Partner | None
) -> None:
    from plugins.amazon_channel.demo import OPERATOR

    entrepot = f"ENTREPOT_HOME={shlex.quote(str(stage.home))} {_this_command()}"
    say(f"\nThe shop is open at        {stage.page}")
    say(f"  sign in as               {OPERATOR}")
    say(f"  with the password        {password}")
    say(f"The simulated Amazon is at {stage.amazon.url}/ : place, ship and cancel orders there.")
    for line in partner.access if partner is not None else ():
        say(line)
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
