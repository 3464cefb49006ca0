"""Who did something, in words that an operator knows."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _

from core.access import ApiToken, Operator
from core.context import Context


def actor_names(ctx: Context, actors: Iterable[str]) -> dict[str, str]:
    """What each actor is called."""
    return {actor: _name_of(ctx, actor) for actor in set(actors)}


def _name_of(ctx: Context, actor: str) -> str:
    kind, _colon, rest = actor.partition(":")
    if kind in ("operator", "token") and rest.isdigit():
        found = ctx.session.get(Operator if kind == "operator" else ApiToken, int(rest))
        if isinstance(found, Operator):
            return found.email
        if isinstance(found, ApiToken):
            return str(_("API token %(name)s", name=found.name))
    if kind == "cli":
        return str(_("The command line"))
    if kind == "operator":
        return str(_("An operator"))
    if kind == "web":
        return str(_("Somebody at the sign-in page"))
    return str(_("Entrepot"))
