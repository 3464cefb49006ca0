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
    defaults = {entry.name for entry in entry_points(group=DEFAULT_GROUP) if _is_ours(_distribution(entry))}
    offers: dict[str, list[FoundPlugin]] = defaultdict(list)
    for entry in entry_points(group=GROUP):
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


def _describe(entry: EntryPoint, defaults: set[str]) -> FoundPlugin:
    distribution = _distribution(entry)
    return FoundPlugin(
        name=entry.name,
        value=entry.value,
        distribution=distribution,
        version=_metadata(entry, "Version"),
        summary=_metadata(entry, "Summary"),
        is_default=entry.name in defaults and _is_ours(distribution),
    )


def _distribution(entry: EntryPoint) -> str:
    return _metadata(entry, "Name") or "(unnamed)"


def _metadata(entry: EntryPoint, key: str) -> str:
    values = entry.dist.metadata.get_all(key) if entry.dist else None
    return str(values[0]) if values else ""


def _is_ours(distribution: str) -> bool:
    return re.sub(r"[-_.]+", "-", distribution).lower() == DISTRIBUTION
