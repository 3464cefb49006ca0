"""Those who pick orders up: added, changed, listed, paused, resumed, removed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import click

from core.cli.context import (
    CommandLine,
    check_changes,
    json_option,
    pass_command_line,
    show_object,
    show_rows,
)
from core.commerce.orders.tables import MERCHANT
from core.database.holding import hold
from core.errors import InvalidValue, WrongState, shorten
from core.settings import parse_text_changes
from plugins.erp_bridge.cli.rehearsing import LAST, MOMENT, in_utc, show_rehearsal
from plugins.erp_bridge.consumers import (
    LEASE_SECONDS,
    NewConsumer,
    add_consumer,
    change_consumer,
    get_consumer,
    list_consumers,
    pause_consumer,
    resume_consumer,
)
from plugins.erp_bridge.filters import ANYBODY, EVERYTHING, NO_CHANNEL, Wanted, check_wanted
from plugins.erp_bridge.models import PULL, Consumer
from plugins.erp_bridge.outlets import get_kind
from plugins.erp_bridge.rehearsing import rehearse
from plugins.erp_bridge.removing import remove_consumer, what_is_lost
from plugins.erp_bridge.standing import Standing, standing_of, standings_of

F = TypeVar("F", bound=Callable[..., Any])
_FILTERS = ("stores", "channels", "statuses", "fulfilled_by")
_COLUMNS = ("name", "kind", "state", "waiting", "leased", "held", "rejected", "lag_seconds", "last_seen_at")


def _filter_options(function: F) -> F:
    """Which orders it gets."""
    for option in (
        click.option(
            "--fulfilled-by", multiple=True,
            help="`merchant`, as it is if nothing is said, a channel that ships by itself, or `any`.",
        ),
        click.option("--status", "statuses", multiple=True, help="Only once they have this status."),
        click.option(
            "--channel", "channels", multiple=True, help="Only of this channel; `none`: of none."
        ),
        click.option(
            "--store", "stores", multiple=True, help="Only of this store; several times for more."
        ),
    ):  # fmt: skip
        function = option(function)
    return function


@click.group()
def consumers() -> None:
    """Those who pick orders up."""


@consumers.command("add")
@click.argument("name")
@click.option("--kind", default=PULL, show_default=True, help="`pull`: it fetches them itself.")
@_filter_options
@click.option("--since", type=MOMENT, help="Earlier orders too, from this day or time (UTC) on.")
@click.option(
    "--lease", "lease_seconds", type=int, default=LEASE_SECONDS, show_default=True,
    help="Seconds after which what was picked up and not acknowledged is offered again.",
)  # fmt: skip
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting of its kind; mappings as JSON."
)
@click.option(
    "--dry-run", type=LAST, metavar="N",
    help="Add nothing: say what it would have received of the last N orders.",
)  # fmt: skip
@json_option
@pass_command_line
def consumers_add(
    command_line: CommandLine, /, name: str, settings: tuple[str, ...], as_json: bool, **options: Any
) -> None:
    """Add a consumer. It gets each order from now on, or from --since."""
    new = NewConsumer(
        name=name,
        kind=options["kind"],
        wanted=_changed(EVERYTHING, options),
        since=in_utc(options["since"]),
        lease_seconds=options["lease_seconds"],
        settings=_settings(options["kind"], settings),
    )
    _check_channels(command_line, new.wanted)
    if options["dry_run"] is not None:
        with command_line.reading() as ctx:
            wanted = check_wanted(ctx.session, new.wanted)
            found = rehearse(ctx, wanted, options["dry_run"], new.since)
        show_rehearsal(found, as_json=as_json)
        return
    with command_line.writing() as ctx:
        consumer = add_consumer(ctx, new)
        shown = _shown(consumer, standing_of(ctx, consumer), as_json=as_json)
    show_object(shown, as_json=as_json)


@consumers.command("set")
@click.argument("name")
@click.argument("changes", nargs=-1, metavar="[KEY=VALUE]...", callback=check_changes)
@_filter_options
@click.option("--lease", "lease_seconds", type=int, help="Seconds that it has to acknowledge.")
@pass_command_line
def consumers_set(
    command_line: CommandLine,
    /,
    name: str,
    changes: tuple[str, ...],
    lease_seconds: int | None,
    **options: Any,
) -> None:
    """Change what is given: settings of its kind, its filter, its time to acknowledge.

    What is left empty is forgotten: `second_secret=` a setting, `--store=` which stores it was for.
    """
    is_filtered = any(options.values())
    if not changes and not is_filtered and lease_seconds is None:
        raise click.UsageError("say what to change: KEY=VALUE, or one of the options")
    with command_line.writing() as ctx:
        consumer = get_consumer(ctx.session, name)
        hold(ctx.session, consumer)
        wanted = _changed(Wanted.of(consumer.wanted), options)
        _check_channels(command_line, wanted)
        settings = _settings(consumer.kind, changes)
        change_consumer(
            ctx,
            consumer,
            wanted=wanted if is_filtered else None,
            lease_seconds=lease_seconds,
            settings={key: None if value == "" else value for key, value in settings.items()} or None,
        )


@consumers.command("list")
@json_option
@pass_command_line
def consumers_list(command_line: CommandLine, as_json: bool) -> None:
    """Every consumer, and how far behind it is: what waits is counted up to 1000."""
    with command_line.reading() as ctx:
        found = list_consumers(ctx.session)
        standings = standings_of(ctx, found)
        rows = [_shown(consumer, standings[consumer.id], as_json=as_json) for consumer in found]
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


def _shown(consumer: Consumer, standing: Standing, *, as_json: bool) -> dict[str, Any]:
    """A consumer as it is printed: no settings, for there are secrets among them."""
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


def _changed(wanted: Wanted, options: Mapping[str, Any]) -> Wanted:
    """The filter with the parts that are given in place of what it has; an empty one leaves nothing out."""
    given = {name: tuple(filter(None, options[name])) for name in _FILTERS if options[name]}
    return replace(wanted, **given)


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
