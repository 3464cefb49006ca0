"""The command `entrepot` itself: its commands, those of plugins, and how errors reach people.

Exit status: 0 done, 1 refused or failed, 2 wrong usage. An error is one plain sentence on standard error.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module

import click
import structlog
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from core.cli.context import CommandLine, say_error
from core.errors import EntrepotError
from core.logs import trace_of

#: When Python looks for cycles. An ORM makes many objects and few cycles: looking for them less often than
#: Python does by itself saves the server, and whatever else takes long, a sixth of the time for some 10 MB.
GARBAGE = (50_000, 5, 2)
#: Where each command lives; imported only when it is asked for.
COMMANDS: Mapping[str, str] = {
    "confirmations": "core.cli.confirmations:confirmations",
    "customers": "core.cli.customers:customers",
    "db": "core.cli.db:db",
    "deliveries": "core.cli.background:deliveries",
    "doctor": "core.cli.doctor:doctor",
    "jobs": "core.cli.background:jobs",
    "locations": "core.cli.locations:locations",
    "orders": "core.cli.orders:orders",
    "plugins": "core.cli.plugins:plugins",
    "problems": "core.cli.problems:problems",
    "products": "core.cli.products:products",
    "run": "core.cli.serving:run",
    "settings": "core.cli.settings:settings",
    "statuses": "core.cli.stores:statuses",
    "stores": "core.cli.stores:stores",
    "tokens": "core.cli.users:tokens",
    "users": "core.cli.users:users",
    "work": "core.cli.serving:work",
}

_log = structlog.get_logger(__name__)


class EntrepotGroup(click.Group):
    """The core's commands, and after them those that the enabled plugins add."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name, sorted."""
        return sorted({*COMMANDS, *_command_line(ctx).plugin_commands()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command with this name."""
        if cmd_name in COMMANDS:
            module, _, name = COMMANDS[cmd_name].partition(":")
            command: click.Command = getattr(import_module(module), name)
            return command
        return _command_line(ctx).plugin_commands().get(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is called; one that is missing may belong to a plugin that does not run."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            reasons = [
                f"{name} is set aside: {why}" for name, why in _command_line(ctx).set_aside().items()
            ]
            if disabled := _command_line(ctx).disabled():
                reasons.append(f"not enabled: {', '.join(disabled)}; see entrepot plugins enable")
            if not reasons:
                raise
            raise click.UsageError(f"{error.message} ({'; '.join(reasons)})", ctx) from error


@click.command(cls=EntrepotGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="entrepot")
@click.pass_context
def entrepot(ctx: click.Context) -> None:
    """The order hub: marketplace orders in, tracking numbers back."""
    _command_line(ctx)


def main(arguments: list[str] | None = None) -> None:
    """Run one command and end the process with its status."""
    gc.set_threshold(*GARBAGE)
    command_line = CommandLine()
    command_line.start_logs()
    try:
        status = _run(arguments, command_line)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output has seen enough
        _forget_output()
        status = 1
    finally:
        command_line.close()
    sys.exit(status)


def _run(arguments: list[str] | None, command_line: CommandLine) -> int:
    """Run one command; its exit status, with the sentence said if it failed."""
    if not all(map(_is_text, sys.argv[1:] if arguments is None else arguments)):
        return _say("an argument is not text in UTF-8", 2)
    try:
        status = entrepot.main(arguments, prog_name="entrepot", standalone_mode=False, obj=command_line)
        return status if isinstance(status, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (click.Abort, KeyboardInterrupt) as stop:
        if isinstance(stop.__context__, EOFError):
            return _say("something was asked for and the input had ended: give it as an option", 2)
        return _say("interrupted", 130)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.UsageError as error:
        return _say(_usage_sentence(error), 2)
    except click.ClickException as error:
        return _say(error.format_message(), 1)
    except EntrepotError as error:
        return _say(str(error), 1)
    except BrokenPipeError:
        raise
    except SQLAlchemyError as error:
        return _say(_database_sentence(error), 1)
    except OSError as error:
        _log.debug("system error", trace=trace_of(error))
        place = f": {error.filename}" if error.filename else ""
        return _say(f"{error.strerror or type(error).__name__}{place}", 1)
    except Exception as error:  # nobody but a programmer can read a traceback
        _log.debug("unexpected error", trace=trace_of(error))
        name = type(error).__name__
        return _say(f"an error that should not happen ({name}); ENTREPOT_LOG_LEVEL=DEBUG shows more", 1)


def _command_line(ctx: click.Context) -> CommandLine:
    """The context's own, made here where `entrepot` is called from elsewhere than `main`."""
    return ctx.ensure_object(CommandLine)


def _is_text(argument: str) -> bool:
    """Whether it can be written anywhere: bytes that are no text reach Python as lone surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in argument)


def _say(sentence: str, status: int) -> int:
    say_error(sentence)
    return status


def _usage_sentence(error: click.UsageError) -> str:
    """What is wrong with the call. What was typed in the wrong place is not repeated: a secret, perhaps."""
    message = error.format_message()
    if message.startswith("Got unexpected extra argument"):
        message = "there are more arguments than the command takes"
    path = error.ctx.command_path if error.ctx is not None else "entrepot"
    return f"{message.rstrip('.')} (see `{path} --help`)"


def _database_sentence(error: SQLAlchemyError) -> str:
    """What went wrong with the database, without statements or values: they could hold anything."""
    _log.debug("database error", trace=trace_of(error))
    if isinstance(error, OperationalError | InterfaceError):
        return "the database cannot be used: check ENTREPOT_DATABASE_URL and that its server runs"
    return f"the database refused ({type(error).__name__}): run `entrepot doctor`"


def _forget_output() -> None:
    """Let the interpreter flush what is left into nothing, so that it has nothing to complain about."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
