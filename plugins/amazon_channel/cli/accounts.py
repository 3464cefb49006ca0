"""`entrepot amazon accounts`: add, list and test seller accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import click

from core.application import Application
from core.channels.accounts import Account, NewAccount, add_account, get_account, list_accounts
from core.channels.connecting import check_account, connect_account
from core.channels.credentials import list_remaining, renew_credentials, try_credentials
from core.channels.importing import Outcome
from core.channels.pausing import pause_account, resume_account
from core.channels.registration import Channel, Credentials
from core.channels.runs import SyncRun, list_runs
from core.cli.context import (
    CommandLine,
    asked_option,
    json_option,
    limit_option,
    pass_command_line,
    print_json,
    say_error,
    show_rows,
)
from core.errors import AccessDenied, EntrepotError, InvalidValue
from plugins.amazon_channel.mapping import AMAZON
from plugins.amazon_channel.marketplaces import HOSTS, MARKETPLACES

_DATE = click.DateTime(["%Y-%m-%d"])
issued_option = click.option(
    "--secret-issued-on", type=_DATE, help="When the client secret was issued; it lasts 180 days."
)
authorized_option = click.option(
    "--authorized-on", type=_DATE, help="When the application was authorized; that lasts 365 days."
)
_RUNS = 20
_COUNTS = ["seen", *(outcome.value for outcome in Outcome)]
_COLUMNS = [
    "name", "seller_id", "region", "marketplaces", "state", "connected", "last_synced_at", "last_error",
]  # fmt: skip


@click.group()
def accounts() -> None:
    """Seller accounts."""


@dataclass(frozen=True)
class _Options:
    """What `accounts add` was called with; the names are those of its options."""

    name: str
    seller_id: str
    region: str
    marketplaces: tuple[str, ...]
    client_id: str
    client_secret: str
    refresh_token: str
    base_url: str | None
    lwa_url: str | None
    secret_issued_on: datetime | None
    authorized_on: datetime | None
    as_json: bool

    def new_account(self) -> NewAccount:
        """The account to be added. Raises InvalidValue for an address that is not safe."""
        from plugins.amazon_channel.client import check_url  # slow to import

        credentials = {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "refresh_token": self.refresh_token,
        }
        for name, url in (("base_url", self.base_url), ("lwa_url", self.lwa_url)):
            if url:
                credentials[name] = check_url(url, name)
        dates = _dates(self.secret_issued_on, self.authorized_on)
        return NewAccount(self.name, self.seller_id, self.region, self.marketplaces, credentials, dates)


@accounts.command("add")
@click.argument("name")
@click.option("--seller-id", required=True, help="The seller's (merchant) id at Amazon.")
@click.option("--region", required=True, type=click.Choice(sorted(HOSTS)), help="Amazon's region.")
@click.option("--marketplace", "marketplaces", required=True, multiple=True, help="Repeat for more.")
@asked_option("--client-id", "ENTREPOT_AMAZON_CLIENT_ID")
@asked_option("--client-secret", "ENTREPOT_AMAZON_CLIENT_SECRET", hide_input=True)
@asked_option("--refresh-token", "ENTREPOT_AMAZON_REFRESH_TOKEN", hide_input=True)
@click.option("--base-url", help="Another address than Amazon's own, for the simulator.")
@click.option("--lwa-url", help="The same for signing in.")
@issued_option
@authorized_option
@json_option
@pass_command_line
def accounts_add(command_line: CommandLine, /, **options: object) -> None:
    """Add a seller account and connect it. One that never connected is mended by adding it again.

    Nothing is kept of credentials that Amazon refuses. If Amazon cannot be reached, the account is kept,
    and connected by a synchronization later.

    Secrets that are not given as options are taken from ENTREPOT_AMAZON_CLIENT_ID,
    ENTREPOT_AMAZON_CLIENT_SECRET and ENTREPOT_AMAZON_REFRESH_TOKEN, else asked for.
    """
    given = _Options(**options)  # type: ignore[arg-type]  # click passes what the options declare
    app = command_line.app
    channel = app.registry.get_channel(AMAZON)
    _check_marketplaces(given)
    new = given.new_account()
    _try(channel, new)
    with command_line.writing() as ctx:
        account_id = add_account(ctx, channel, new).id
    _connect(app, account_id, given.name)
    with command_line.reading() as ctx:
        account = ctx.session.get_one(Account, account_id)
        shown = _account(account, channel, ctx.clock.now().date())
    if given.as_json:
        print_json(shown)
    else:
        click.echo(_say_added(given.name, is_connected=account.connected_at is not None))


@accounts.command("list")
@limit_option
@json_option
@pass_command_line
def accounts_list(command_line: CommandLine, limit: int | None, as_json: bool) -> None:
    """List every account."""
    channel = command_line.app.registry.get_channel(AMAZON)
    with command_line.reading() as ctx:
        today = ctx.clock.now().date()
        found = list_accounts(ctx.session, AMAZON)[:limit]
        rows = [_account(account, channel, today) for account in found]
    show_rows(rows, _COLUMNS, as_json=as_json, empty="There is no account yet.")


@accounts.command("test")
@click.argument("name")
@json_option
@pass_command_line
def accounts_test(command_line: CommandLine, name: str, as_json: bool) -> None:
    """Ask Amazon whether it accepts an account's credentials; changes nothing."""
    app = command_line.app
    with command_line.reading() as ctx:
        account_id = get_account(ctx.session, AMAZON, name).id
    theirs = check_account(app, app.registry, account_id)
    if as_json:
        print_json({"account": name, "is_accepted": True, "amazon_time": theirs.isoformat()})
    else:
        click.echo(f"Amazon accepts {name}; its clock says {theirs:%Y-%m-%d %H:%M:%S} UTC.")


@accounts.command("renew")
@click.argument("name")
@click.option("--client-id", default="", envvar="ENTREPOT_AMAZON_CLIENT_ID", show_envvar=True)
@click.option("--client-secret", default="", envvar="ENTREPOT_AMAZON_CLIENT_SECRET", show_envvar=True)
@click.option("--refresh-token", default="", envvar="ENTREPOT_AMAZON_REFRESH_TOKEN", show_envvar=True)
@issued_option
@authorized_option
@pass_command_line
def accounts_renew(
    command_line: CommandLine,
    /,
    name: str,
    secret_issued_on: datetime | None,
    authorized_on: datetime | None,
    **changes: str,
) -> None:
    """Store new credentials, or the dates on which those in use were issued; the others stay.

    A credential that is new counts as issued today unless a date says otherwise.
    """
    dates = _dates(secret_issued_on, authorized_on)
    if not dates and not any(changes.values()):
        raise click.UsageError("nothing was given to be renewed")
    channel = command_line.app.registry.get_channel(AMAZON)
    with command_line.writing() as ctx:
        account = get_account(ctx.session, AMAZON, name)
        changed = renew_credentials(ctx, channel, account, changes, dates)
        remaining = list_remaining(channel, account, ctx.clock.now().date())
    click.echo(f"Stored anew: {', '.join(changed) or 'nothing but dates'}.")
    for each in remaining:
        if each.expires_on:
            click.echo(f"The {each.lifetime.title} {each.ending}.")


@accounts.command("pause")
@click.argument("name")
@pass_command_line
def accounts_pause(command_line: CommandLine, name: str) -> None:
    """Neither read an account nor confirm anything to it until it is resumed."""
    with command_line.writing() as ctx:
        changed = pause_account(ctx, get_account(ctx.session, AMAZON, name))
    click.echo(f"{name} is paused." if changed else f"{name} was paused already.")


@accounts.command("resume")
@click.argument("name")
@pass_command_line
def accounts_resume(command_line: CommandLine, name: str) -> None:
    """Go on with an account that is paused: it is read at once, and what was shipped is confirmed."""
    with command_line.writing() as ctx:
        changed = resume_account(ctx, get_account(ctx.session, AMAZON, name))
    click.echo(f"{name} goes on." if changed else f"{name} was not paused.")


@accounts.command("runs")
@click.argument("name")
@limit_option
@json_option
@pass_command_line
def accounts_runs(command_line: CommandLine, name: str, limit: int | None, as_json: bool) -> None:
    """List the last times that an account was read, the newest first: what was seen, what came of it."""
    with command_line.reading() as ctx:
        account_id = get_account(ctx.session, AMAZON, name).id
        rows = [_run(row) for row in list_runs(ctx.session, account_id, limit=limit or _RUNS)]
    columns = ["started_at", *_COUNTS, "error"]
    show_rows(rows, columns, as_json=as_json, empty=f"{name} has not been read yet.")


def _say_added(name: str, *, is_connected: bool) -> str:
    if is_connected:
        return f"The account {name} was added and is connected."
    return (
        f"The account {name} was added and is not connected yet: every synchronization tries again; "
        "mend what is wrong by adding it again."
    )


def _check_marketplaces(given: _Options) -> None:
    """Tell of a marketplace that is not known, for Amazon opens new ones; refuse one of another region.

    A simulator has all of them at one address, so that there it is only told.
    """
    for marketplace in given.marketplaces:
        known = MARKETPLACES.get(marketplace)
        if known is None:
            say_error(f"the marketplace {marketplace} is not one that is known here; it is used as it is")
        elif known.region != given.region:
            told = f"the marketplace {marketplace} ({known.title}) belongs to the region {known.region}"
            if given.base_url is None:
                raise InvalidValue(f"{told}, not {given.region}", {"region": [f"Not {given.region}."]})
            say_error(told)


def _try(channel: Channel, new: NewAccount) -> None:
    """Refuse credentials that Amazon refuses, before anything is kept; no answer is no refusal."""
    try:
        try_credentials(channel, Credentials(0, new.seller_id, new.region, new.credentials))
    except AccessDenied as error:
        raise AccessDenied(f"the account {new.name} was not added: {error}") from error
    except InvalidValue:
        raise
    except EntrepotError:
        return  # connecting it meets the same, and says so


def _connect(app: Application, account_id: int, name: str) -> None:
    """Ask Amazon at once; if it does not answer, the account is kept and the next poll asks again.

    Raises AccessDenied if Amazon lets the seller in, but tells it nothing of its orders.
    """
    try:
        connect_account(app, app.registry, account_id)
    except AccessDenied as error:
        raise AccessDenied(
            f"the account {name} is kept, but is not connected: {error}; then add it again"
        ) from error
    except EntrepotError as error:
        say_error(f"the account {name} is kept, but could not be connected yet: {error}")


def _dates(secret_issued_on: datetime | None, authorized_on: datetime | None) -> dict[str, date]:
    given = {"client_secret": secret_issued_on, "refresh_token": authorized_on}
    return {name: moment.date() for name, moment in given.items() if moment is not None}


def _run(row: SyncRun) -> dict[str, object]:
    counts = {name: getattr(row, name) for name in _COUNTS}
    return {
        "started_at": row.started_at.isoformat(),
        "ended_at": row.ended_at.isoformat(),
        **counts,
        "error": row.error,
    }


def _account(account: Account, channel: Channel, today: date) -> dict[str, object]:
    return {
        "name": account.name,
        "seller_id": account.seller_id,
        "region": account.region,
        "marketplaces": [row.marketplace for row in account.marketplaces],
        "state": account.state,
        "connected": account.connected_at is not None,
        "connected_at": account.connected_at.isoformat() if account.connected_at else None,
        "last_synced_at": account.last_synced_at.isoformat() if account.last_synced_at else None,
        "last_error": account.last_error,
        "days_left": {
            each.lifetime.title.replace(" ", "_"): each.days_left
            for each in list_remaining(channel, account, today)
        },
    }
