"""Enabling and disabling a plugin: what is checked first, and in which order things happen.

A plugin's migrations run in a transaction of their own, before the plugin is marked: SQLite has one
writer, and a plugin that is enabled must find its tables. The marking transaction checks again what
another process may have changed meanwhile, and raises the generation, so that every process builds
its application anew.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from core.access import note_audit
from core.context import Context, Transactions
from core.database.installation import Installation, raise_generation
from core.database.migrating import upgrade
from core.errors import NotFound, PluginFailed, Refused, WrongState
from core.extensions.calling import FAILURES, LoadedPlugins
from core.extensions.finding import FoundPlugins
from core.extensions.loading import load_plugins
from core.extensions.ordering import join_words
from core.extensions.registering import Contribution
from core.extensions.state import PluginState, enabled_plugins, mark_plugin
from core.plugin import Plugin


class Unconfirmed(Refused):
    """What was asked has consequences that a person has to confirm; one plain sentence each."""

    code = "unconfirmed"

    def __init__(self, message: str, consequences: Sequence[str]) -> None:
        super().__init__(message)
        self.consequences = tuple(consequences)


@dataclass(frozen=True)
class PluginHost:
    """What plugins are enabled in: the database, what is installed, what the core brings itself."""

    transactions: Transactions
    engine: Engine
    found: FoundPlugins
    core_hooks: Sequence[object] = ()
    contributions: Mapping[str, Contribution] = field(default_factory=dict)

    def load(self, enabled: Collection[str]) -> LoadedPlugins:
        """Load these plugins as the application would."""
        return load_plugins(self.found, enabled, self.core_hooks, self.contributions)

    def enabled(self) -> set[str]:
        """The names that the database has as enabled now."""
        with self.transactions.reading() as ctx:
            return enabled_plugins(ctx.session)


def no_consequences(_ctx: Context) -> Sequence[str]:
    """For a plugin on which nothing depends."""
    return ()


def enable_plugin(host: PluginHost, name: str, actor: str) -> bool:
    """Bring a plugin's tables up and enable it; False if it was enabled already.

    Call it outside any transaction. Raises NotFound for a plugin that is not installed; WrongState
    with the reason for one that does not load, whose requirements are not enabled, or that would
    set another one aside; PluginFailed if its migrations fail: then it stays disabled.
    """
    enabled = host.enabled()
    if name in enabled:
        return False
    if name not in host.found.plugins and name not in host.found.set_aside:
        raise NotFound(_say_unknown(host, name))
    plugin = _check_loads(host, name, enabled)
    if plugin.migrations:
        try:
            upgrade(host.engine, name, plugin.migrations)
        except FAILURES as error:
            raise PluginFailed(name, "its migrations", error) from error
    with host.transactions.writing(actor) as ctx:
        _wait_for_others(ctx.session)
        now = enabled_plugins(ctx.session)
        if name in now:
            return False
        missing = sorted(set(plugin.requires) - now)
        if missing:
            raise WrongState(
                f"the plugin {name!r} cannot be enabled: it requires {join_words(missing)}, "
                "disabled a moment ago"
            )
        mark_plugin(ctx, name, enabled=True)
        note_audit(ctx, "plugin.enabled", f"plugin:{name}")
        raise_generation(ctx.session)
    return True


def disable_plugin(
    host: PluginHost,
    name: str,
    actor: str,
    consequences: Callable[[Context], Iterable[str]] = no_consequences,
    *,
    confirmed: bool = False,
) -> bool:
    """Disable a plugin; False if it was not enabled. Its tables, settings and state all stay.

    `consequences` is asked inside the transaction for what the operator should know, one plain
    sentence each; without `confirmed`, any of them refuses. Call it outside any transaction. Raises
    NotFound for a plugin that is neither installed nor known to the database, WrongState while an
    enabled plugin requires it, Unconfirmed with the consequences.
    """
    loaded = host.load(host.enabled())
    with host.transactions.writing(actor) as ctx:
        _wait_for_others(ctx.session)
        enabled = enabled_plugins(ctx.session)
        if name not in enabled:
            if name not in host.found.plugins and not ctx.session.get(PluginState, name):
                raise NotFound(_say_unknown(host, name))
            return False
        requiring = [each for each in loaded.plugins_requiring(name) if each in enabled]
        if requiring:
            raise WrongState(
                f"the plugin {name!r} cannot be disabled: it is required by {join_words(requiring)}"
            )
        sentences = list(consequences(ctx))
        if sentences and not confirmed:
            raise Unconfirmed(
                f"disabling the plugin {name!r} has consequences that must be confirmed: "
                f"{'; '.join(sentences)}",
                sentences,
            )
        mark_plugin(ctx, name, enabled=False)
        note_audit(ctx, "plugin.disabled", f"plugin:{name}")
        raise_generation(ctx.session)
    return True


def _wait_for_others(session: Session) -> None:
    """Let one process at a time switch plugins; on SQLite writing alone already does."""
    session.execute(select(Installation.id).with_for_update())


def _check_loads(host: PluginHost, name: str, enabled: Collection[str]) -> Plugin:
    """The plugin, loaded with the enabled ones; refused if it or one that runs now would not."""
    loaded = host.load({*enabled, name})
    if name in loaded.set_aside:
        raise WrongState(f"the plugin {name!r} cannot be enabled: {loaded.set_aside[name]}")
    before = host.load(enabled).set_aside
    for other, reason in loaded.set_aside.items():
        if other not in before:
            raise WrongState(
                f"the plugin {name!r} cannot be enabled: it would set aside {other!r} ({reason})"
            )
    return loaded.plugins[name]


def _say_unknown(host: PluginHost, name: str) -> str:
    near = difflib.get_close_matches(name, host.found.plugins, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"no installed distribution offers a plugin {name!r}{hint}"
