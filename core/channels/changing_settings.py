"""Changing settings the way their kind asks for, and taking one change back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from marshmallow import Schema
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.channels.account_settings import account_settings_key, save_account_settings
from core.channels.accounts import Account, AccountMarketplace, find_account, get_marketplace
from core.channels.order_settings import OrderSettingsSchema, save_order_settings, settings_key
from core.channels.registration import Channel, Registry
from core.channels.retrying import retry_marketplace
from core.context import Context
from core.errors import InvalidValue, NotFound
from core.settings import SettingsKey, no_longer_valid, save_settings, values_before


def change_order_settings(
    ctx: Context, registry: Registry, marketplace: AccountMarketplace, changes: Mapping[str, Any]
) -> Sequence[str]:
    """Save order settings and look again at everything that is no order yet; the names that changed.

    Raises InvalidValue, with `fields`.
    """
    changed = save_order_settings(ctx, registry, marketplace, changes)
    if changed:
        retry_marketplace(ctx, marketplace)
    return changed


def undo_order_settings(
    ctx: Context, registry: Registry, marketplace: AccountMarketplace, change_id: int
) -> Sequence[str]:
    """Take one change of order settings back; the names of those that changed by it.

    Raises NotFound, and WrongState if the earlier values are not valid any more.
    """
    channel = registry.get_channel(marketplace.account.channel)
    values = values_before(ctx, settings_key(channel, marketplace), OrderSettingsSchema(), change_id)
    changed = _refuse_plainly(
        lambda: save_order_settings(ctx, registry, marketplace, values, takes_back=True)
    )
    if changed:
        retry_marketplace(ctx, marketplace)
    return changed


def settings_key_of(session: Session, plugin: str, scope: str, scope_id: str) -> SettingsKey:
    """Where a plugin's settings for an account or a marketplace that exists are kept.

    `scope_id` names them: an account by name or id, a marketplace as `ACCOUNT/MARKETPLACE`. Raises
    NotFound, with those that there are.
    """
    if scope == "global":
        return SettingsKey(plugin, scope)
    name, _, marketplace = scope_id.partition("/")
    account = find_account(session, name) or _by_id(session, name)
    if account is None:
        known = ", ".join(session.scalars(select(Account.name).order_by(Account.name))) or "none"
        raise NotFound(f"there is no account {name!r}; there are: {known}")
    if scope == "account":
        if marketplace:
            raise NotFound(f"an account is given by its name, such as {account.name}, not {scope_id!r}")
        return SettingsKey(plugin, scope, str(account.id))
    return SettingsKey(plugin, scope, get_marketplace(account, marketplace).settings_id)


def change_settings(
    ctx: Context, registry: Registry, key: SettingsKey, schema: Schema, changes: Mapping[str, Any]
) -> Sequence[str]:
    """Save a plugin's settings; those of an account of its own channel take effect on the polling too.

    Raises InvalidValue, with `fields`.
    """
    owned = _own_account(ctx.session, registry, key)
    if owned is None:
        return save_settings(ctx, key, schema, changes)
    return save_account_settings(ctx, *owned, schema, changes)


def undo_settings(
    ctx: Context, registry: Registry, key: SettingsKey, schema: Schema, change_id: int
) -> Sequence[str]:
    """Take one change of a plugin's settings back; the names of those that changed by it.

    Raises NotFound, and WrongState if the earlier values are not valid any more.
    """
    values = values_before(ctx, key, schema, change_id)
    return _refuse_plainly(lambda: change_settings(ctx, registry, key, schema, values))


def _own_account(session: Session, registry: Registry, key: SettingsKey) -> tuple[Channel, Account] | None:
    """The account whose own settings these are, if they are an account's."""
    if key.scope != "account":
        return None
    account = session.get(Account, int(key.scope_id)) if key.scope_id.isdecimal() else None
    channel = registry.channels.get(account.channel) if account else None
    if account is None or channel is None or account_settings_key(channel, account) != key:
        return None
    return channel, account


def _by_id(session: Session, text: str) -> Account | None:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        return None
    return session.get(Account, int(text))


def _refuse_plainly(save: Callable[[], Sequence[str]]) -> Sequence[str]:
    try:
        return save()
    except InvalidValue as error:
        raise no_longer_valid(error) from error
