"""Time zones: which one a reader's times are written in, and where a day of theirs begins.

Everything is stored in UTC; only pages and their filters know of a reader.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from flask import Flask, current_app, g, has_request_context

_EXTENSION = "entrepot-zone"
#: Names that are kept for old systems only, or that nobody looks for.
_OLD = ("Etc/", "SystemV/", "posix/", "right/", "US/", "Brazil/", "Canada/", "Chile/", "Mexico/")


def choose_zones(app: Flask, name_of_readers: Callable[[], str | None]) -> None:
    """Have times written in the zone that `name_of_readers` names; in UTC where it names none that is."""
    app.extensions[_EXTENSION] = name_of_readers


def zone() -> tzinfo:
    """The reader's time zone."""
    if not has_request_context():
        return UTC
    if "zone" not in g:
        name_of_readers = current_app.extensions.get(_EXTENSION)
        g.zone = _named(name_of_readers() if name_of_readers else None)
    found: tzinfo = g.zone
    return found


def local(moment: datetime) -> datetime:
    """The same moment on the reader's clock."""
    return moment.astimezone(zone())


def start_of(day: date) -> datetime:
    """When a day of the reader's begins, in UTC."""
    begins = datetime.combine(day, time(), zone())
    try:
        return begins.astimezone(UTC)
    except OverflowError:  # the first day that there is, in a zone where it begins earlier
        return begins.replace(tzinfo=UTC)


def abbreviation(moment: datetime) -> str:
    """What people call the zone of a moment then: `UTC`, `CET` or `CEST`, else `UTC-03`."""
    name = moment.tzname() or ""
    return f"UTC{name}" if name[:1] in ("+", "-") else name


@cache
def zone_names() -> tuple[str, ...]:
    """The zones to choose from."""
    named = (name for name in available_timezones() if "/" in name and not name.startswith(_OLD))
    return ("UTC", *sorted(named))


@cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


def _named(name: str | None) -> tzinfo:
    return ZoneInfo(name) if name in _known() and name is not None else UTC
