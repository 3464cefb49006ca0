"""Accounts of a channel, and reading their orders, as an operator does both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from core.application import LiveApplication
from core.channels.accounts import NewAccount, add_account
from core.channels.connecting import connect_account
from core.channels.polling import Poller, poll_account
from core.channels.runs import Tally
from core.jobs import Owner


def open_account(
    live: LiveApplication, channel: str, marketplaces: Sequence[str], **credentials: str
) -> int:
    """Add an account and connect it; its id. Orders that are placed from now on are new to it.

    `credentials` are the channel's own: `Channel.credential_fields`.
    """
    application = live.current()
    registered = application.registry.get_channel(channel)
    new = NewAccount("testing", "SELLER", "test", tuple(marketplaces), credentials)
    with application.writing("testing") as ctx:
        account_id = add_account(ctx, registered, new).id
    connect_account(application, application.registry, account_id)
    return account_id


def sync_account(live: LiveApplication, account_id: int) -> Tally:
    """Read what is new and import it; how many were seen, imported, held and failed."""
    application = live.current()
    owner = Owner(live.config.home)
    try:
        poller = Poller(application, application.registry, owner, timedelta(seconds=60))
        return poll_account(poller, account_id)
    finally:
        owner.close()
