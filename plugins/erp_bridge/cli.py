"""`entrepot erp`: who picks orders up, what waits for them, telling it again, and trying it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click

from core.cli.context import (
    CommandLine,
    changes_argument,
    json_option,
    pass_command_line,
    print_json,
    show_object,
    show_rows,
)
from core.commerce.orders import get_order
from core.commerce.orders.tables import MERCHANT
from core.context import Context
from core.errors import InvalidValue, WrongState, shorten
from core.settings import parse_text_changes
from core.web.schemas import OrderSchema
from plugins.erp_bridge.consumers import (
    LEASE_SECONDS,
    NewConsumer,
    add_consumer,
    change_consumer,
    get_consumer,
    list_consumers,
    pause_consumer,
    resume_consumer,
    standing_of,
)
from plugins.erp_bridge.filters import ANYBODY, NO_CHANNEL, Wanted, check_wanted
from plugins.erp_bridge.models import PULL, Consumer
from plugins.erp_bridge.outlets import get_kind
from plugins.erp_bridge.panels import pickups_of
from plugins.erp_bridge.pickups import MOST, lease, orders_of
from plugins.erp_bridge.rehearsing import Rehearsal, rehearse
from plugins.erp_bridge.removing import remove_consumer, what_is_lost
from plugins.erp_bridge.replaying import Selection, replay_selection
from plugins.erp_bridge.trying import try_outlet

_MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"])
_LAST = click.IntRange(1, 1000)
_REHEARSED, _NO_ORDER = ("number", "status", "verdict", "why"), "there is no order yet"
_PICKED_UP = ("consumer", "event", "state", "reference", "reason", "changed_at")
_COLUMNS = ("name", "kind", "state", "waiting", "leased", "held", "rejected", "lag_seconds", "last_seen_at")


@click.group()
def erp() -> None:
    """ERP, OMS and WMS: who picks orders up, and how far each is."""


@erp.group()
def consumers() -> None:
    """Those who pick orders up."""


@consumers.command("add")
@click.argument("name")
@click.option("--kind", default=PULL, show_default=True, help="`pull`: it fetches them itself.")
@click.option("--store", "stores", multiple=True, help="Only of this store; several times for more.")
@click.option("--channel", "channels", multiple=True, help="Only of this channel; `none`: of none.")
@click.option("--status", "statuses", multiple=True, help="Only once they have this status.")
@click.option(
    "--fulfilled-by", multiple=True, default=("merchant",), show_default=True,
    help="`merchant`, a channel that ships by itself, or `any`.",
)  # fmt: skip
@click.option("--since", type=_MOMENT, help="Earlier orders too, from this day or time (UTC) on.")
@click.option(
    "--lease", "lease_seconds", type=int, default=LEASE_SECONDS, show_default=True,
    help="Seconds after which what was picked up and not acknowledged is offered again.",
)  # fmt: skip
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting of its kind; mappings as JSON."
)
@click.option(
    "--dry-run", type=_LAST, metavar="N",
    help="Add nothing: say what it would have received of the last N orders.",
)  # fmt: skip
@json_option
@pass_command_line
def consumers_add(
    command_line: CommandLine, /, name: str, settings: tuple[str, ...], as_json: bool, **options: Any
) -> None:
    """Add a consumer. It gets each order from now on, or from --since."""
    filters = ("stores", "channels", "statuses", "fulfilled_by")
    new = NewConsumer(
        name=name,
        kind=options["kind"],
        wanted=Wanted(**{key: tuple(options[key]) for key in filters}),
        since=_in_utc(options["since"]),
        lease_seconds=options["lease_seconds"],
        settings=_settings(options["kind"], settings),
    )
    _check_channels(command_line, new.wanted)
    if options["dry_run"] is not None:
        with command_line.reading() as ctx:
            wanted = check_wanted(ctx.session, new.wanted)
            rows = _rehearsed(rehearse(ctx, wanted, options["dry_run"], new.since))
        show_rows(rows, _REHEARSED, as_json=as_json, empty=_NO_ORDER)
        return
    with command_line.writing() as ctx:
        shown = _shown(ctx, add_consumer(ctx, new), as_json=as_json)
    show_object(shown, as_json=as_json)


@consumers.command("set")
@click.argument("name")
@changes_argument
@pass_command_line
def consumers_set(command_line: CommandLine, name: str, changes: tuple[str, ...]) -> None:
    """Change settings of its kind; one that is left empty, as in `second_secret=`, is forgotten."""
    with command_line.writing() as ctx:
        consumer = get_consumer(ctx.session, name)
        given = _settings(consumer.kind, changes)
        emptied = {key: None if value == "" else value for key, value in given.items()}
        change_consumer(ctx, consumer, settings=emptied)


@consumers.command("list")
@json_option
@pass_command_line
def consumers_list(command_line: CommandLine, as_json: bool) -> None:
    """Every consumer, and how far behind it is: what waits is counted up to 1000."""
    with command_line.reading() as ctx:
        rows = [_shown(ctx, consumer, as_json=as_json) for consumer in list_consumers(ctx.session)]
    empty = "there is no consumer yet: `entrepot erp consumers add`"
    show_rows(rows, _COLUMNS, as_json=as_json, empty=empty)


@consumers.command("pause")
@click.argument("name")
@click.option("--because", default="paused by hand", show_default=True, help="Why, for people.")
@pass_command_line
def consumers_pause(command_line: CommandLine, name: str, because: str) -> None:
    """Hand nothing out to it; what comes meanwhile waits."""
    with command_line.writing() as ctx:
        pause_consumer(ctx, get_consumer(ctx.session, name), because)


@consumers.command("resume")
@click.argument("name")
@pass_command_line
def consumers_resume(command_line: CommandLine, name: str) -> None:
    """Hand out again, beginning with what was missed."""
    with command_line.writing() as ctx:
        resume_consumer(ctx, get_consumer(ctx.session, name))


@consumers.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Remove it although what waits for it is lost.")
@pass_command_line
def consumers_remove(command_line: CommandLine, name: str, yes: bool) -> None:
    """Remove it for good. Says first what would be lost."""
    with command_line.writing() as ctx:
        consumer = get_consumer(ctx.session, name)
        if not yes:
            lost = what_is_lost(ctx.session, consumer)
            raise WrongState(
                f"with {name} go {lost.waiting} orders that wait for it, its answers to {lost.told}, and "
                f"what is known of {lost.booked} things that came back from it (confirm with --yes)"
            )
        remove_consumer(ctx, consumer)
    click.echo(f"{name} is removed; the audit log keeps that it was there.")


@erp.command("pickup")
@click.argument("name")
@click.option(
    "--limit", type=click.IntRange(1, MOST), default=10, show_default=True, help="At most so many."
)
@click.option(
    "--dry-run", type=_LAST, metavar="N",
    help="Lease nothing: say what it would have received of the last N orders.",
)  # fmt: skip
@click.option("--since", type=_MOMENT, help="With --dry-run: as if its orders began then.")
@json_option
@pass_command_line
def pickup(command_line: CommandLine, /, name: str, as_json: bool, **options: Any) -> None:
    """Lease what waits, as the consumer does over REST, and print it."""
    if options["dry_run"] is not None:
        with command_line.reading() as ctx:
            consumer = get_consumer(ctx.session, name)
            since = _in_utc(options["since"]) or consumer.since
            rows = _rehearsed(rehearse(ctx, Wanted.of(consumer.wanted), options["dry_run"], since))
        show_rows(rows, _REHEARSED, as_json=as_json, empty=_NO_ORDER)
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


@erp.command("order")
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


@erp.command("replay")
@click.argument("name")
@click.option("--order", "numbers", multiple=True, help="This order; several times for more.")
@click.option("--since", type=_MOMENT, help="What came to be told since this day or time (UTC).")
@click.option("--rejected", "rejected_only", is_flag=True, help="Only what it has rejected.")
@json_option
@pass_command_line
def replay(command_line: CommandLine, /, name: str, as_json: bool, **chosen: Any) -> None:
    """Tell it again, under the same idempotency keys: at most 1000 at once."""
    selection = Selection(chosen["numbers"], _in_utc(chosen["since"]), chosen["rejected_only"])
    with command_line.writing() as ctx:
        results = replay_selection(ctx, get_consumer(ctx.session, name), selection)
    rows = [{"id": one.id, "state": one.state, "error": one.error} for one in results]
    show_rows(rows, ("id", "state", "error"), as_json=as_json, empty="there is nothing to tell again")


@erp.command("test")
@click.argument("name")
@pass_command_line
def test(command_line: CommandLine, name: str) -> None:
    """Whether it can be reached; tells it nothing of any order."""
    click.echo(try_outlet(command_line.app, name))


def _rehearsed(found: Rehearsal) -> list[dict[str, Any]]:
    """What came of a dry run, as it is printed."""
    return [
        {
            "number": row.order.number,
            "status": row.order.status,
            "verdict": row.verdict.value,
            "why": row.why,
        }
        for row in found.rows
    ]


def _shown(ctx: Context, consumer: Consumer, *, as_json: bool) -> dict[str, Any]:
    """A consumer as it is printed: no settings, for there are secrets among them."""
    standing = standing_of(ctx, consumer)
    lag = standing.lag
    return {
        "name": consumer.name,
        "kind": consumer.kind,
        "state": consumer.state,
        "paused_because": consumer.paused_because,
        "wanted": consumer.wanted,
        "since": consumer.since.isoformat(),
        "lease_seconds": consumer.lease_seconds,
        **{state: many if as_json else standing.told(state) for state, many in standing.counts.items()},
        "lag_seconds": None if lag is None else int(lag.total_seconds()),
        "last_seen_at": consumer.last_seen_at.isoformat() if consumer.last_seen_at else None,
        "last_error": consumer.last_error,
    }


def _in_utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)


def _check_channels(command_line: CommandLine, wanted: Wanted) -> None:
    """A channel that no enabled plugin supplies is a slip of the hand: nothing would ever come of it."""
    supplied = sorted(channel.key for channel in command_line.app.registry.channels.values())
    for chosen, own in ((wanted.channels, [NO_CHANNEL]), (wanted.fulfilled_by, [MERCHANT, ANYBODY])):
        known = [*supplied, *own]
        for key in chosen:
            if key not in known:
                raise InvalidValue(f"there is no channel {shorten(key)!r}; there are: {', '.join(known)}")


def _settings(kind: str, pairs: Sequence[str]) -> dict[str, Any]:
    """Settings as they are typed, by the schema of a kind: mappings are JSON."""
    if kind == PULL:
        return dict.fromkeys(pairs)  # which has none, as the verb then says
    return parse_text_changes(get_kind(kind).schema(), pairs)
