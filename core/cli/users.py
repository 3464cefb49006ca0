"""`entrepot users` and `entrepot tokens`: who may sign in, and which programs may call."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

import click

from core.access import (
    ROLES,
    ApiToken,
    Operator,
    add_operator,
    add_token,
    change_password,
    get_operator,
    list_operators,
    list_tokens,
    revoke_token,
    set_active,
    set_role,
)
from core.access.signing_in import remove_second_factor
from core.cli.context import CommandLine, json_option, pass_command_line, show_object, show_rows

_role_option = click.option(
    "--role", type=click.Choice(list(ROLES)), required=True, help="What they may do."
)


@click.group()
def users() -> None:
    """Operators of the admin."""


@users.command("add")
@click.argument("email")
@_role_option
@json_option
@pass_command_line
def users_add(command_line: CommandLine, email: str, role: str, as_json: bool) -> None:
    """Let somebody sign in. The password is asked for, or the first line of standard input."""
    command_line.app  # refuses before asking  # noqa: B018
    password = _read_password()
    with command_line.writing() as ctx:
        shown = _operator(add_operator(ctx, email, role, password))
    show_object(shown, as_json=as_json)


@users.command("list")
@json_option
@pass_command_line
def users_list(command_line: CommandLine, as_json: bool) -> None:
    """Everybody who was ever let in."""
    with command_line.reading() as ctx:
        rows = [_operator(operator) for operator in list_operators(ctx.session)]
    columns = ("email", "role", "active", "second_factor", "signed_in_at")
    show_rows(rows, columns, as_json=as_json, empty="nobody can sign in yet: `entrepot users add`")


@users.command("role")
@click.argument("email")
@_role_option
@pass_command_line
def users_role(command_line: CommandLine, email: str, role: str) -> None:
    """Give somebody another role; they sign in anew."""
    with command_line.writing() as ctx:
        set_role(ctx, get_operator(ctx.session, email), role)


@users.command("password")
@click.argument("email")
@pass_command_line
def users_password(command_line: CommandLine, email: str) -> None:
    """Set a new password; every session of theirs ends."""
    with command_line.reading() as ctx:
        get_operator(ctx.session, email)
    password = _read_password()
    with command_line.writing() as ctx:
        change_password(ctx, get_operator(ctx.session, email), password)


@users.command("disable")
@click.argument("email")
@pass_command_line
def users_disable(command_line: CommandLine, email: str) -> None:
    """End somebody's sessions, and let them in no more."""
    with command_line.writing() as ctx:
        set_active(ctx, get_operator(ctx.session, email), is_active=False)


@users.command("enable")
@click.argument("email")
@pass_command_line
def users_enable(command_line: CommandLine, email: str) -> None:
    """Let somebody in again."""
    with command_line.writing() as ctx:
        set_active(ctx, get_operator(ctx.session, email), is_active=True)


@users.command("remove-second-factor")
@click.argument("email")
@pass_command_line
def users_remove_second_factor(command_line: CommandLine, email: str) -> None:
    """For somebody who has lost their telephone."""
    with command_line.writing() as ctx:
        remove_second_factor(ctx, get_operator(ctx.session, email))


@click.group()
def tokens() -> None:
    """Tokens for programs that call the REST API."""


@tokens.command("add")
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, required=True, help="What it may do; several times for more."
)
@click.option("--days", type=click.IntRange(1, 3650), help="Works for so many days; else until revoked.")
@json_option
@pass_command_line
def tokens_add(
    command_line: CommandLine, name: str, scopes: tuple[str, ...], days: int | None, as_json: bool
) -> None:
    """Make a token. It is printed now and never again."""
    lifetime = timedelta(days=days) if days else None
    with command_line.writing() as ctx:
        token, text = add_token(ctx, name, scopes, command_line.app.scopes, lifetime)
        shown = {**_token(token), "token": text}
    if as_json:
        show_object(shown, as_json=True)
    else:
        click.echo(text)


@tokens.command("list")
@json_option
@pass_command_line
def tokens_list(command_line: CommandLine, as_json: bool) -> None:
    """Every token, without its text."""
    with command_line.reading() as ctx:
        rows = [_token(token) for token in list_tokens(ctx.session)]
    columns = ("name", "prefix", "scopes", "created_at", "expires_at", "last_used_at", "revoked")
    show_rows(rows, columns, as_json=as_json, empty="there is no token yet: `entrepot tokens add`")


@tokens.command("revoke")
@click.argument("name")
@pass_command_line
def tokens_revoke(command_line: CommandLine, name: str) -> None:
    """Have a token work no longer."""
    with command_line.writing() as ctx:
        revoke_token(ctx, name)


def _read_password() -> str:
    """From a prompt, twice; without a terminal the first line of standard input."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


def _operator(operator: Operator) -> dict[str, Any]:
    return {
        "email": operator.email,
        "role": operator.role,
        "active": operator.is_active,
        "second_factor": operator.totp_secret is not None,
        "signed_in_at": operator.signed_in_at.isoformat() if operator.signed_in_at else None,
    }


def _token(token: ApiToken) -> dict[str, Any]:
    return {
        "name": token.name,
        "prefix": token.prefix,
        "scopes": token.scopes,
        "created_at": token.created_at.isoformat(),
        "expires_at": token.expires_at.isoformat() if token.expires_at else None,
        "last_used_at": token.last_used_at.isoformat() if token.last_used_at else None,
        "revoked": token.revoked_at is not None,
    }
