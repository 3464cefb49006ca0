"""Accounts: one seller account in one region, with its credentials and chosen marketplaces."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.access import note_audit
from core.channels.registration import Channel, Credentials
from core.context import Context
from core.database.base import Base
from core.database.types import EncryptedJson
from core.errors import AlreadyExists, InvalidValue, NotFound
from core.jobs import ensure_schedule
from core.problems import resolve_problems

ACTIVE = "active"
PAUSED = "paused"
POLL_JOB = "channels.poll_account"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")


class Account(Base):
    """One seller account.

    connected_at   when it was connected, on the channel's clock; null until the channel has answered
    clock_ahead    seconds that the channel's clock is ahead of ours
    credential_dates  by the name of a credential, the ISO date on which it was issued
    """

    __tablename__ = "channel_accounts"
    __table_args__ = (UniqueConstraint("channel", "seller_id", "region"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(60), unique=True)
    seller_id: Mapped[str] = mapped_column(String(80))
    region: Mapped[str] = mapped_column(String(20))
    credentials: Mapped[dict[str, str]] = mapped_column(EncryptedJson)
    state: Mapped[str] = mapped_column(String(20), default=ACTIVE)
    added_at: Mapped[datetime]
    connected_at: Mapped[datetime | None]
    clock_ahead: Mapped[int] = mapped_column(default=0)
    last_synced_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    credential_dates: Mapped[dict[str, str] | None] = mapped_column(JSON)

    marketplaces: Mapped[list[AccountMarketplace]] = relationship(
        order_by="AccountMarketplace.id", back_populates="account"
    )

    @property
    def subject(self) -> str:
        """Under which name problems and leases know it."""
        return f"channel_account:{self.id}"


class AccountMarketplace(Base):
    """A marketplace that was chosen for an account.

    pending_seen_at  when the orders that were still pending at connection were noted
    read_through   everything that changed before has been read, on the channel's clock
    failing        why it is read on its own for now, null while it is well
    backfilled     the value of the setting Earlier Orders that has been read in full
    """

    __tablename__ = "channel_account_marketplaces"
    __table_args__ = (UniqueConstraint("account_id", "marketplace"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("channel_accounts.id"))
    marketplace: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(100))
    pending_seen_at: Mapped[datetime | None]
    read_through: Mapped[datetime | None]
    failing: Mapped[str | None] = mapped_column(Text)
    backfilled: Mapped[str] = mapped_column(String(40), default="none")

    account: Mapped[Account] = relationship(back_populates="marketplaces")

    @property
    def settings_id(self) -> str:
        """Under which name the settings know it."""
        return f"{self.account_id}/{self.marketplace}"


@dataclass(frozen=True)
class NewAccount:
    """What it takes to add an account. `credentials` are secrets and addresses.

    `dates`: by the name of a credential, when it was issued.
    """

    name: str
    seller_id: str
    region: str
    marketplaces: tuple[str, ...]
    credentials: Mapping[str, str] = field(repr=False)
    dates: Mapping[str, date] = field(default_factory=dict)


def add_account(ctx: Context, channel: Channel, new: NewAccount) -> Account:
    """Add an account and schedule its polling. Raises InvalidValue, AlreadyExists.

    The same seller, or an account of the same name, may be added anew, with what was mended, as long as it
    has never been connected: it stays the same account, with its settings and the jobs that wait for it.
    Nothing is asked of the channel here: `core.channels.connecting` does that.
    """
    _check(channel, new)
    check_dates(channel, new.dates, ctx.clock.now().date())
    # makes no call, but refuses what cannot be used
    channel.connect(Credentials(0, new.seller_id, new.region, new.credentials))
    same = select(Account).where(
        Account.channel == channel.key,
        Account.seller_id == new.seller_id,
        Account.region == new.region,
    )
    known = ctx.session.scalar(same.with_for_update())
    if known is not None and known.connected_at is not None:
        raise AlreadyExists(
            f"the seller {new.seller_id} in {new.region} is connected already, as {known.name!r}"
        )
    namesake = find_account(ctx.session, new.name)
    if namesake is not None and namesake is not known:
        if known is not None or namesake.connected_at is not None or namesake.channel != channel.key:
            raise AlreadyExists(f"there is an account {new.name!r} already")
        known = namesake
    account = known or Account(channel=channel.key)
    account.seller_id, account.region = new.seller_id, new.region
    account.name, account.credentials = new.name, dict(new.credentials)
    account.credential_dates = {name: day.isoformat() for name, day in new.dates.items()}
    account.state, account.added_at, account.clock_ahead = ACTIVE, ctx.clock.now(), 0
    ctx.session.add(account)
    ctx.session.flush()
    note_audit(ctx, "account.added", f"account:{account.name}")
    _choose_marketplaces(ctx, channel, account, new.marketplaces)
    if known is None:
        schedule_polling(ctx, account, max(channel.poll_interval, channel.min_poll_interval))
    else:
        _forgive(ctx, account)
    return account


def _choose_marketplaces(
    ctx: Context, channel: Channel, account: Account, marketplaces: Sequence[str]
) -> None:
    """Have just these; those that were chosen before keep their rows."""
    for row in list(account.marketplaces):
        resolve_problems(ctx, f"channel_marketplace:{row.id}")
        if row.marketplace not in marketplaces:
            account.marketplaces.remove(row)
            ctx.session.delete(row)
    chosen = {row.marketplace for row in account.marketplaces}
    for marketplace in dict.fromkeys(marketplaces):
        if marketplace not in chosen:
            title = channel.marketplaces.get(marketplace, (marketplace, ""))[0]
            account.marketplaces.append(
                AccountMarketplace(marketplace=marketplace, title=title, backfilled="none")
            )
    ctx.session.flush()


def _forgive(ctx: Context, account: Account) -> None:
    """What was wrong with an account that was never connected has been mended."""
    account.last_error = None
    for row in account.marketplaces:
        row.failing = None
    resolve_problems(ctx, account.subject)


def poll_schedule(account: Account) -> str:
    """The name of the schedule by which the account is polled."""
    return f"channels.poll:{account.id}"


def schedule_polling(ctx: Context, account: Account, every: timedelta) -> None:
    """Have the account polled this often from now on."""
    ensure_schedule(ctx, poll_schedule(account), POLL_JOB, {"account_id": account.id}, every)


def lock_account(session: Session, account_id: int) -> Account:
    """The account as it is now, held until the end of the transaction."""
    return session.get_one(Account, account_id, with_for_update=True, populate_existing=True)


def find_account(session: Session, name: str) -> Account | None:
    """The account with this name."""
    return session.scalar(select(Account).where(Account.name == name))


def get_account(session: Session, channel: str, name: str) -> Account:
    """The channel's account with this name. Raises NotFound."""
    account = find_account(session, name)
    if account is None or account.channel != channel:
        known = ", ".join(row.name for row in list_accounts(session, channel)) or "none"
        raise NotFound(f"there is no account {name!r}; there are: {known}")
    return account


def get_marketplace(account: Account, marketplace: str) -> AccountMarketplace:
    """One of the account's marketplaces, by id. Raises NotFound."""
    for row in account.marketplaces:
        if row.marketplace == marketplace:
            return row
    known = ", ".join(row.marketplace for row in account.marketplaces)
    raise NotFound(f"the account {account.name!r} has no marketplace {marketplace!r}; it has: {known}")


def list_accounts(session: Session, channel: str | None = None) -> Sequence[Account]:
    """Every account, of one channel or of all, by name."""
    rows = select(Account).order_by(Account.name)
    return session.scalars(rows.where(Account.channel == channel) if channel else rows).all()


def credentials_of(account: Account) -> Credentials:
    """What a connection to this account is made from."""
    return Credentials(account.id, account.seller_id, account.region, account.credentials)


def channel_now(ctx: Context, account: Account) -> datetime:
    """What time it is for the channel, as far as its last answer tells."""
    return ctx.clock.now() + timedelta(seconds=account.clock_ahead)


def _check(channel: Channel, new: NewAccount) -> None:
    if not _NAME.fullmatch(new.name):
        raise InvalidValue(f"an account's name is letters, digits, . - and _, at most 60, not {new.name!r}")
    if not new.seller_id.strip():
        raise InvalidValue("an account needs the seller id that the marketplace gave")
    if not new.marketplaces:
        known = ", ".join(f"{key} ({title})" for key, (title, _) in channel.marketplaces.items())
        raise InvalidValue(f"an account needs at least one marketplace: {known}")
    missing = [name for name in channel.secret_fields if not new.credentials.get(name)]
    if missing:
        raise InvalidValue(f"an account needs its {', '.join(missing)}")


def check_dates(channel: Channel, dates: Mapping[str, date], today: date) -> None:
    """Raise InvalidValue for a date in the future, or one whose credential has long ended."""
    complaints = {}
    for name, day in dates.items():
        title = channel.lifetimes[name].title if name in channel.lifetimes else name
        if day > today:
            complaints[name] = [f"{title}: the date it was issued on lies in the future."]
        elif day.year < 2000:
            complaints[name] = [f"{title}: expected the date it was issued on, such as {today}."]
    if complaints:
        raise InvalidValue(" ".join(text for texts in complaints.values() for text in texts), complaints)
