"""Calling plugins, each on its own: the `Hooks` that every verb is handed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from core.context import Answer
from core.errors import NotFound, PluginFailed
from core.logs import trace_of
from core.plugin import Plugin

#: The name under which the core's own implementations answer.
CORE = "core"

#: What counts as a plugin's failure; an interruption by a person does not.
FAILURES = (Exception, SystemExit)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Implementation:
    """One function of a plugin that implements a hook; `names` are the arguments that it takes."""

    plugin: str
    title: str
    function: Callable[..., Any]
    names: tuple[str, ...]

    def choose(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments that this function takes."""
        return {name: arguments[name] for name in self.names}


@dataclass(frozen=True, eq=False)
class LoadedPlugins:
    """The plugins that run, in calling order, and what was set aside and why. Implements `Hooks`.

    plugins           the manifests of the plugins that run, by name, in calling order
    set_aside         the enabled plugins that do not run, each with the reason
    implementations   hook name → its implementations in calling order, the core's own last
    contributed       contribute hook → (plugin name, item) in calling order
    requirements      every plugin that could be imported, running or not → what it requires
    """

    plugins: Mapping[str, Plugin]
    set_aside: Mapping[str, str]
    implementations: Mapping[str, Sequence[Implementation]]
    contributed: Mapping[str, Sequence[tuple[str, Any]]]
    requirements: Mapping[str, Sequence[str]]

    def decide(self, hook: str, **arguments: Any) -> Answer | None:
        """The first answer that is not None, or None.

        Raises PluginFailed if a plugin raises; an error of the core's own passes through.
        """
        for implementation in self._of(hook):
            chosen = implementation.choose(arguments)
            try:
                value = implementation.function(**chosen)
            except FAILURES as error:
                if implementation.plugin == CORE:
                    raise
                raise PluginFailed(implementation.plugin, hook, error) from error
            if value is not None:
                return Answer(value, implementation.plugin)
        return None

    def answers(self, hook: str, **arguments: Any) -> list[Answer]:
        """Every answer that is not None, in calling order.

        A plugin that raises is left out, with the reason in the log; an error of the core's own passes
        through.
        """
        found: list[Answer] = []
        for implementation in self._of(hook):
            try:
                value = implementation.function(**implementation.choose(arguments))
            except FAILURES as error:
                if implementation.plugin == CORE:
                    raise
                _log.error("a plugin cannot answer", plugin=implementation.plugin, hook=hook,
                           trace=trace_of(error))  # fmt: skip
                continue
            if value is not None:
                found.append(Answer(value, implementation.plugin))
        return found

    def complaints(self, hook: str, **arguments: Any) -> list[str]:
        """Every complaint: `<plugin's title>: <text>`, the core's own without a prefix.

        A plugin that raises is a complaint too; an error of the core's own passes through.
        """
        found: list[str] = []
        for implementation in self._of(hook):
            chosen = implementation.choose(arguments)
            if implementation.plugin == CORE:
                found += _texts(implementation.function(**chosen))
                continue
            try:
                texts = _texts(implementation.function(**chosen))
            except FAILURES as error:
                texts = [f"{hook} failed: {type(error).__name__}"]
            found += [f"{implementation.title}: {text}" for text in texts]
        return found

    def listeners(self, hook: str) -> list[str]:
        """Who implements this hook, in calling order, `core` included if it does."""
        return list(dict.fromkeys(each.plugin for each in self._of(hook)))

    def unheard(self) -> list[str]:
        """Who is enabled but set aside."""
        return list(self.set_aside)

    def is_running(self, plugin: str) -> bool:
        """Whether it is loaded; `core` always is."""
        return plugin == CORE or plugin in self.plugins

    def tell(self, plugin: str, hook: str, **arguments: Any) -> None:
        """Call one plugin's implementation; what it raises passes through.

        Raises NotFound if that plugin does not run or does not implement the hook.
        """
        mine = [each for each in self._of(hook) if each.plugin == plugin]
        if not mine:
            raise NotFound(f"no running plugin {plugin!r} listens to {hook}")
        for implementation in mine:
            implementation.function(**implementation.choose(arguments))

    def contributions(self, hook: str) -> list[tuple[str, Any]]:
        """What a contribute hook brought when the plugins were loaded: (plugin name, item)."""
        return list(self.contributed.get(hook, ()))

    def plugins_requiring(self, name: str) -> list[str]:
        """The enabled plugins that require this one, running or set aside."""
        return sorted(each for each, needs in self.requirements.items() if name in needs)

    def _of(self, hook: str) -> Sequence[Implementation]:
        try:
            return self.implementations[hook]
        except KeyError:
            raise LookupError(f"there is no hook {hook!r}: see core.hookspecs") from None


def _texts(answer: str | Iterable[str] | None) -> list[str]:
    """A check hook's answer as a list. TypeError if it is anything but text."""
    if answer is None:
        return []
    texts = [answer] if isinstance(answer, str) else list(answer)
    for text in texts:
        if not isinstance(text, str):
            raise TypeError(f"a complaint is text, not {type(text).__name__}")
    return [text for text in texts if text.strip()]
