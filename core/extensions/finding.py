"""Finding plugins: what is installed, read from package metadata without importing anything."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points

GROUP = "entrepot.plugins"
DEFAULT_GROUP = "entrepot.default_plugins"
DISTRIBUTION = "entrepot"


@dataclass(frozen=True)
class FoundPlugin:
    """One entry point of the group `entrepot.plugins`, and what its distribution says of itself.

    name          the entry point's name, which is the plugin's
    value         where the `Plugin` object is: `package.module:attribute`
    distribution  the installed distribution that offers it, with its version and one-line summary
    is_default    a new database starts with it; only Entrepot's own distribution can say so
    """

    name: str
    value: str
    distribution: str
    version: str
    summary: str
    is_default: bool


@dataclass(frozen=True)
class FoundPlugins:
    """Every installed plugin by name; `set_aside` maps each unusable name to the reason."""

    plugins: Mapping[str, FoundPlugin] = field(default_factory=dict)
    set_aside: Mapping[str, str] = field(default_factory=dict)


def find_plugins() -> FoundPlugins:
    """Look through the installed distributions. Nothing is imported."""
    installed = entry_points()
    defaults = {
        entry.name for entry in installed.select(group=DEFAULT_GROUP) if _is_ours(_Package(entry).name)
    }
    offers: dict[str, list[FoundPlugin]] = defaultdict(list)
    for entry in installed.select(group=GROUP):
        offers[entry.name].append(_describe(entry, defaults))
    plugins = {}
    set_aside = {}
    for name, offered in sorted(offers.items()):
        if len(offered) == 1:
            plugins[name] = offered[0]
        else:
            names = " and ".join(sorted(offer.distribution for offer in offered))
            set_aside[name] = (
                f"more than one distribution offers a plugin of this name: {names}; uninstall "
                "all but one of them"
            )
    return FoundPlugins(plugins, set_aside)


class _Package:
    """What the distribution of an entry point says of itself, read once."""

    def __init__(self, entry: EntryPoint) -> None:
        self._metadata = entry.dist.metadata if entry.dist else None
        self.name = self.read("Name") or "(unnamed)"

    def read(self, key: str) -> str:
        values = self._metadata.get_all(key) if self._metadata else None
        return str(values[0]) if values else ""


def _describe(entry: EntryPoint, defaults: set[str]) -> FoundPlugin:
    package = _Package(entry)
    return FoundPlugin(
        name=entry.name,
        value=entry.value,
        distribution=package.name,
        version=package.read("Version"),
        summary=package.read("Summary"),
        is_default=entry.name in defaults and _is_ours(package.name),
    )


def _is_ours(distribution: str) -> bool:
    return re.sub(r"[-_.]+", "-", distribution).lower() == DISTRIBUTION
