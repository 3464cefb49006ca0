"""`entrepot doctor`: is everything as it should be?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from typing import Any

import click
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from core.cli.context import CommandLine, json_option, pass_command_line, show_rows
from core.commerce.inventory import Reservation, StockLevel
from core.errors import EntrepotError, WrongSecretKeys
from core.problems import list_problems

DISTRIBUTION = "entrepot"
KEYS = "keys"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: whether it is well, and what was seen."""

    check: str
    is_well: bool
    found: str


@click.command()
@json_option
@pass_command_line
@click.pass_context
def doctor(context: click.Context, command_line: CommandLine, as_json: bool) -> None:
    """Look at the installation, the database and the plugins; status 1 if anything is not well."""
    findings = [finding for name, check in CHECKS.items() for finding in _look(name, check, command_line)]
    rows: list[dict[str, Any]] = [
        {"check": finding.check, "is_well": finding.is_well, "found": finding.found} for finding in findings
    ]
    show_rows(rows, ["check", "is_well", "found"], as_json=as_json, empty="")
    if not all(finding.is_well for finding in findings):
        context.exit(1)


def _look(name: str, check: Callable[[CommandLine], Iterator[str]], line: CommandLine) -> list[Finding]:
    """What one check found: a finding per complaint, or that all is well."""
    try:
        complaints = list(check(line))
    except WrongSecretKeys as error:  # in the way of most checks, and told once
        complaints = [str(error) if name == KEYS else f"not looked at, see {KEYS}"]
    except EntrepotError as error:
        complaints = [str(error)]
    except SQLAlchemyError as error:
        complaints = [f"the database cannot be used ({type(error).__name__})"]
    if not complaints:
        return [Finding(name, is_well=True, found="well")]
    return [Finding(name, is_well=False, found=complaint) for complaint in complaints]


def _packages(_line: CommandLine) -> Iterator[str]:
    """Another distribution with a top-level `core` would overwrite ours unnoticed."""
    owners = packages_distributions()
    for name in ("core", "plugins"):
        others = sorted(set(owners.get(name, ())) - {DISTRIBUTION})
        if others:
            yield f"{name!r} is also shipped by {', '.join(others)}: use an environment of its own"


def _migrations(line: CommandLine) -> Iterator[str]:
    for state in line.live.migration_states():
        if state.is_pending:
            yield f"the tables of {state.owner} are behind: run `entrepot db upgrade`"


def _keys(line: CommandLine) -> Iterator[str]:
    _ = line.app
    yield from ()


def _copies(line: CommandLine) -> Iterator[str]:
    """A database that may be a copy writes to no account."""
    if line.app.registry.guard:
        yield line.app.registry.guard


def _plugins(line: CommandLine) -> Iterator[str]:
    app = line.app
    for name, reason in {**app.plugin_host().found.set_aside, **app.hooks.set_aside}.items():
        yield f"{name} is set aside: {reason}"


def _ledger(line: CommandLine) -> Iterator[str]:
    """What is reserved must be the sum of the ledger, for every product."""
    sums = (
        select(Reservation.product_id, func.sum(Reservation.quantity).label("units"))
        .group_by(Reservation.product_id)
        .subquery()
    )
    wrong = (
        select(func.count())
        .select_from(StockLevel)
        .outerjoin(sums, sums.c.product_id == StockLevel.product_id)
        .where(StockLevel.reserved != func.coalesce(sums.c.units, 0))
    )
    with line.reading() as ctx:
        count = ctx.session.scalar(wrong)
    if count:
        products = "1 product has" if count == 1 else f"{count} products have"
        yield f"{products} a reserved quantity that is not the sum of the ledger"


def _problems(line: CommandLine) -> Iterator[str]:
    with line.reading() as ctx:
        for problem in list_problems(ctx.session, limit=20):
            yield problem.message


CHECKS: dict[str, Callable[[CommandLine], Iterator[str]]] = {
    "packages": _packages,
    "migrations": _migrations,
    KEYS: _keys,
    "copies": _copies,
    "plugins": _plugins,
    "reservations": _ledger,
    "problems": _problems,
}
