"""What every command is handed: the configuration, the application, and the way to print."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeVar

import click
import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.application import Application, LiveApplication, load_default_plugins
from core.config import Config, load_config
from core.context import Context
from core.database.engine import has_database
from core.errors import EntrepotError, NotConfigured
from core.extensions import LoadedPlugins, find_plugins
from core.logs import DEFAULT_LEVEL, configure_logs, trace_of

ACTOR = "cli"
#: A time in UTC as it stands in JSON; people get it to the second.
_TIME = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)[.\d]*\+00:00$")
_MOST_ROWS = 1_000_000_000
#: What a decorator of click's takes and gives back.
F = TypeVar("F", bound="Callable[..., Any] | click.Command")
_log = structlog.get_logger(__name__)


class CommandLine:
    """One call of `entrepot`. Nothing is opened before a command asks for it."""

    @cached_property
    def config(self) -> Config:
        """The configuration."""
        return load_config()

    @cached_property
    def live(self) -> LiveApplication:
        """The application, whatever generation the database is at."""
        return LiveApplication(self.config)

    @property
    def app(self) -> Application:
        """The application as it is now. Raises PendingMigrations."""
        return self.live.current()

    def start_logs(self) -> None:
        """Before anything else: where logs go. A configuration that is wrong is told by who needs it."""
        try:
            configure_logs(self.config.log_level)
        except NotConfigured:
            configure_logs(DEFAULT_LEVEL)

    def close(self) -> None:
        """After any command: give the connections back."""
        if "live" in self.__dict__:
            self.live.close()

    @contextmanager
    def writing(self) -> Iterator[Context]:
        """A transaction that commits."""
        with self.app.writing(ACTOR) as ctx:
            yield ctx

    @contextmanager
    def reading(self) -> Iterator[Context]:
        """A transaction that only reads."""
        with self.app.reading(ACTOR) as ctx:
            yield ctx

    def plugin_commands(self) -> Mapping[str, click.Command]:
        """What the enabled plugins add."""
        return {command.name: command for _, command in self._hooks.contributions("cli_register")}

    def set_aside(self) -> Mapping[str, str]:
        """Which plugins could not be loaded, and why."""
        return self._hooks.set_aside

    def disabled(self) -> list[str]:
        """Which plugins are installed, and not enabled."""
        return sorted({*find_plugins().plugins} - {*self._hooks.plugins} - {*self._hooks.set_aside})

    @cached_property
    def _hooks(self) -> LoadedPlugins:
        """The enabled plugins; before there is a database, those that a new one starts with.

        Asking for help makes no database.
        """
        try:
            if has_database(self.config):
                return self.app.hooks
        except (EntrepotError, SQLAlchemyError, OSError) as error:
            _log.debug("without the enabled plugins", trace=trace_of(error))
        return load_default_plugins()


#: `@pass_command_line` hands the CommandLine to a command as its first argument.
pass_command_line = click.make_pass_decorator(CommandLine)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
limit_option = click.option(
    "--limit", type=click.IntRange(1, _MOST_ROWS), help="At most so many rows; default: all."
)


class _AskedOption(click.Option):
    """Asks on standard error: standard output belongs to what the command has to say.

    Where there is no terminal nobody is asked: the answers are the lines of standard input.
    """

    def prompt_for_value(self, ctx: click.Context) -> Any:
        """Ask until there is an answer. Raises UsageError where there is nobody to ask and no line left."""
        if not sys.stdin.isatty():
            if answer := sys.stdin.readline().strip():
                return self.process_value(ctx, answer)
            raise click.UsageError(
                f"{self.opts[0]} is missing, and there is no terminal to ask on: give it as an option or "
                f"as {self.envvar}",
                ctx,
            )
        return click.prompt(
            str(self.prompt),
            hide_input=self.hide_input,
            value_proc=lambda text: self.process_value(ctx, text),
            err=True,
        )


def asked_option(name: str, variable: str, *, hide_input: bool = False) -> Callable[[F], F]:
    """An option that is taken from the environment, else asked for, where it is not given."""
    return click.option(
        name, cls=_AskedOption, prompt=True, hide_input=hide_input, envvar=variable, show_envvar=True
    )


def check_changes(_context: click.Context, _parameter: click.Parameter, pairs: tuple[str, ...]) -> Any:
    """Settings as they are typed: the callback of an argument. What is no pair is wrong usage."""
    for pair in pairs:
        name, equals, _ = pair.partition("=")
        if not equals or not name.strip():
            raise click.UsageError("a setting is written KEY=VALUE")
    return pairs


#: Settings as they are typed; what is not written like one is wrong usage, and not repeated.
changes_argument = click.argument(
    "changes", nargs=-1, required=True, metavar="KEY=VALUE...", callback=check_changes
)


def say_error(sentence: str) -> None:
    """Say something on standard error, on one line whatever it holds."""
    click.echo(f"entrepot: {' '.join(sentence.split())}", err=True)


def show_rows(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool, empty: str
) -> None:
    """Print a list: all of it as a JSON array, or these columns as a table."""
    if as_json:
        print_json(list(rows))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(*(column.replace("_", " ") for column in columns), box=box.SIMPLE_HEAD)
    count = 0
    for row in rows:
        table.add_row(*(as_text(row.get(column)) for column in columns))
        count += 1
    if not count:
        click.echo(empty)
        return
    console = Console()
    Console(width=None if console.is_terminal else 200, markup=False, highlight=False).print(table)


def show_values(values: Mapping[str, Any], *, as_json: bool) -> None:
    """Print settings: as a JSON object, or a line for each, called as it is typed."""
    if as_json:
        print_json(values)
        return
    for name, value in values.items():
        click.echo(f"{name}: {as_text(value)}")


def show_object(value: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one thing: as a JSON object, or a line per property."""
    if as_json:
        print_json(value)
        return
    _show_properties(value, indent="")


def _show_properties(value: Mapping[str, Any], indent: str) -> None:
    """A line per property; a list of things has a line per thing, further in."""
    for key, item in value.items():
        label = f"{indent}{key.replace('_', ' ')}:"
        if isinstance(item, list) and item and isinstance(item[0], Mapping):
            click.echo(label)
            for thing in item:
                _show_thing(thing, indent + "  ")
        else:
            click.echo(f"{label} {as_text(item)}")


def _show_thing(thing: Mapping[str, Any], indent: str) -> None:
    """One thing of a list: what is simple on one line, what is a list of its own below."""
    lists = {key: item for key, item in thing.items() if isinstance(item, list) and item}
    simple = {key: item for key, item in thing.items() if key not in lists and item not in (None, [])}
    click.echo(f"{indent}- {as_text(simple)}")
    _show_properties(lists, indent + "  ")


def print_json(value: Any) -> None:
    """Print JSON, readable and in UTF-8."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def as_text(value: Any) -> str:
    """A value as a person reads it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        if set(value) == {"amount", "currency"}:
            return f"{value['amount']} {value['currency']}"
        return ", ".join(f"{key} = {as_text(item)}" for key, item in value.items()) or "-"
    if isinstance(value, list | tuple):
        return ", ".join(as_text(item) for item in value) or "-"
    return _TIME.sub(r"\1 \2", str(value))
