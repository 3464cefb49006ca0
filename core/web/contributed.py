"""What plugins add to the pages and to the API: their modules, imported where HTTP is answered.

A module that cannot be used is left out with the reason, and the rest starts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import structlog
from flask import Blueprint, Flask, current_app

from core.application import Application
from core.extensions import reason_of
from core.plugin import AdminPages, ApiResources, NavigationEntry
from core.web.api.paths import CONVERTERS

EXTENSION = "entrepot-contributed"
#: Raises LookupError or ValueError for a view that does not say who may ask it.
Check = Callable[[Callable[..., Any]], object]
T = TypeVar("T")
_log = structlog.get_logger(__name__)


@dataclass
class Contributed:
    """What the plugins of one application bring to HTTP.

    pages        the blueprints of the admin
    resources    the blueprints of the API, by the plugin that brings them
    navigation   the entries of the navigation
    catalogues   the folders with their translations
    left_out     plugin → why something of it is missing
    """

    pages: list[Blueprint] = field(default_factory=list)
    resources: list[Blueprint] = field(default_factory=list)
    navigation: list[NavigationEntry] = field(default_factory=list)
    catalogues: list[Path] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rules:
    """What the core's own pages or resources take: names and paths; and how each view is checked."""

    names: Collection[str]
    paths: Collection[tuple[str, str]]
    check: Check

    @classmethod
    def of(cls, blueprints: Iterable[Blueprint], check: Check) -> Rules:
        """Those of these blueprints."""
        own = _mounted(blueprints)
        return cls(frozenset(own.blueprints), frozenset(_paths(own)), check)


def contributed() -> Contributed:
    """What plugins bring to the application that answers this request."""
    found: Contributed = current_app.extensions[EXTENSION]
    return found


def gather(application: Application, pages: Rules, resources: Rules) -> Contributed:
    """Import what the enabled plugins bring, and check it."""
    gathered = Contributed()
    for plugin, offer in application.hooks.contributions("admin_register"):
        _take_pages(gathered, plugin, offer, pages)
    for plugin, offer in application.hooks.contributions("api_register"):
        _take_resources(gathered, plugin, offer, resources)
    for plugin, reason in gathered.left_out.items():
        _log.error("pages or resources of a plugin are left out", plugin=plugin, reason=reason)
    return gathered


def _take_pages(gathered: Contributed, plugin: str, offer: AdminPages, rules: Rules) -> None:
    def load(module: ModuleType) -> Blueprint:
        pages: Blueprint = module.pages
        if pages.name != offer.key:
            raise ValueError(f"its blueprint is called {pages.name!r}, not {offer.key!r}")
        _check([*gathered.pages, pages], pages, rules)
        return pages

    loaded = _load(gathered, plugin, offer.module, load)
    if loaded is None:
        return
    module, pages = loaded
    gathered.pages.append(pages)
    gathered.navigation += offer.navigation
    catalogues = Path(str(module.__file__)).parent / "translations"
    if catalogues.is_dir():
        gathered.catalogues.append(catalogues)


def _take_resources(gathered: Contributed, plugin: str, offer: ApiResources, rules: Rules) -> None:
    def load(module: ModuleType) -> list[Blueprint]:
        brought = module.resources
        nouns = [brought] if isinstance(brought, Blueprint) else list(brought)
        for noun in nouns:
            _check([*gathered.resources, *nouns], noun, rules)
        return nouns

    loaded = _load(gathered, plugin, offer.module, load)
    if loaded is not None:
        gathered.resources += loaded[1]


def _load(
    gathered: Contributed, plugin: str, name: str, load: Callable[[ModuleType], T]
) -> tuple[ModuleType, T] | None:
    """The module and what it brings; None, with the reason kept, if it cannot be used."""
    try:
        module = import_module(name)
        return module, load(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        gathered.left_out[plugin] = f"the module {name} cannot be used: {reason_of(error)}"
        return None


def _check(together: Iterable[Blueprint], blueprint: Blueprint, rules: Rules) -> None:
    """Raises LookupError or ValueError for what would not work, or would answer anybody."""
    if blueprint.name in rules.names:
        raise ValueError(f"the name {blueprint.name!r} is taken by the core")
    mounted = _mounted(together)
    for path in _paths(_mounted([blueprint])):
        if path in rules.paths:
            raise ValueError(f"{path[1]} is a path of the core")
    for endpoint, view in mounted.view_functions.items():
        if endpoint.startswith(f"{blueprint.name}."):
            rules.check(view)


def _mounted(blueprints: Iterable[Blueprint]) -> Flask:
    """An application with just these."""
    app = Flask("core.web", static_folder=None)
    app.url_map.converters.update(CONVERTERS)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    return app


def _paths(app: Flask) -> Iterator[tuple[str, str]]:
    """Every method with the path that it is asked at, whatever its parameters are called."""
    for rule in app.url_map.iter_rules():
        for method in rule.methods or ():
            yield method, "/".join("<>" if part.startswith("<") else part for part in rule.rule.split("/"))
