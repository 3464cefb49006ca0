"""Control totals: a small file beside each file says what must be in it, so that none is read in part.

`NAME.totals` holds lines such as `orders=3`, `units=7`, `amount.EUR=120.00`, `records=9`, `sha256=…`. On
the way in those that are there are checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from hashlib import sha256

from core.errors import shorten
from core.money import plain
from plugins.erp_bridge.outlets import Parcel

SUFFIX = ".totals"
_LINE = re.compile(r"\s*([A-Za-z0-9_.]+)\s*=\s*(.*?)\s*")
_HASH, _FILE = "sha256", "file"


def totals_of_orders(parcels: Iterable[Parcel]) -> dict[str, str]:
    """How many orders, how many units, and what they come to in each currency."""
    orders = units = 0
    sums: dict[str, Decimal] = {}
    for parcel in parcels:
        amount, currency = parcel.order["total"]["amount"], parcel.order["total"]["currency"]
        orders += 1
        units += sum(line["quantity"] for line in parcel.order["lines"])
        sums[currency] = sums.get(currency, Decimal(0)) + Decimal(amount)
    amounts = {f"amount.{currency}": plain(amount, currency) for currency, amount in sorted(sums.items())}
    return {"orders": str(orders), "units": str(units), **amounts}


def write_totals(name: str, content: bytes, totals: Mapping[str, str]) -> bytes:
    """The file beside `name`."""
    lines = {_FILE: name, **totals, _HASH: sha256(content).hexdigest()}
    return "".join(f"{key}={value}\n" for key, value in lines.items()).encode()


def check_totals(stated: bytes, content: bytes, found: Mapping[str, Decimal]) -> list[str]:
    """What the file beside says and the file does not hold, one sentence each."""
    complaints = []
    has_any = False
    for line in stated.decode("utf-8-sig", "replace").splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            if line.strip():
                complaints.append(f"{shorten(line)!r} is no control total: it is written orders=3")
            continue
        has_any = True
        if (complaint := _check(match[1], match[2], content, found)) is not None:
            complaints.append(complaint)
    return complaints if has_any or complaints else ["the file of control totals is empty"]


def _check(key: str, value: str, content: bytes, found: Mapping[str, Decimal]) -> str | None:
    if key == _FILE:
        return None
    if key == _HASH:
        is_same = value.lower() == sha256(content).hexdigest()
        return None if is_same else "the control total sha256 is that of another content"
    if key not in found:
        return f"the control total {shorten(key)} cannot be checked: known are {', '.join((*found, _HASH))}"
    if re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", value) and Decimal(value) == found[key]:
        return None
    return f"the control total {key} is {shorten(value)}, but the file comes to {found[key]}"
