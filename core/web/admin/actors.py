"""Who did something, in words that an operator knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask_babel import gettext as _
from sqlalchemy import select

from core.access import ApiToken, Operator
from core.context import Context
from core.web.admin.subjects import ids_of


def actor_names(ctx: Context, actors: Iterable[str]) -> dict[str, str]:
    """What each actor is called."""
    wanted = set(actors)
    known = {f"operator:{key}": email for key, email in operator_emails(ctx, wanted).items()}
    for key, name in token_names(ctx, wanted).items():
        known[f"token:{key}"] = str(_("API token %(name)s", name=name))
    return {actor: known.get(actor) or _kind_of(actor) for actor in wanted}


def operator_emails(ctx: Context, actors: Iterable[str]) -> Mapping[int, str]:
    """The e-mail addresses of those that are operators, by id."""
    ids = ids_of("operator", actors)
    rows = select(Operator.id, Operator.email).where(Operator.id.in_(ids))
    return {row.id: row.email for row in ctx.session.execute(rows)} if ids else {}


def token_names(ctx: Context, actors: Iterable[str]) -> Mapping[int, str]:
    """The names of those that are tokens, by id."""
    ids = ids_of("token", actors)
    rows = select(ApiToken.id, ApiToken.name).where(ApiToken.id.in_(ids))
    return {row.id: row.name for row in ctx.session.execute(rows)} if ids else {}


def _kind_of(actor: str) -> str:
    """What an actor without a name of its own is called."""
    kind = actor.partition(":")[0]
    if kind == "cli":
        return str(_("The command line"))
    if kind == "operator":
        return str(_("An operator"))
    if kind == "web":
        return str(_("Somebody at the sign-in page"))
    return str(_("Entrepot"))
