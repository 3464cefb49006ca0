"""Applications on a database of their own, and the runner that works their jobs off."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from core.application import LiveApplication
from core.clock import Clock
from core.config import Config
from core.errors import NotConfigured
from core.extensions import disable_plugin, enable_plugin
from core.jobs import Owner, Runner

_ACTOR = "testing"


def make_application(
    home: Path,
    database_url: str | None = None,
    enabled: Collection[str] | None = None,
    clock: Clock | None = None,
) -> LiveApplication:
    """An application on a database with all its tables; close it when you are done.

    home          a folder of the test's own, such as pytest's `tmp_path`
    database_url  an empty database; SQLite under `home` if it is not given
    enabled       names of the plugins that run; None for those that a new database starts with
    clock         `SetClock` where time matters

    Raises NotConfigured, with the reason, if one of the plugins would be set aside.
    """
    url = database_url or f"sqlite:///{home / 'entrepot.db'}"
    live = LiveApplication(Config(home=home, database_url=url), clock)
    try:
        live.upgrade()
        if enabled is not None:
            _switch_to(live, enabled)
        _check_all_run(live)
    except BaseException:
        live.close()
        raise
    return live


def run_jobs(live: LiveApplication) -> int:
    """Run every job that is due, as `entrepot work --until-idle` does; how many ran.

    Events are delivered by jobs, so this is also what tells plugins of them.
    """
    owner = Owner(live.config.home)
    try:
        return Runner(live, owner, poll_seconds=0.05).run_until_idle()
    finally:
        owner.close()


def _switch_to(live: LiveApplication, enabled: Collection[str]) -> None:
    """Enable exactly these, requirements first; the others are disabled the other way round."""
    host = live.current().plugin_host()
    running = host.load(host.enabled()).plugins
    for name in reversed(list(running)):
        if name not in enabled:
            disable_plugin(host, name, _ACTOR, confirmed=True)
    wanted = host.load(enabled)
    for name in (*wanted.plugins, *wanted.set_aside):
        enable_plugin(host, name, _ACTOR)


def _check_all_run(live: LiveApplication) -> None:
    set_aside = live.current().hooks.set_aside
    if set_aside:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in set_aside.items())
        raise NotConfigured(f"plugins were set aside: {reasons}")
