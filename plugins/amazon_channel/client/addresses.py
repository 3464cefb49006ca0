"""Where Amazon listens, and which addresses may be used in its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from core.errors import InvalidValue
from plugins.amazon_channel.marketplaces import HOSTS, LWA_PATH, LWA_URL

_NEVER_IN_A_URL = re.compile(r"[\s\\\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Addresses:
    """Where the API is (`base_url`, no slash at its end) and where tokens are (`lwa_url`)."""

    base_url: str
    lwa_url: str


def find_addresses(region: str, values: Mapping[str, str]) -> Addresses:
    """Amazon's own for the region, unless `base_url` or `lwa_url` say otherwise.

    Raises InvalidValue for an address that is not safe, or an unknown region without `base_url`.
    """
    base_url = (values.get("base_url") or "").strip() or HOSTS.get(region)
    if base_url is None:
        problem = f"{region!r} is not a region of Amazon's: na, eu or fe"
        raise InvalidValue(problem, {"region": [problem]})
    lwa_url = check_url((values.get("lwa_url") or "").strip() or LWA_URL, "lwa_url")
    if urlsplit(lwa_url).path in ("", "/"):
        lwa_url = lwa_url.rstrip("/") + LWA_PATH
    return Addresses(check_url(base_url, "base_url").rstrip("/"), lwa_url)


def check_url(url: str, field: str = "base_url") -> str:
    """The address itself if credentials may be sent there, else InvalidValue for that field.

    That is https, or plain http to this very machine; with no user name, query or fragment.
    """
    try:
        parts = urlsplit(url)
        complaint = _complaint(url, parts)
    except ValueError:
        complaint = "this is not an address such as https://host/path"
    if complaint:
        raise InvalidValue(f"{field}: {complaint}", {field: [complaint]})
    return url


def is_loopback(url: str) -> bool:
    """Whether an address stays on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _complaint(url: str, parts: SplitResult) -> str | None:
    """What is wrong with an address; nothing of it is repeated, as it may hold a secret."""
    if _NEVER_IN_A_URL.search(url) or not parts.hostname or parts.port == 0:
        return "this is not an address such as https://host/path"
    if "@" in parts.netloc or parts.query or parts.fragment or url.endswith(("?", "#")):
        return "an address with a user name, a query or a fragment is not accepted"
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url)):
        return None
    return "only https is accepted, except for an address on this very machine"
