"""Registering hook implementations with pluggy, and making good what pluggy lets pass.

pluggy registers a misspelt hook silently, calls the last registered first, knows no before and
after, and checks nothing that a hook returns. The register orders the calls itself and refuses the
faults, each with a plain reason.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pluggy

from core import hookspecs
from core.extensions.calling import CORE, Implementation
from core.plugin import Plugin

PROJECT = "entrepot"


class SetAsideError(Exception):
    """A plugin cannot run; the message is the reason, in words that follow "set aside because"."""


@dataclass(frozen=True)
class Contribution:
    """What a contribute hook may bring.

    kind   the type of every item
    key    gives an item's key, which nobody else may have taken
    noun   what the key is called in a sentence: `channel key`, `job name`
    """

    kind: type[Any]
    key: Callable[[Any], str]
    noun: str


class Register:
    """Takes plugins one after the other; each is checked against those that came before."""

    def __init__(self, contributions: Mapping[str, Contribution]) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._hooks = _spec_arguments(self._manager)
        self._contributions = contributions
        self._core_parts = 0
        self._titles = {CORE: CORE}
        self._items: dict[str, list[tuple[str, Any]]] = {hook: [] for hook in contributions}
        self._takers: dict[tuple[str, str], str] = {}

    def add_core(self, hooks: object) -> None:
        """Register an object with the core's own implementations. Raises TypeError for a fault."""
        self._core_parts += 1
        try:
            self._add(f"{CORE}.{self._core_parts}", hooks)
        except SetAsideError as fault:
            raise TypeError(f"the core's own hooks {hooks!r} are wrong: {fault}") from fault

    def add(self, plugin: Plugin, hooks: object) -> None:
        """Register a plugin and collect what it contributes. Raises SetAsideError."""
        self._titles[plugin.name] = plugin.title
        if hooks is not None:
            self._add(plugin.name, hooks)

    def implementations(self, order: Sequence[str]) -> dict[str, tuple[Implementation, ...]]:
        """Per hook: `tryfirst`, the rest, `trylast`, each by `order`; then the core's own."""
        result = {}
        for hook, arguments in self._hooks.items():
            found = getattr(self._manager.hook, hook).get_hookimpls()
            found.sort(key=lambda each: _rank(each, order))
            result[hook] = tuple(
                Implementation(
                    _owner(each),
                    self._titles[_owner(each)],
                    each.function,
                    tuple(name for name in _parameters(each.function) if name in arguments),
                )
                for each in found
            )
        return result

    def contributed(self, order: Sequence[str]) -> dict[str, tuple[tuple[str, Any], ...]]:
        """Per contribute hook, what was brought and by whom, by `order`, the core's own last."""
        places = {name: place for place, name in enumerate(order)}
        return {
            hook: tuple(sorted(items, key=lambda item: places.get(item[0], len(places))))
            for hook, items in self._items.items()
        }

    def _add(self, name: str, hooks: object) -> None:
        self._check(hooks)
        try:
            self._manager.register(hooks, name)
        except Exception as error:
            raise SetAsideError(f"its hooks cannot be registered: {reason_of(error)}") from error
        try:
            brought = self._collect(name)
        except SetAsideError:
            self._manager.unregister(hooks)
            raise
        owner = name.partition(".")[0]
        for hook, items in brought.items():
            for item in items:
                self._items[hook].append((owner, item))
                self._takers[hook, self._contributions[hook].key(item)] = owner

    def _check(self, hooks: object) -> None:
        for attribute in dir(hooks):
            options = self._manager.parse_hookimpl_opts(hooks, attribute)
            if options is None:
                continue
            hook = options.get("specname") or attribute
            if hook not in self._hooks:
                if options.get("optionalhook"):
                    continue
                raise SetAsideError(self._say_misspelt(hook))
            if options.get("wrapper") or options.get("hookwrapper"):
                raise SetAsideError(
                    f"its {hook} is a wrapper, and wrappers are not part of the contract of hooks"
                )
            self._check_function(hook, getattr(hooks, attribute))

    def _check_function(self, hook: str, function: Callable[..., Any]) -> None:
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            raise SetAsideError(f"its {hook} is asynchronous, and hooks are not")
        known = self._hooks[hook]
        for parameter in inspect.signature(function).parameters.values():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                continue
            if parameter.kind is parameter.POSITIONAL_ONLY:
                raise SetAsideError(
                    f"its {hook} takes {parameter.name!r} by position only, and hooks are called by name"
                )
            if parameter.name not in known and parameter.default is parameter.empty:
                raise SetAsideError(
                    f"its {hook} takes {parameter.name!r}, which is no argument of that hook: "
                    f"{', '.join(known) or 'it has none'}"
                )

    def _say_misspelt(self, hook: str) -> str:
        near = difflib.get_close_matches(hook, self._hooks, n=1, cutoff=0)
        return f"its {hook} is no hook; the nearest is {near[0]}"

    def _collect(self, name: str) -> dict[str, list[Any]]:
        """What one plugin contributes, by hook, once it is checked. Raises SetAsideError."""
        brought: dict[str, list[Any]] = {}
        for hook, contribution in self._contributions.items():
            for each in getattr(self._manager.hook, hook).get_hookimpls():
                if each.plugin_name == name:
                    items = brought.setdefault(hook, [])
                    items += _call(hook, contribution, each.function)
            self._check_keys(hook, contribution, brought.get(hook, []))
        return brought

    def _check_keys(self, hook: str, contribution: Contribution, items: Sequence[Any]) -> None:
        mine: set[str] = set()
        for item in items:
            key = contribution.key(item)
            if key in mine:
                raise SetAsideError(f"it brings the {contribution.noun} {key!r} twice")
            mine.add(key)
            taker = self._takers.get((hook, key))
            if taker is not None:
                by = "the core" if taker == CORE else f"the plugin {taker}"
                raise SetAsideError(f"its {contribution.noun} {key!r} is already taken by {by}")


def reason_of(error: BaseException) -> str:
    """An error in a few words, for people: its class and the first line of what it says."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__


def _call(hook: str, contribution: Contribution, function: Callable[..., Any]) -> list[Any]:
    """Ask one contribute hook; None is nothing, one item or several are a list."""
    try:
        answer = function()
        if answer is None:
            return []
        items = list(answer) if _is_several(answer, contribution.kind) else [answer]
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise SetAsideError(f"its {hook} failed with {reason_of(error)}") from error
    for item in items:
        if not isinstance(item, contribution.kind):
            raise SetAsideError(
                f"its {hook} returned a {type(item).__name__}, not a {contribution.kind.__name__}"
            )
    return items


def _is_several(answer: object, kind: type[Any]) -> bool:
    return isinstance(answer, Iterable) and not isinstance(answer, kind | str | bytes)


def _spec_arguments(manager: pluggy.PluginManager) -> dict[str, tuple[str, ...]]:
    """Every hook with the names of its arguments."""
    specs = {}
    for name in dir(hookspecs):
        caller = getattr(manager.hook, name, None)
        if isinstance(caller, pluggy.HookCaller) and caller.spec is not None:
            specs[name] = caller.spec.argnames
    return specs


def _parameters(function: Callable[..., Any]) -> list[str]:
    return list(inspect.signature(function).parameters)


def _owner(implementation: pluggy.HookImpl) -> str:
    return implementation.plugin_name.partition(".")[0]


def _rank(implementation: pluggy.HookImpl, order: Sequence[str]) -> tuple[bool, int, int]:
    owner = _owner(implementation)
    turn = int(implementation.trylast) - int(implementation.tryfirst)
    return owner == CORE, turn, order.index(owner) if owner in order else 0
