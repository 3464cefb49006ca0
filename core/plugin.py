"""The manifest of a plugin: what it is called, what it needs, what it brings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pluggy
from marshmallow import Schema

hookimpl = pluggy.HookimplMarker("entrepot")

SETTING_SCOPES = ("global", "account", "marketplace")
_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")


@dataclass(frozen=True)
class Plugin:
    """What an entry point of the group `entrepot.plugins` points to.

    name        the entry point's own name: lower-case letters, digits and underscores
    title       what an operator reads
    version     the plugin's version, as text
    requires    names of plugins that must be enabled too; they come before this one
    hooks       an object with `@hookimpl` methods, or the dotted name of a module with such functions
    settings    one marshmallow schema class per scope: `global`, `account`, `marketplace`
    migrations  the dotted name of a package with Alembic revisions, for a plugin with own tables
    """

    name: str
    title: str
    version: str
    requires: tuple[str, ...] = ()
    hooks: object | str = None
    settings: Mapping[str, type[Schema]] = field(default_factory=dict)
    migrations: str | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                f"a plugin's name is 2 to 40 lower-case letters, digits and underscores, not {self.name!r}"
            )
        unknown = set(self.settings) - set(SETTING_SCOPES)
        if unknown:
            raise ValueError(
                f"settings of the plugin {self.name!r} are for the scopes "
                f"{', '.join(SETTING_SCOPES)}, not {', '.join(sorted(unknown))}"
            )


@dataclass(frozen=True)
class NavigationEntry:
    """An entry of the admin's navigation.

    label       what it says, in English; it is translated by the catalogues beside the pages' module
    endpoint    the view that it opens: `<blueprint>.<function>`
    icon        a name of the icon sprite, `plug` if nothing fits better
    permission  who sees it
    """

    label: str
    endpoint: str
    icon: str
    permission: str


@dataclass(frozen=True)
class AdminPages:
    """Pages that a plugin adds to the admin.

    key         the name of the blueprint
    title       what an operator calls them
    module      the dotted name of the module whose `pages` is that Flask blueprint; it is imported only
                where pages are shown, so that jobs and commands need no web framework. A folder
                `translations` beside it holds its catalogues
    navigation  the entries that lead to them, after the core's own
    """

    key: str
    title: str
    module: str
    navigation: tuple[NavigationEntry, ...] = ()


@dataclass(frozen=True)
class ApiResources:
    """REST resources that a plugin adds under `/api/v1`, in the one description of all.

    key     their name in the description
    title   what an operator calls them
    module  the dotted name of the module whose `resources` is a `core.web.api.documenting.Noun` or several
    """

    key: str
    title: str
    module: str
