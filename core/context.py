"""What every verb is handed: the transaction, the hooks, the clock and who acts."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.orm import Session

from core.clock import Clock


@dataclass(frozen=True)
class Answer:
    """What a decide or show hook came to, and which plugin said so (`core` for the core's own answer)."""

    value: Any
    plugin: str


class Hooks(Protocol):
    """How verbs ask plugins, without knowing how plugins are found or managed."""

    def decide(self, hook: str, **arguments: Any) -> Answer | None:
        """The first answer that is not None. Raises PluginFailed if the plugin asked raises."""
        ...

    def answers(self, hook: str, **arguments: Any) -> Sequence[Answer]:
        """Every answer that is not None, in calling order; whoever raises is left out."""
        ...

    def complaints(self, hook: str, **arguments: Any) -> list[str]:
        """Every complaint of every plugin, each led by the plugin's name; empty means none."""
        ...

    def listeners(self, hook: str) -> Sequence[str]:
        """The names of the enabled plugins that want to be told, in calling order."""
        ...

    def unheard(self) -> Sequence[str]:
        """The enabled plugins that do not run for now: what happens is kept for them."""
        ...

    def is_running(self, plugin: str) -> bool:
        """Whether this plugin is enabled and loaded; `core` always is."""
        ...

    def tell(self, plugin: str, hook: str, **arguments: Any) -> None:
        """Call one plugin's implementation; what it raises passes through."""
        ...


@dataclass(frozen=True)
class Context:
    """One transaction's worth of everything a verb needs.

    `actor` says who acts, for histories: `cli`, `job:<name>`, `user:<id>`; never a person's data.
    """

    session: Session
    hooks: Hooks
    clock: Clock
    actor: str


class Transactions(Protocol):
    """Opens transactions; the application implements it, so that no layer below needs to know it."""

    @property
    def clock(self) -> Clock:
        """The application's clock."""
        ...

    def writing(self, actor: str) -> AbstractContextManager[Context]:
        """A transaction that commits at the end of the block, or rolls back if the block raises."""
        ...

    def reading(self, actor: str = "reader") -> AbstractContextManager[Context]:
        """A transaction that only reads: it never waits for a writer and writes nothing."""
        ...
