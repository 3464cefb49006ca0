"""`entrepot stores` and `entrepot statuses`: what orders belong to, and how they can stand."""

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
from core.commerce.status_editing import edit_status
from core.commerce.statuses import OPEN, OrderStatus, add_status, get_status, list_statuses
from core.commerce.store_editing import StoreChanges, edit_store
from core.commerce.stores import Store, add_store, get_store, list_stores


@click.group()
def stores() -> None:
    """Stores: their order numbers and default currency."""


@stores.command("list")
@limit_option
@json_option
@pass_command_line
def stores_list(command_line: CommandLine, limit: int | None, as_json: bool) -> None:
    """List every store."""
    with command_line.reading() as ctx:
        rows = [_store(store) for store in list_stores(ctx.session)[:limit]]
    columns = ["code", "name", "currency", "next_order_number"]
    show_rows(rows, columns, as_json=as_json, empty="There is no store.")


class _NewStore(TypedDict):
    code: str
    name: str | None
    currency: str
    prefix: str | None


@stores.command("add")
@click.argument("code")
@click.option("--name", help="What people read; default: the code.")
@click.option("--currency", default="EUR", show_default=True, help="Default currency, ISO 4217.")
@click.option("--prefix", help="What its order numbers start with; default: the code in capitals.")
@json_option
@pass_command_line
def stores_add(command_line: CommandLine, /, *, as_json: bool, **new: Unpack[_NewStore]) -> None:
    """Add a store."""
    with command_line.writing() as ctx:
        store = add_store(ctx, new["code"], new["name"] or new["code"], new["currency"], new["prefix"])
        row = _store(store)
    show_object(row, as_json=as_json)


@stores.command("set")
@click.argument("code")
@click.option("--name", help="What people read.")
@click.option("--currency", help="Default currency, ISO 4217.")
@click.option("--prefix", help="What its order numbers start with from now on.")
@click.option("--next-number", type=int, help="The number of its next order, after the prefix.")
@json_option
@pass_command_line
def stores_set(
    command_line: CommandLine,
    /,
    code: str,
    prefix: str | None,
    next_number: int | None,
    as_json: bool,
    **changes: str | None,
) -> None:
    """Change a store; what is not named stays."""
    with command_line.writing() as ctx:
        store = get_store(ctx.session, code)
        wanted = StoreChanges(number_prefix=prefix, next_number=next_number, **changes)
        edit_store(ctx, store, wanted)
        row = _store(store)
    show_object(row, as_json=as_json)


@click.group()
def statuses() -> None:
    """Order statuses, your own included."""


@statuses.command("list")
@limit_option
@json_option
@pass_command_line
def statuses_list(command_line: CommandLine, limit: int | None, as_json: bool) -> None:
    """List every status."""
    with command_line.reading() as ctx:
        rows = [_status(status) for status in list_statuses(ctx.session)[:limit]]
    columns = ["code", "label", "like", "is_final"]
    show_rows(rows, columns, as_json=as_json, empty="There is no status.")


@statuses.command("add")
@click.argument("code")
@click.option("--label", required=True, help="What people read.")
@click.option("--like", required=True, metavar="|".join(OPEN), help="The status it behaves as.")
@json_option
@pass_command_line
def statuses_add(command_line: CommandLine, code: str, label: str, like: str, as_json: bool) -> None:
    """Add a status of your own."""
    with command_line.writing() as ctx:
        row = _status(add_status(ctx, code, label, like))
    show_object(row, as_json=as_json)


class _ChangedStatus(TypedDict):
    code: str
    label: str | None
    like: str | None
    although_in_use: bool


@statuses.command("set")
@click.argument("code")
@click.option("--label", help="What people read.")
@click.option("--like", metavar="|".join(OPEN), help="The status it behaves as.")
@click.option("--although-in-use", is_flag=True, help="Change what it behaves as, though orders have it.")
@json_option
@pass_command_line
def statuses_set(command_line: CommandLine, /, *, as_json: bool, **changed: Unpack[_ChangedStatus]) -> None:
    """Change a status; what is not named stays. A standard status only gets another label."""
    with command_line.writing() as ctx:
        status = get_status(ctx.session, changed["code"])
        label = status.label if changed["label"] is None else changed["label"]
        like = changed["like"] or status.like
        edit_status(ctx, status, label, like, although_in_use=changed["although_in_use"])
        row = _status(status)
    show_object(row, as_json=as_json)


def _store(store: Store) -> dict[str, Any]:
    return {
        "code": store.code,
        "name": store.name,
        "currency": store.currency,
        "next_order_number": f"{store.number_prefix}{store.next_number}",
    }


def _status(status: OrderStatus) -> dict[str, Any]:
    return {
        "code": status.code,
        "label": status.label,
        "like": status.like,
        "is_final": status.is_final,
    }
