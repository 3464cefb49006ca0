"""Plugins: found in what is installed, enabled in the database, put in order, kept apart."""

from core.extensions.calling import CORE, Implementation, LoadedPlugins
from core.extensions.describing import Said, read_about
from core.extensions.finding import FoundPlugin, FoundPlugins, find_plugins
from core.extensions.loading import load_plugins
from core.extensions.registering import Contribution, reason_of
from core.extensions.state import PluginState, enabled_plugins, seed_default_plugins
from core.extensions.switching import PluginHost, Unconfirmed, disable_plugin, enable_plugin

__all__ = [
    "CORE",
    "Contribution",
    "FoundPlugin",
    "FoundPlugins",
    "Implementation",
    "LoadedPlugins",
    "PluginHost",
    "PluginState",
    "Said",
    "Unconfirmed",
    "disable_plugin",
    "enable_plugin",
    "enabled_plugins",
    "find_plugins",
    "load_plugins",
    "read_about",
    "reason_of",
    "seed_default_plugins",
]
