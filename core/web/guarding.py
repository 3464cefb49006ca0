"""What guards every request and every answer: the names it answers to, sessions, and strict headers."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from werkzeug.exceptions import BadRequest, Forbidden
from werkzeug.routing import IntegerConverter

from core.web.scope import live

#: Sent with every answer. Nothing is loaded from elsewhere, nothing is kept, nothing may frame a page.
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
#: Static files carry a sum of their content in their address.
_KEEP = "private, max-age=31536000, immutable"
#: What watches over it asks by address, and is told nothing that a page of a foreign name could use.
UNNAMED = ("/healthz", "/readyz")
#: What proxies tell of whom they ask for.
_OF_PROXIES = (
    "Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP",
)  # fmt: skip
_NAMED = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(:[0-9]{1,5})?")


class Sessions(SecureCookieSessionInterface):
    """Sessions signed with a key of the database, so that every process reads them.

    A cookie is `Secure` where the request came by https, or the public address says that it does.
    """

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """What signs."""
        if not app.secret_key:
            try:
                app.secret_key = live().session_key()
            except Exception:  # told by the view that needs the database
                return None
        return super().get_signing_serializer(app)

    def get_cookie_secure(self, app: Flask) -> bool:
        """Whether the cookie is sent by https only."""
        url = live().config.url
        return request.is_secure or (url is not None and url.startswith("https:") and _is_public_host(url))


def guard(app: Flask) -> None:
    """Have every request of the application checked, and every answer sent with strict headers."""
    app.session_interface = Sessions()
    app.before_request(_check_host)
    app.after_request(_add_headers)


class Number(IntegerConverter):
    """A whole number in an address, no longer than what a database numbers its rows with."""

    regex = r"[0-9]{1,18}"


def refuse_unwritable() -> None:
    """Turn away a character that no database keeps in a text, wherever it stands: no view expects it."""
    given = [request.path, *request.args.keys(), *request.args.values()]
    if request.method == "POST":
        given += [*request.form.keys(), *request.form.values()]
    if any("\0" in text for text in given):
        raise BadRequest("What was sent holds a character that stands in no text: write it without.")


def named_host() -> str:
    """The name by which this request asked, without its port; empty if it is none."""
    named = _NAMED.fullmatch(request.environ.get("HTTP_HOST", ""))
    return named["name"] if named else ""


def is_asked_here() -> bool:
    """Whether somebody at this very machine asks, and no proxy on it for somebody elsewhere.

    Where a public address is set there is a proxy, and it need not say for whom it asks: so nobody does.
    """
    is_proxied = live().config.url is not None or any(name in request.headers for name in _OF_PROXIES)
    return not is_proxied and is_loopback(request.remote_addr or "") and is_loopback(named_host())


def public_address(path: str) -> str:
    """The address under which everybody reaches a path; the path alone if `ENTREPOT_URL` does not say.

    Never made of the request: behind a proxy it has another scheme, and often another name.
    """
    return (live().config.url or "").rstrip("/") + path


def is_loopback(name: str) -> bool:
    """Whether this is `localhost` or an address of this machine alone, IPv6 with or without brackets."""
    if name.lower() == "localhost":
        return True
    try:
        return ip_address(name.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False


def _check_host() -> None:
    """Turn away a page of a foreign name that was led to this machine (DNS rebinding)."""
    if request.path in UNNAMED:
        return
    url = live().config.url
    if not (is_loopback(named_host()) or (url is not None and _is_public_host(url))):
        raise Forbidden(
            "Entrepot answers under the names localhost, 127.0.0.1 and [::1], and under the address that "
            "ENTREPOT_URL names, such as https://orders.shop.example."
        )


def _is_public_host(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return bool(host) and named_host().strip("[]").lower() == host.lower()


def _add_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    if request.endpoint == "static" and response.status_code == 200 and "v" in request.args:
        response.headers["Cache-Control"] = _KEEP
    return response
