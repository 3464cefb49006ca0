"""What one consumer is told: picked up, looked at, told again, and whether it can be reached."""

from __future__ import annotations

from typing import Any

import click

from core.cli.context import CommandLine, json_option, pass_command_line, print_json, show_rows
from core.commerce.orders import get_order
from core.web.schemas import OrderSchema
from plugins.erp_bridge.cli.rehearsing import LAST, MOMENT, in_utc, show_rehearsal
from plugins.erp_bridge.consumers import get_consumer
from plugins.erp_bridge.filters import Wanted
from plugins.erp_bridge.panels import pickups_of
from plugins.erp_bridge.pickups import MOST, lease, orders_of
from plugins.erp_bridge.rehearsing import rehearse
from plugins.erp_bridge.replaying import Selection, replay_selection
from plugins.erp_bridge.trying import try_outlet

_PICKED_UP = ("consumer", "event", "state", "reference", "reason", "changed_at")


@click.command("pickup")
@click.argument("name")
@click.option(
    "--limit", type=click.IntRange(1, MOST), default=10, show_default=True, help="At most so many."
)
@click.option(
    "--dry-run", type=LAST, metavar="N",
    help="Lease nothing: say what it would have received of the last N orders.",
)  # fmt: skip
@click.option("--since", type=MOMENT, help="With --dry-run: as if its orders began then.")
@json_option
@pass_command_line
def pickup(command_line: CommandLine, /, name: str, as_json: bool, **options: Any) -> None:
    """Lease what waits, as the consumer does over REST, and print it."""
    if options["dry_run"] is not None:
        with command_line.reading() as ctx:
            consumer = get_consumer(ctx.session, name)
            since = in_utc(options["since"]) or consumer.since
            found = rehearse(ctx, Wanted.of(consumer.wanted), options["dry_run"], since)
        show_rehearsal(found, as_json=as_json)
        return
    if options["since"] is not None:
        raise click.UsageError("--since goes with --dry-run: what waits is leased the oldest first")
    with command_line.writing() as ctx:
        leased = lease(ctx, get_consumer(ctx.session, name), options["limit"])
    with command_line.reading() as ctx:
        orders = orders_of(ctx, leased)
        items = [
            {
                "id": one.id,
                "event": one.event,
                "idempotency_key": one.idempotency_key,
                "lease_until": one.lease_until.isoformat(),
                "order": OrderSchema().dump(orders[one.order_id]),
            }
            for one in leased
        ]
    if as_json:
        print_json({"items": items})
        return
    listed = [{**one, "number": one["order"]["number"], "total": one["order"]["total"]} for one in items]
    columns = ("id", "event", "number", "total", "lease_until")
    show_rows(listed, columns, as_json=False, empty="nothing waits")


@click.command("order")
@click.argument("number")
@json_option
@pass_command_line
def order(command_line: CommandLine, number: str, as_json: bool) -> None:
    """Who picked an order up, when, and under which reference."""
    with command_line.reading() as ctx:
        rows = [
            {
                "consumer": row.consumer.name,
                "event": row.event,
                "state": row.state,
                "reference": row.reference,
                "reason": row.reason,
                "changed_at": row.changed_at.isoformat(),
            }
            for row in pickups_of(ctx.session, get_order(ctx.session, number))
        ]
    show_rows(rows, _PICKED_UP, as_json=as_json, empty="no consumer wants this order")


@click.command("replay")
@click.argument("name")
@click.option("--order", "numbers", multiple=True, help="This order; several times for more.")
@click.option("--since", type=MOMENT, help="What came to be told since this day or time (UTC).")
@click.option("--rejected", "rejected_only", is_flag=True, help="Only what it has rejected.")
@json_option
@pass_command_line
def replay(command_line: CommandLine, /, name: str, as_json: bool, **chosen: Any) -> None:
    """Tell it again, under the same idempotency keys: at most 1000 at once."""
    selection = Selection(chosen["numbers"], in_utc(chosen["since"]), chosen["rejected_only"])
    with command_line.writing() as ctx:
        results = replay_selection(ctx, get_consumer(ctx.session, name), selection)
    rows = [{"id": one.id, "state": one.state, "error": one.error} for one in results]
    show_rows(rows, ("id", "state", "error"), as_json=as_json, empty="there is nothing to tell again")


@click.command("test")
@click.argument("name")
@pass_command_line
def test(command_line: CommandLine, name: str) -> None:
    """Whether it can be reached; tells it nothing of any order."""
    click.echo(try_outlet(command_line.app, name))
