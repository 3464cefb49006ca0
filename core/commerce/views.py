"""Saved views: a list's filters and order, kept by an operator under a name of their own.

A search for a buyer is kept without a name for a day: what was looked for must not stand in the address of
a page, where histories and logs of servers would keep it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, UniqueConstraint, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.context import Context
from core.database.base import Base
from core.database.types import EncryptedJson
from core.errors import AlreadyExists, InvalidValue, NotFound

#: A search without a name is kept this long.
SEARCH_LIFE = timedelta(days=1)
MOST_VIEWS = 50
_LONGEST_NAME = 60


class SavedView(Base):
    """One view of one list.

    owner   whose it is, for example `operator:3`
    page    which list, for example `orders`
    name    null for a search that was not given one
    query   what the list is asked, as words; encrypted, because a buyer can be among it
    """

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("owner", "page", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(80))
    page: Mapped[str] = mapped_column(String(40))
    name: Mapped[str | None] = mapped_column(String(_LONGEST_NAME))
    query: Mapped[dict[str, Any]] = mapped_column(EncryptedJson)
    saved_at: Mapped[datetime] = mapped_column(index=True)


def save_view(
    ctx: Context, page: str, name: str, query: Mapping[str, str], *, replace: bool = False
) -> SavedView:
    """Keep a view under a name. Raises InvalidValue, and AlreadyExists for a name that another one has.

    replace   put it in the place of that other one
    """
    name = name.strip()
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise InvalidValue(f"a view has a name of 1 to {_LONGEST_NAME} characters")
    owned = select(SavedView).where(SavedView.owner == ctx.actor, SavedView.page == page)
    view = ctx.session.scalar(owned.where(SavedView.name == name))
    if view is None:
        named = owned.where(SavedView.name.is_not(None)).subquery()
        if (ctx.session.scalar(select(func.count()).select_from(named)) or 0) >= MOST_VIEWS:
            raise InvalidValue(f"at most {MOST_VIEWS} views are kept: delete one first")
        view = SavedView(owner=ctx.actor, page=page, name=name)
        ctx.session.add(view)
    elif not replace and view.query != dict(query):
        raise AlreadyExists(
            f"you have a view {name!r} with other filters already: take another name, or have it replaced"
        )
    view.query, view.saved_at = dict(query), ctx.clock.now()
    ctx.session.flush()
    return view


def keep_search(ctx: Context, page: str, query: Mapping[str, str]) -> SavedView:
    """Keep a search without a name; those of yesterday are forgotten."""
    now = ctx.clock.now()
    unnamed = delete(SavedView).where(SavedView.name.is_(None), SavedView.saved_at < now - SEARCH_LIFE)
    ctx.session.execute(unnamed)
    view = SavedView(owner=ctx.actor, page=page, name=None, query=dict(query), saved_at=now)
    ctx.session.add(view)
    ctx.session.flush()
    return view


def get_view(ctx: Context, page: str, view_id: int) -> SavedView:
    """A view of whoever acts. Raises NotFound, for somebody else's too."""
    view = ctx.session.get(SavedView, view_id)
    if view is None or (view.owner, view.page) != (ctx.actor, page):
        raise NotFound("there is no such view any more: choose the filters anew")
    return view


def delete_view(ctx: Context, page: str, view_id: int) -> None:
    """Forget a view. Raises NotFound."""
    ctx.session.delete(get_view(ctx, page, view_id))
    ctx.session.flush()


def list_views(session: Session, owner: str, page: str) -> Sequence[SavedView]:
    """An operator's views of a list that have a name, by name."""
    return session.scalars(
        select(SavedView)
        .where(SavedView.owner == owner, SavedView.page == page, SavedView.name.is_not(None))
        .order_by(SavedView.name)
    ).all()
