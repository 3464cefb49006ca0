"""Credentials: trying them before they are kept, renewing them, and how long they still last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from core.access import note_audit
from core.channels.accounts import Account, check_dates, credentials_of, lock_account
from core.channels.registration import Channel, Credentials, Lifetime
from core.context import Context
from core.errors import InvalidValue
from core.problems import raise_problem, resolve_problems

CREDENTIAL_EXPIRES = "credential_expires"
#: So many days before the end it becomes a problem.
SOON = 14


@dataclass(frozen=True)
class Remaining:
    """How long one credential lasts; the days are None if nobody has entered its date."""

    name: str
    lifetime: Lifetime
    issued_on: date | None
    expires_on: date | None
    days_left: int | None

    @property
    def is_short(self) -> bool:
        """Whether it must be renewed now."""
        return self.days_left is not None and self.days_left < SOON

    @property
    def has_ended(self) -> bool:
        """Whether its last day is over."""
        return self.days_left is not None and self.days_left < 0

    @property
    def ending(self) -> str:
        """When it ends or has ended, where its date is known: `ends in 10 days, on 2026-05-01`."""
        days = self.days_left or 0
        if self.has_ended:
            return f"ended on {self.expires_on}"
        if days == 0:
            return "ends today"
        if days == 1:
            return f"ends in 1 day, on {self.expires_on}"
        return f"ends in {days} days, on {self.expires_on}"


def try_credentials(channel: Channel, credentials: Credentials) -> datetime:
    """Ask the channel whether it accepts credentials that are not kept yet; what time it is there.

    Call it outside of any transaction. Raises InvalidValue, NotConfigured for what cannot be tried,
    AccessDenied, TemporarilyUnavailable, RejectedByChannel, QuotaExhausted as the channel answers.
    """
    return channel.connect(replace(credentials, is_trial=True)).read_clock()


def list_remaining(channel: Channel, account: Account, today: date) -> list[Remaining]:
    """How long each credential that ends lasts from today on."""
    dates = account.credential_dates or {}
    found = []
    for name, lifetime in channel.lifetimes.items():
        issued_on = date.fromisoformat(dates[name]) if name in dates else None
        expires_on = issued_on + timedelta(days=lifetime.days) if issued_on else None
        days_left = (expires_on - today).days if expires_on else None
        found.append(Remaining(name, lifetime, issued_on, expires_on, days_left))
    return found


def renew_credentials(
    ctx: Context, channel: Channel, account: Account, changes: Mapping[str, str], dates: Mapping[str, date]
) -> list[str]:
    """Replace some credentials and keep the others; the names of those that changed.

    An empty value keeps what there is. One that changes counts as issued today unless `dates`, by the
    same names, say otherwise; a date alone mends the date. Raises InvalidValue.
    """
    unknown = sorted({*changes, *dates} - {*channel.credential_fields, *channel.lifetimes})
    if unknown:
        raise InvalidValue(f"there is no credential {', '.join(unknown)}")
    check_dates(channel, dates, ctx.clock.now().date())
    account = lock_account(ctx.session, account.id)
    given = {name: value.strip() for name, value in changes.items() if value.strip()}
    changed = [name for name, value in given.items() if account.credentials.get(name) != value]
    credentials = {**account.credentials, **given}
    channel.connect(replace(credentials_of(account), values=credentials))  # refuses what cannot be used
    account.credentials = credentials
    today = ctx.clock.now().date()
    fresh = {name: today for name in changed if name in channel.lifetimes}
    account.credential_dates = {
        **(account.credential_dates or {}),
        **{name: day.isoformat() for name, day in {**fresh, **dates}.items()},
    }
    note_audit(ctx, "account.credentials_renewed", f"account:{account.name}", changed=changed)
    note_lifetimes(ctx, channel, account)
    return changed


def note_lifetimes(ctx: Context, channel: Channel, account: Account) -> None:
    """Raise a problem for each credential that ends soon, and resolve those of the others."""
    for each in list_remaining(channel, account, ctx.clock.now().date()):
        cause = f"{account.name}/{each.name}"
        if not each.is_short:
            resolve_problems(ctx, account.subject, [CREDENTIAL_EXPIRES], cause)
            continue
        raise_problem(
            ctx,
            CREDENTIAL_EXPIRES,
            cause,
            account.subject,
            f"The {each.lifetime.title} of {account.name} {each.ending}: {each.lifetime.remedy}.",
            account=account.name,
            credential=each.name,
            title=each.lifetime.title,
            **({"code": "ended"} if each.has_ended else {}),
        )


def shortest(remaining: Iterable[Remaining]) -> Remaining | None:
    """The credential that ends first, of those whose date is known."""
    known = [each for each in remaining if each.days_left is not None]
    return min(known, key=lambda each: each.days_left or 0, default=None)
