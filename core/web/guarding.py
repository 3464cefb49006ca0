"""What guards every request and every answer: who may ask while there is no sign-in, and strict headers."""

from __future__ import annotations

import re
from ipaddress import ip_address

from flask import Flask, Response, request
from werkzeug.exceptions import Forbidden

#: Sent with every answer. Nothing is loaded from elsewhere, nothing is kept, nothing may frame a page.
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_NAMED = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(:[0-9]{1,5})?")


def guard(app: Flask) -> None:
    """Have every request of the application checked, and every answer sent with strict headers."""
    app.before_request(_check_host)
    app.after_request(_add_headers)


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
    named = _NAMED.fullmatch(request.environ.get("HTTP_HOST", ""))
    if named is None or not is_loopback(named["name"]):
        raise Forbidden(
            "Until there is a sign-in, Entrepot answers on this machine only, under the names "
            "localhost, 127.0.0.1 and [::1]."
        )


def _add_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    return response
