"""How values are written on a page: amounts, times, sentences, and the colour that goes with a status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from babel import Locale
from babel.numbers import format_decimal
from flask import Flask
from flask_babel import get_locale, gettext
from markupsafe import Markup, escape

from core.channels import accounts, listing
from core.channels.registration import Registry
from core.commerce import statuses
from core.money import check_currency, plain
from core.web.saying import say
from core.web.zones import abbreviation, local

NOTHING = "—"
#: English is read in many countries, and each of them reads this in the same way.
_DAY = "%Y-%m-%d"
_DAYS = {"de": "%d.%m.%Y", "nl": "%d-%m-%Y"}

#: The colour of each status; it always stands beside the word.
_TONES = {
    listing.PENDING_AVAILABILITY: "waiting",
    listing.PENDING: "waiting",
    listing.UNSHIPPED: "todo",
    listing.PARTIALLY_SHIPPED: "active",
    listing.SHIPPED: "done",
    listing.CANCELED: "off",
    listing.UNFULFILLABLE: "off",
    listing.UNREADABLE: "waiting",
    statuses.PENDING: "waiting",
    statuses.PROCESSING: "todo",
    statuses.ON_HOLD: "waiting",
    statuses.COMPLETE: "done",
    statuses.CANCELED: "off",
    statuses.CLOSED: "off",
    accounts.ACTIVE: "done",
    accounts.PAUSED: "waiting",
}


@dataclass(frozen=True)
class Names:
    """What things are called for people: channels, marketplaces, order statuses, who ships.

    Whatever a disabled plugin would have to name keeps its key.
    """

    registry: Registry
    statuses: Mapping[str, statuses.OrderStatus]

    def channel(self, key: str) -> str:
        """A channel's title."""
        channel = self.registry.channels.get(key)
        return channel.title if channel else key

    @property
    def sole_channel(self) -> str:
        """The title of the channel, where there is one alone; else empty."""
        titles = [channel.title for channel in self.registry.channels.values()]
        return titles[0] if len(titles) == 1 else ""

    @property
    def channel_orders(self) -> str:
        """What the Orders tab is called."""
        if not self.sole_channel:
            return str(gettext("Channel orders"))
        return str(gettext("%(channel)s orders", channel=self.sole_channel))

    def marketplace(self, channel: str, marketplace: str) -> str:
        """A marketplace's title."""
        known = self.registry.channels.get(channel)
        return known.marketplaces.get(marketplace, (marketplace, ""))[0] if known else marketplace

    def status(self, code: str) -> str:
        """An order status's label."""
        return gettext(self.statuses[code].label) if code in self.statuses else code

    def like(self, code: str) -> str:
        """The standard status that an order status behaves as."""
        return self.statuses[code].like if code in self.statuses else code

    def shipper(self, fulfilled_by: str) -> str:
        """Who ships."""
        if fulfilled_by == listing.UNKNOWN:
            return str(gettext("Not known"))
        return gettext("Merchant") if fulfilled_by == listing.MERCHANT else self.channel(fulfilled_by)


def add_filters(app: Flask) -> None:
    """Let templates write values as here, and translate by `_` without taking any text for markup.

    Jinja's own `_` marks whatever it is given as safe, and templates give it names that people enter.
    """
    app.jinja_env.globals["gettext"] = _say_safely
    app.jinja_env.filters.update(
        amount=amount,
        day=day,
        moment=moment,
        reason=reason,
        said=say,
        sentence=sentence,
        service=service,
        tone=tone,
        urgency=urgency,
        words=words,
    )


def _say_safely(message: str, /, **parts: object) -> Markup:
    """A text in the reader's language, its parts filled in; what is no markup is escaped."""
    said = escape(gettext(message)) if message else Markup()
    return said % parts if parts else said


def amount(value: Decimal | None, currency: str | None) -> str:
    """`1,234.50 EUR`, or `1.234,50 EUR` in German and Dutch; a dash for what is not known.

    The currency's digits, more only where the amount has more: `500 JPY`.
    """
    if value is None or currency is None:
        return NOTHING
    digits = plain(value, currency).partition(".")[2]
    pattern = "#,##0" + ("." + "0" * len(digits) if digits else "")
    return f"{format_decimal(value, format=pattern, locale=_locale())} {check_currency(currency)}"


def moment(value: datetime | None, otherwise: str = NOTHING) -> Markup:
    """A time to the minute: for people in their zone, for machines in UTC."""
    if value is None:
        return escape(otherwise)
    written = Markup('<time datetime="{}"><span>{}</span> <span>{}</span></time>')
    return written.format(value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), *_parts(value))


def moment_in_words(value: datetime) -> str:
    """The same as text: `2026-03-01 13:00 CET`."""
    return " ".join(_parts(value))


def _parts(value: datetime) -> tuple[str, str]:
    """The day and the hour on the reader's clock."""
    here = local(value)
    return day(here), f"{here:%H:%M} {abbreviation(here)}"


def urgency(ship_by: datetime | None, now: datetime) -> str:
    """`late` once the time to ship by has passed, `today` on the day that it passes, else empty."""
    if ship_by is None:
        return ""
    if ship_by < now:
        return "late"
    return "today" if local(ship_by).date() == local(now).date() else ""


def day(value: date | None) -> str:
    """A day as it is written in the reader's language: 2026-03-01, in German 01.03.2026."""
    return NOTHING if value is None else value.strftime(_DAYS.get(_locale().language, _DAY))


def _locale() -> Locale:
    """The reader's."""
    return get_locale() or Locale("en")


def service(method: str | None) -> str:
    """A shipping method; a channel's code such as `SECOND_DAY` as words."""
    text = method or ""
    return words(text) if text.isupper() and len(text) > len("DHL") and text.isascii() else text


def sentence(text: str) -> Markup:
    """An error's words as a sentence of a page, in the reader's language; backticks mark code."""
    text = say(text.strip())
    text = text[:1].upper() + text[1:]
    if not text.endswith((".", "!", "?", "…")):
        text += "."
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    code = Markup("<code>{}</code>")
    marked = (code.format(part) if i % 2 else escape(part) for i, part in enumerate(parts))
    return Markup("").join(marked)


def tone(status: str) -> str:
    """The colour of a channel's status, of an account's state, or of what an order's status is like."""
    return _TONES.get(status, "plain")


def reason(code: str, titles: Mapping[str, str] | None = None) -> str:
    """Why something was done: as its form puts it, else in words; a channel's `NoInventory` as it is."""
    title = (titles or {}).get(code)
    if title is not None:
        return str(gettext(title))
    return words(code) if code == code.lower() else code


def words(code: str) -> str:
    """A code such as `gift_wrap` as words: `Gift wrap`, in the reader's language if `wording` has it."""
    plain_words = code.replace("_", " ").strip().capitalize()
    return str(gettext(plain_words)) if plain_words else ""
