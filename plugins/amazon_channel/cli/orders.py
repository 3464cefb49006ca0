"""`entrepot amazon sync`, `orders` and `explain`: read what is new, list it, and say why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import click

from core.application import Application
from core.channels.accounts import get_account, list_accounts
from core.channels.explaining import Explanation, explain_order
from core.channels.importing import Outcome
from core.channels.orders_tab import TabQuery, orders_tab, reserved_among
from core.channels.pausing import AccountPaused
from core.channels.polling import NotChosen, Poller, poll_account, read_one_order
from core.channels.runs import Tally
from core.cli.context import (
    CommandLine,
    json_option,
    limit_option,
    pass_command_line,
    print_json,
    say_error,
    show_rows,
)
from core.errors import Busy, EntrepotError, InvalidValue, NotFound, shorten
from core.jobs import Owner
from core.web.schemas import ChannelOrderSchema
from plugins.amazon_channel.mapping import AMAZON

T = TypeVar("T")
_COLUMNS = ["external_id", "order_number", "status", "fulfilled_by", "total", "reserved", "note"]


@dataclass
class _Report:
    """What one account's synchronization came to."""

    account: str
    tally: Tally = field(default_factory=Tally)
    busy: str | None = None
    is_paused: bool = False

    def as_json(self) -> dict[str, Any]:
        """Counts, errors, and in how many seconds the quota allows to go on."""
        wait = self.tally.wait
        return {
            "account": self.account,
            **self.tally.as_json(),
            "busy": self.busy is not None and not self.is_paused,
            "paused": self.is_paused,
            "errors": self.tally.errors,
            "continues_in_seconds": None if wait is None else int(wait.total_seconds()) + 1,
        }


@click.command()
@click.option("--account", help="Only this account.")
@click.option("--order", "external_id", help="Only this order, by Amazon's number.")
@json_option
@click.pass_context
def sync(context: click.Context, account: str | None, external_id: str | None, as_json: bool) -> None:
    """Read what is new at Amazon and import it, now and here."""
    command_line: CommandLine = context.find_object(CommandLine) or CommandLine()
    app = command_line.app
    with command_line.reading() as ctx:
        if account is None:
            found = [(row.id, row.name) for row in list_accounts(ctx.session, AMAZON)]
        else:
            found = [(get_account(ctx.session, AMAZON, account).id, account)]
    if not found:
        raise NotFound("there is no account yet: `entrepot amazon accounts add`")
    if external_id is not None:
        reports = _fetch_one(app, found, external_id)
    else:
        reports = [_poll(app, account_id, name) for account_id, name in found]
    _show(reports, as_json=as_json)
    if any(report.tally.errors for report in reports):
        context.exit(1)


@click.command()
@click.option("--pending", is_flag=True, help="Pending orders too.")
@limit_option
@json_option
@pass_command_line
def orders(command_line: CommandLine, pending: bool, limit: int | None, as_json: bool) -> None:
    """List the Orders tab: Amazon's orders and what became of them."""
    registry = command_line.app.registry
    with command_line.reading() as ctx:
        query = TabQuery(AMAZON, include_pending=pending, limit=limit, with_buyers=True)
        rows = orders_tab(ctx, registry, query)
        reserved = reserved_among(ctx.session, rows)
        shown = ChannelOrderSchema(reserved, many=True).dump(rows)
    empty = "There is no order yet." if pending else "There is no order yet; --pending shows more."
    show_rows(shown, _COLUMNS, as_json=as_json, empty=empty)


@click.command()
@click.argument("order_id")
@json_option
@pass_command_line
def explain(command_line: CommandLine, order_id: str, as_json: bool) -> None:
    """Say why an order was or was not created, with the setting or policy that decided it."""
    with command_line.reading() as ctx:
        try:
            found = explain_order(ctx.session, order_id)
        except NotFound as error:
            number = shorten(order_id)
            raise NotFound(
                f"the order {number} was never seen: fetch it with "
                f"`entrepot amazon sync --order {number}`, or wait for the next synchronization"
            ) from error
        shown = [_explanation(each) for each in found]
    if as_json:
        print_json(shown[0] if len(shown) == 1 else shown)
        return
    for each in shown:
        click.echo(f"{each['external_id']} ({each['account']}): {each['answer']}")
        if each["decided_by"]:
            click.echo(f"Decided by: {each['decided_by']}")
        for entry in each["trace"]:
            times = f" ({entry['times']} times)" if entry["times"] > 1 else ""
            because = f" [{entry['decided_by']}]" if entry["decided_by"] else ""
            click.echo(f"  {entry['at'][:19]}  {entry['text']}{because}{times}")


def _poll(app: Application, account_id: int, name: str) -> _Report:
    report = _Report(name)
    try:
        report.tally = _with_poller(app, lambda poller: poll_account(poller, account_id))
    except Busy as error:
        report.busy = str(error)
    except AccountPaused as error:
        report.busy, report.is_paused = str(error), True
    except EntrepotError as error:
        report.tally.errors.append(str(error))
    return report


def _fetch_one(app: Application, accounts: list[tuple[int, str]], external_id: str) -> list[_Report]:
    """Ask each account in turn until one has the order. Raises NotFound if none has."""
    reports = []
    elsewhere: NotChosen | None = None
    for account_id, name in accounts:
        report = _Report(name)
        try:
            outcome = _with_poller(app, partial(_read_one, account_id, external_id))
        except NotChosen as error:
            elsewhere = error
            continue
        except NotFound:
            continue
        except InvalidValue:
            raise
        except EntrepotError as error:
            report.tally.errors.append(str(error))
        else:
            report.tally.count(external_id, outcome)
            return [report]
        reports.append(report)
    if not reports and elsewhere is not None:
        raise elsewhere
    if not reports:
        names = ", ".join(name for _, name in accounts)
        raise NotFound(f"Amazon has no order {external_id} for {names}")
    return reports


def _read_one(account_id: int, external_id: str, poller: Poller) -> Outcome:
    return read_one_order(poller, account_id, external_id)


def _with_poller(app: Application, use: Callable[[Poller], T]) -> T:
    owner = Owner(app.config.home)
    try:
        return use(Poller(app, app.registry, owner, app.lease))
    finally:
        owner.close()


def _show(reports: list[_Report], *, as_json: bool) -> None:
    totals = {"seen": 0} | {outcome.value: 0 for outcome in Outcome}
    for report in reports:
        for key, count in report.tally.as_json().items():
            totals[key] += count
    if as_json:
        print_json(totals | {"accounts": [report.as_json() for report in reports]})
    for report in reports:
        for error in report.tally.errors:
            say_error(f"{report.account}: {error}")
        if as_json or (report.tally.errors and not report.tally.outcomes):
            continue
        if report.busy:
            click.echo(f"{report.account}: {report.busy}; nothing was done here.")
            continue
        counts = ", ".join(f"{key} {count}" for key, count in report.tally.as_json().items())
        click.echo(f"{report.account}: {counts}")
        if report.tally.wait is not None:
            seconds = int(report.tally.wait.total_seconds()) + 1
            click.echo(f"{report.account}: Amazon's quota allows to go on in {seconds} seconds.")


def _explanation(found: Explanation) -> dict[str, Any]:
    row = found.channel_order
    return {
        "external_id": found.external_id,
        "account": found.account,
        "answer": found.answer,
        "decided_by": found.decided_by,
        "order_number": found.order_number,
        "status": row.status if row is not None else None,
        "note": row.note if row is not None else None,
        "trace": [
            {
                "at": entry.happened_at.isoformat(),
                "code": entry.code,
                "text": entry.sentence,
                "decided_by": entry.decided_by,
                "times": entry.times,
            }
            for entry in found.entries
        ],
    }
