"""Scopes of API tokens, those that plugins narrow among them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from core.access.scopes import Scope
from core.application import Application


def test_scope_whose_plugin_fails_stands_in_nobodys_way(app: Application) -> None:
    def fail(_session: Session) -> Iterable[str]:
        raise LookupError("the plugin is broken")

    with app.reading() as ctx:
        assert Scope("parcels:read", "Read parcels", names=fail).narrowed(ctx.session) == []
        named = Scope("parcels:read", "Read parcels", names=lambda _session: ["south", "north"])
        assert named.narrowed(ctx.session) == ["parcels:read:north", "parcels:read:south"]
