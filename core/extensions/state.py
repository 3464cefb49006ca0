"""Which plugins are enabled: one row per plugin that ever was, kept when it is disabled."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.context import Context
from core.database.base import Base
from core.extensions.finding import FoundPlugins


class PluginState(Base):
    """Whether one plugin is enabled, since when and by whom."""

    __tablename__ = "plugin_states"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    enabled: Mapped[bool]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(100))


def enabled_plugins(session: Session) -> set[str]:
    """The names of the plugins that are enabled, installed or not."""
    return set(session.scalars(select(PluginState.name).where(PluginState.enabled)))


def seed_default_plugins(ctx: Context, found: FoundPlugins) -> list[str]:
    """Enable in a new database what it starts with; returns the names that were new to it.

    A plugin that has a row already stays as it is. Whoever calls this runs the migrations of these
    plugins before the application uses them.
    """
    known = set(ctx.session.scalars(select(PluginState.name)))
    names = [name for name, plugin in found.plugins.items() if plugin.is_default]
    fresh = [name for name in names if name not in known]
    for name in fresh:
        mark_plugin(ctx, name, enabled=True)
    return fresh


def mark_plugin(ctx: Context, name: str, *, enabled: bool) -> None:
    """Write down that a plugin is enabled or disabled from now on."""
    row = ctx.session.get(PluginState, name)
    if row is None:
        row = PluginState(name=name)
        ctx.session.add(row)
    row.enabled = enabled
    row.changed_at = ctx.clock.now()
    row.changed_by = ctx.actor
    ctx.session.flush()
