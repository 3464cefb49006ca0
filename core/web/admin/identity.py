"""Who makes this request, and what they may do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, abort, current_app, flash, g, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_login import LoginManager, current_user, login_user, logout_user
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import Forbidden

from core.access import Operator, has_operators, permissions_of
from core.errors import EntrepotError
from core.web.scope import application, reading_as

View = TypeVar("View", bound=Callable[..., Any])

#: What a view carries that needs no permission, and one that needs nobody to be signed in.
SIGNED_IN, PUBLIC = "", "public"
_MARK = "__entrepot_needs__"


@dataclass(frozen=True)
class SignedIn:
    """The operator of this request, as they were when it began."""

    id: int
    version: int
    email: str
    role: str
    language: str | None
    time_zone: str | None
    permissions: frozenset[str]

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """What the session remembers: it ends when the operator's version grows."""
        return f"{self.id}:{self.version}"


def needs(permission: str) -> Callable[[View], View]:
    """Let this view be asked only by operators who have this permission."""

    def mark(view: View) -> View:
        setattr(view, _MARK, permission)
        return view

    return mark


def signed_in(view: View) -> View:
    """Let every operator who is signed in ask this view."""
    return needs(SIGNED_IN)(view)


def public(view: View) -> View:
    """Let everybody ask this view: signing in, and what it looks like."""
    return needs(PUBLIC)(view)


def needed_by(endpoint: str) -> str | None:
    """The permission that a view needs, `SIGNED_IN` or `PUBLIC`; None for one that says nothing."""
    found: str | None = getattr(current_app.view_functions.get(endpoint), _MARK, None)
    return found


def need_of(view: Callable[..., Any]) -> str:
    """What a view needs. Raises LookupError for one that says nothing."""
    needed: str | None = getattr(view, _MARK, None)
    if needed is None:
        raise LookupError(f"the view {view.__name__} does not say who may open it")
    return needed


def may(permission: str) -> bool:
    """Whether the operator of this request has a permission."""
    return bool(current_user.is_authenticated) and permission in current_user.permissions


def actor() -> str:
    """The operator of this request, for histories."""
    return f"operator:{current_user.id}" if current_user.is_authenticated else "web"


def start_session(operator: Operator) -> None:
    """Sign an operator in, in a new session: nothing that was in the old one stays."""
    session.clear()
    session.permanent = True
    login_user(_identify(operator))


def end_session() -> None:
    """Sign out."""
    logout_user()
    session.clear()


def guard_views(app: Flask) -> None:
    """Have each request checked against what its view needs. Static files and the API guard themselves."""
    manager = LoginManager(app)
    manager.session_protection = None  # sessions are signed, and end with the operator's version
    manager.user_loader(_load)
    app.view_functions["static"] = public(app.view_functions["static"])
    app.before_request(_check)


def _check() -> Any:
    endpoint = request.endpoint
    if endpoint is None or getattr(g, "guards_itself", False) or endpoint.startswith("api."):
        return None
    needed = needed_by(endpoint)
    if needed == PUBLIC:
        return None
    if not current_user.is_authenticated:
        return _send_to_sign_in()
    if needed is None:
        abort(403)
    if needed != SIGNED_IN and not may(needed):
        raise Forbidden(_("Your role does not allow this. An owner can change that under Operators."))
    return None


def _send_to_sign_in() -> Any:
    with reading_as("web") as ctx:
        is_new = not has_operators(ctx.session)
    if is_new:
        return redirect(url_for("sign_in.first"))
    if request.headers.get("HX-Request"):
        return "", 401, {"HX-Redirect": url_for("sign_in.show")}
    if request.method == "GET":
        return redirect(url_for("sign_in.show", next=request.full_path.rstrip("?")))
    flash(_("Your session has ended, so nothing was saved. Sign in and do it once more."), "warning")
    return redirect(url_for("sign_in.show"), code=303)


def _load(text: str) -> SignedIn | None:
    """Who the session says, if they may still sign in."""
    number, _colon, version = text.partition(":")
    try:
        with reading_as("web") as ctx:
            operator = ctx.session.get(Operator, int(number))
            if operator is None or not operator.is_active or str(operator.sign_in_version) != version:
                return None
            return _identify(operator)
    except (EntrepotError, SQLAlchemyError):
        return None  # told by the page, which cannot be made either


def _identify(operator: Operator) -> SignedIn:
    return SignedIn(
        id=operator.id,
        version=operator.sign_in_version,
        email=operator.email,
        role=operator.role,
        language=operator.language,
        time_zone=operator.time_zone,
        permissions=permissions_of(operator.role, application().permissions),
    )
