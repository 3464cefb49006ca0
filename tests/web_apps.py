"""Web applications for tests: one is made for each set of plugins, and serves one shop after the other."""

from __future__ import annotations

from collections.abc import Hashable

from flask import Flask

from core.application import LiveApplication
from core.errors import EntrepotError
from core.web.api.access import LIMITER
from core.web.api.app import PER_MINUTE
from core.web.api.limiting import Limiter
from core.web.app import API, create_web_app
from core.web.scope import EXTENSION

_made: dict[Hashable, Flask] = {}


def web_app(live: LiveApplication) -> Flask:
    """What answers for this shop, with the pages of the plugins that it has enabled now.

    Making one takes a fifth of a second; which shop it serves is one entry.
    """
    try:
        application = live.current()
    except EntrepotError:
        return create_web_app(live)
    hooks = application.hooks
    brought = [*hooks.contributions("admin_register"), *hooks.contributions("api_register")]
    is_ours = all(item.module.startswith("plugins.") for _plugin, item in brought)
    key: Hashable = tuple(brought) if is_ours else hooks
    app = _made.get(key) or _made.setdefault(key, create_web_app(live, application))
    if app.extensions[EXTENSION] is not live:
        app.secret_key = None
        app.extensions[API].extensions[LIMITER] = Limiter(PER_MINUTE)
        for each in (app, app.extensions[API]):
            each.extensions[EXTENSION] = live
    return app
