"""The composition root: configuration, engine, plugins and hooks put together into one value.

An `Application` never changes. When plugins are enabled or disabled, the database's generation grows, and
`LiveApplication` builds a new application at the next request or job and swaps it in whole.
"""

from core.application.composing import Application
from core.application.live import LiveApplication, load_default_plugins

__all__ = ["Application", "LiveApplication", "load_default_plugins"]
