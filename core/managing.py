"""Plugins as an operator sees them: what is installed, what each adds, how it does, and what would stop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.application import Application
from core.channels.accounts import list_accounts
from core.channels.order_settings import policy_users
from core.channels.retrying import retry_account
from core.context import Context
from core.errors import NotFound
from core.events import Delivery, DeliveryState, resume_deliveries
from core.extensions import Said, disable_plugin, enable_plugin, read_about
from core.plugin import Plugin

ENABLED = "enabled"
DISABLED = "disabled"
SET_ASIDE = "set aside"


@dataclass(frozen=True)
class Additions:
    """What a plugin that runs adds, in the words of people: titles where there are any."""

    hooks: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()


@dataclass(frozen=True)
class InstalledPlugin:
    """One plugin that is installed, or enabled and missing.

    requires, adds and settings are known of one that runs only; of any other there is its entry point,
    what its distribution says (`summary`), and what its source says (`title` and `about`). `reason` tells
    why one is set aside.
    """

    name: str
    title: str | None
    state: str
    version: str | None
    distribution: str | None
    entry_point: str | None
    summary: str | None
    about: str | None
    reason: str | None
    requires: tuple[str, ...] = ()
    required_by: tuple[str, ...] = ()
    adds: Additions = Additions()
    settings: tuple[str, ...] = ()

    @property
    def is_enabled(self) -> bool:
        """Whether the database has it as enabled, running or set aside."""
        return self.state != DISABLED


def list_plugins(app: Application) -> list[InstalledPlugin]:
    """Every plugin, by name. A disabled one is not imported. Call it outside any transaction."""
    host = app.plugin_host()
    enabled = host.enabled()
    set_aside = {**host.found.set_aside, **app.hooks.set_aside}
    names = sorted({*host.found.plugins, *set_aside, *enabled})
    rows = []
    for name in names:
        found, loaded = host.found.plugins.get(name), app.hooks.plugins.get(name)
        said = read_about(found.value) if found else Said()
        rows.append(
            InstalledPlugin(
                name=name,
                title=loaded.title if loaded else said.title or None,
                state=SET_ASIDE if name in set_aside else ENABLED if name in enabled else DISABLED,
                version=loaded.version if loaded else found.version if found else None,
                distribution=found.distribution if found else None,
                entry_point=found.value if found else None,
                summary=found.summary or None if found else None,
                about=said.about or None,
                reason=set_aside.get(name),
                requires=tuple(loaded.requires) if loaded else (),
                required_by=tuple(app.hooks.plugins_requiring(name)),
                adds=_additions(app, loaded) if loaded else Additions(),
                settings=tuple(loaded.settings) if loaded else (),
            )
        )
    return rows


def get_plugin(app: Application, name: str) -> InstalledPlugin:
    """One of them. Raises NotFound."""
    for row in list_plugins(app):
        if row.name == name:
            return row
    raise NotFound(f"no installed distribution offers a plugin {name!r}")


def count_parked(session: Session) -> Mapping[str, int]:
    """By plugin, how many deliveries wait for a person."""
    rows = session.execute(
        select(Delivery.plugin, func.count())
        .where(Delivery.state == DeliveryState.PARKED.value)
        .group_by(Delivery.plugin)
    )
    return {row[0]: row[1] for row in rows}


def switch_on(app: Application, name: str, actor: str) -> bool:
    """Enable a plugin and tell it what was kept for it; False if it was enabled already.

    Call it outside any transaction. Raises what `enable_plugin` does.
    """
    if not enable_plugin(app.plugin_host(), name, actor):
        return False
    with app.writing(actor) as ctx:
        resume_deliveries(ctx, name)
    _look_again(app, actor)
    return True


def switch_off(app: Application, name: str, actor: str, *, confirmed: bool) -> bool:
    """Disable a plugin, which loses no data; False if it was not enabled.

    Call it outside any transaction. Raises Unconfirmed, with what would stop, and what `disable_plugin`
    does.
    """
    changed = disable_plugin(
        app.plugin_host(), name, actor, lambda ctx: what_stops(ctx, app, name), confirmed=confirmed
    )
    if changed:
        _look_again(app, actor)
    return changed


def _look_again(app: Application, actor: str) -> None:
    """What waits may have waited for this: a policy has come, or a complaint is gone."""
    with app.writing(actor) as ctx:
        for account in list_accounts(ctx.session):
            retry_account(ctx, account)


def what_stops(ctx: Context, app: Application, name: str) -> list[str]:
    """What does not go on without this plugin, one plain sentence each."""
    return [*_accounts_that_are_not_read(ctx, app, name), *_accounts_without_policy(ctx, app, name)]


def _accounts_that_are_not_read(ctx: Context, app: Application, name: str) -> Iterable[str]:
    plugin = _title(app, name)
    for channel in app.registry.channels.values():
        if channel.plugin == name:
            for account in list_accounts(ctx.session, channel.key):
                yield f"the account {account.name} is not read any more: only {plugin} knows its channel"


def _accounts_without_policy(ctx: Context, app: Application, name: str) -> Iterable[str]:
    plugin = _title(app, name)
    for supplier, policy in app.hooks.contributions("customer_policy_register"):
        if supplier != name:
            continue
        for user in policy_users(ctx.session, ctx, app.registry, policy.key):
            yield (
                f"the marketplace {user} stops creating orders: its Customer Creation is {policy.title}, "
                f"which only {plugin} supplies"
            )


def _title(app: Application, name: str) -> str:
    plugin = app.hooks.plugins.get(name)
    return plugin.title if plugin else name


def _additions(app: Application, plugin: Plugin) -> Additions:
    def brought(hook: str) -> list[object]:
        return [item for owner, item in app.hooks.contributions(hook) if owner == plugin.name]

    hooks = sorted(hook for hook in app.hooks.implementations if plugin.name in app.hooks.listeners(hook))
    return Additions(
        hooks=tuple(hooks),
        channels=_titles(brought("channel_register"), "title"),
        policies=_titles(brought("customer_policy_register"), "title"),
        commands=tuple(f"entrepot {name}" for name in _titles(brought("cli_register"), "name")),
        jobs=_titles(brought("job_register"), "title", "name"),
        pages=_titles(brought("admin_register"), "title"),
        resources=_titles(brought("api_register"), "title"),
    )


def _titles(items: Iterable[object], *attributes: str) -> tuple[str, ...]:
    """Each item by the first of the attributes that is not empty."""
    return tuple(
        next((text for name in attributes if (text := str(getattr(item, name)))), "") for item in items
    )
