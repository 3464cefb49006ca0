"""Loading the enabled plugins: import, check, order, register; a fault in one sets it aside.

A plugin that is set aside takes with it the plugins that require it, and nothing else: the rest
starts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from importlib import import_module
from importlib.metadata import EntryPoint
from types import MappingProxyType

from core.extensions.calling import CORE, LoadedPlugins
from core.extensions.finding import GROUP, FoundPlugin, FoundPlugins
from core.extensions.ordering import find_circle, join_words
from core.extensions.registering import Contribution, Register, SetAsideError, reason_of
from core.plugin import Plugin


def load_plugins(
    found: FoundPlugins,
    enabled: Collection[str],
    core_hooks: Sequence[object] = (),
    contributions: Mapping[str, Contribution] = MappingProxyType({}),
) -> LoadedPlugins:
    """Import and register the enabled plugins, and those only.

    found          what is installed
    enabled        names of plugins; one that is not installed is set aside like any other fault
    core_hooks     objects or modules with the core's own `@hookimpl` functions, called last
    contributions  contribute hook → what it may bring; one that is not in it is not asked

    Raises TypeError for a fault in the core's own hooks; a plugin's fault never raises.
    """
    register = Register(contributions)
    for hooks in core_hooks:
        register.add_core(hooks)
    imported: dict[str, tuple[Plugin, object]] = {}
    set_aside: dict[str, str] = {}
    for name in sorted(enabled):
        try:
            imported[name] = _import_plugin(found, name)
        except SetAsideError as fault:
            set_aside[name] = str(fault)
    plugins = _start_in_order(imported, register, set_aside)
    return LoadedPlugins(
        plugins=MappingProxyType(plugins),
        set_aside=MappingProxyType(dict(sorted(set_aside.items()))),
        implementations=register.implementations(tuple(plugins)),
        contributed=register.contributed(tuple(plugins)),
        requirements={name: plugin.requires for name, (plugin, _) in imported.items()},
    )


def _start_in_order(
    imported: Mapping[str, tuple[Plugin, object]], register: Register, set_aside: dict[str, str]
) -> dict[str, Plugin]:
    """Register what can be, requirements first, then by name; returns what runs, in that order."""
    started: dict[str, Plugin] = {}
    pending = {name: plugin.requires for name, (plugin, _) in imported.items()}
    while pending:
        ready = [name for name, needs in pending.items() if not set(needs) & set(pending)]
        if not ready:
            for name, circle in find_circle(pending).items():
                set_aside[name] = f"it requires itself in a circle: {' → '.join(circle)}"
                del pending[name]
            continue
        name = min(ready)
        del pending[name]
        plugin, hooks = imported[name]
        try:
            _check_requirements(plugin, started, set_aside)
            register.add(plugin, hooks)
            started[name] = plugin
        except SetAsideError as fault:
            set_aside[name] = str(fault)
    return started


def _check_requirements(plugin: Plugin, started: Collection[str], set_aside: Collection[str]) -> None:
    missing = [name for name in plugin.requires if name not in started]
    disabled = [name for name in missing if name not in set_aside]
    if disabled:
        verb = "is" if len(disabled) == 1 else "are"
        raise SetAsideError(f"it requires {join_words(disabled)}, which {verb} not enabled")
    if missing:
        verb = "was" if len(missing) == 1 else "were"
        raise SetAsideError(f"it requires {join_words(missing)}, which {verb} set aside")


def _import_plugin(found: FoundPlugins, name: str) -> tuple[Plugin, object]:
    """The plugin's manifest and its object with hooks. Raises SetAsideError."""
    if name == CORE:
        raise SetAsideError(f"the name {CORE!r} is the core's own")
    if name in found.set_aside:
        raise SetAsideError(found.set_aside[name])
    if name not in found.plugins:
        raise SetAsideError("no installed distribution offers it")
    plugin = _import_manifest(found.plugins[name])
    if not isinstance(plugin.hooks, str):
        return plugin, plugin.hooks
    try:
        return plugin, import_module(plugin.hooks)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise SetAsideError(f"importing its hooks failed with {reason_of(error)}") from error


def _advice(offer: FoundPlugin, error: BaseException) -> str:
    """Python reads where editable installs are only when it starts."""
    package = offer.value.partition(":")[0].partition(".")[0]
    if isinstance(error, ModuleNotFoundError) and error.name == package:
        return "; if it was installed while this process ran, restart the process"
    return ""


def _import_manifest(offer: FoundPlugin) -> Plugin:
    try:
        plugin = EntryPoint(offer.name, offer.value, GROUP).load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        reason = reason_of(error) + _advice(offer, error)
        raise SetAsideError(f"importing it failed with {reason}") from error
    if not isinstance(plugin, Plugin):
        raise SetAsideError(
            f"its entry point {offer.value} is of the type {type(plugin).__name__}, not core.plugin.Plugin"
        )
    if plugin.name != offer.name:
        raise SetAsideError(
            f"its entry point is called {offer.name!r}, but the plugin calls itself {plugin.name!r}"
        )
    if isinstance(plugin.requires, str):  # a comma forgotten, and a tuple is none
        raise SetAsideError(f"its requires is a text, not a tuple: ({plugin.requires!r},)")
    return plugin
