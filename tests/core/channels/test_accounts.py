"""Accounts: pausing, how long credentials last, trying and renewing them, and runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from core.channels.accounts import Account, get_account
from core.channels.credentials import (
    Remaining,
    list_remaining,
    renew_credentials,
    try_credentials,
)
from core.channels.pausing import AccountPaused, pause_account, resume_account, sync_soon
from core.channels.registration import Channel, Credentials
from core.channels.runs import list_runs
from core.context import Context
from core.errors import AccessDenied, InvalidValue
from core.jobs import Defer, count_jobs
from core.problems import list_groups
from plugins.amazon_channel.simulator import SELLER
from tests.shop import Shop

TODAY = datetime.now(UTC).date()


def account(ctx: Context) -> Account:
    return get_account(ctx.session, "amazon", "shop")


def channel(shop: Shop) -> Channel:
    return shop.app.registry.get_channel("amazon")


def renew(shop: Shop, changes: dict[str, str] | None = None, **dates: date) -> list[str]:
    return shop.write(lambda ctx: renew_credentials(ctx, channel(shop), account(ctx), changes or {}, dates))


def remaining(shop: Shop) -> dict[str, Remaining]:
    found = shop.read(lambda ctx: list_remaining(channel(shop), account(ctx), TODAY))
    return {each.name: each for each in found}


def test_paused_account_is_neither_read_nor_told_until_it_goes_on(shop: Shop) -> None:
    shop.stock("AB-1", 5)
    external_id = shop.place(("AB-1", 1))
    shop.sync()
    shop.ship(shop.order().number)
    assert shop.write(lambda ctx: pause_account(ctx, account(ctx)))
    assert not shop.write(lambda ctx: pause_account(ctx, account(ctx)))
    later = shop.place(("AB-1", 1))
    shop.work()
    with pytest.raises(AccountPaused, match="shop is paused: resume it first"):
        shop.sync()
    with pytest.raises(AccountPaused):
        shop.write(lambda ctx: sync_soon(ctx, account(ctx)))
    shop.queue_confirmations()
    assert [type(raised) for raised in shop.confirm()] == [Defer]
    assert (shop.is_stored(later), shop.channel_order(external_id).status) == (False, "Unshipped")
    assert shop.write(lambda ctx: resume_account(ctx, account(ctx)))
    assert not shop.write(lambda ctx: resume_account(ctx, account(ctx)))
    shop.work()
    assert shop.is_stored(later)
    assert shop.confirm() == [None]


def test_credentials_that_two_renew_at_the_same_moment_are_both_kept(shop: Shop) -> None:
    def renew_late(ctx: Context) -> dict[str, str]:
        stale = account(ctx)
        others = {**stale.credentials, "client_secret": "of the other"}
        ctx.session.connection().execute(Account.__table__.update().values(credentials=others))
        renew_credentials(ctx, channel(shop), stale, {"refresh_token": "of this one"}, {})
        return dict(stale.credentials)

    kept = shop.write(renew_late)
    assert (kept["client_secret"], kept["refresh_token"]) == ("of the other", "of this one")


def test_account_that_is_to_be_read_soon_is_read_once(shop: Shop) -> None:
    shop.work()
    jobs = {shop.write(lambda ctx: sync_soon(ctx, account(ctx))) for _ in range(2)}
    assert len(jobs) == 1
    assert shop.read(count_jobs)["queued"] == 1
    shop.work()
    newest, first = shop.read(lambda ctx: list_runs(ctx.session, shop.account_id))
    (older,) = shop.read(lambda ctx: list_runs(ctx.session, shop.account_id, before=newest.id))
    assert older.id == first.id


def test_database_that_may_be_a_copy_reads_but_confirms_nothing(shop: Shop) -> None:
    shop.stock("AB-1", 5)
    external_id = shop.place(("AB-1", 1))
    shop.sync()
    shop.ship(shop.order().number)
    shop.queue_confirmations()
    app = shop.app
    guarded = replace(app, registry=replace(app.registry, guard="it may be a copy"))
    raised = shop.confirm(app=guarded)
    assert [str(each) for each in raised] == ["it may be a copy"]
    assert shop.channel_order(external_id).status == "Unshipped"
    assert shop.confirm() == [None]


@pytest.mark.parametrize(
    ("age", "words", "title"),
    [
        (timedelta(days=167), "ends in 13 days, on", "has to be renewed soon"),
        (timedelta(days=179), "ends in 1 day, on", "has to be renewed soon"),
        (timedelta(days=180), "ends today", "has to be renewed soon"),
        (timedelta(days=181), "ended on", "has ended: renew it"),
    ],
)
def test_credential_that_ends_soon_is_a_problem_until_it_is_renewed(
    shop: Shop, age: timedelta, words: str, title: str
) -> None:
    renew(shop, client_secret=TODAY - age, refresh_token=TODAY - timedelta(days=351))
    (problem,) = shop.problems()
    assert (problem.kind, problem.cause) == ("credential_expires", "shop/client_secret")
    assert words in problem.message
    (group,) = shop.read(lambda ctx: [each.title() for each in list_groups(ctx.session)])
    assert group == f"The client secret of shop {title}"
    renew(shop, client_secret=TODAY)
    assert shop.problems() == []
    assert remaining(shop)["client_secret"].days_left == 180


def test_credential_whose_days_run_out_while_nobody_looks_becomes_a_problem(shop: Shop) -> None:
    renew(shop, refresh_token=TODAY - timedelta(days=351))
    assert (shop.problems(), remaining(shop)["client_secret"].days_left) == ([], None)

    def grow_old(ctx: Context) -> None:
        account(ctx).credential_dates = {"refresh_token": str(TODAY - timedelta(days=352))}

    shop.write(grow_old)
    shop.work()
    (problem,) = shop.problems()
    assert "The authorization of shop ends in 13 days" in problem.message


def test_renewed_secret_counts_from_today_and_the_others_stay(shop: Shop) -> None:
    assert renew(shop, {"client_secret": "another", "refresh_token": ""}) == ["client_secret"]
    found = shop.read(lambda ctx: dict(account(ctx).credentials))
    assert (found["client_secret"], found["refresh_token"]) == ("another", SELLER.refresh_token)
    assert remaining(shop)["client_secret"].days_left == 180
    assert renew(shop, {"client_secret": "another"}) == []


@pytest.mark.parametrize(
    ("changes", "dates"),
    [
        ({}, {"client_secret": TODAY + timedelta(days=2)}),
        ({"base_url": "http://amazon.example"}, {}),
        ({"pasword": "x"}, {}),
    ],
)
def test_credentials_that_cannot_be_are_refused_and_nothing_is_kept(
    shop: Shop, changes: dict[str, str], dates: dict[str, Any]
) -> None:
    before = shop.read(lambda ctx: dict(account(ctx).credentials))
    with pytest.raises(InvalidValue):
        renew(shop, changes, **dates)
    assert shop.read(lambda ctx: dict(account(ctx).credentials)) == before


def test_credentials_are_tried_before_they_are_kept(shop: Shop) -> None:
    def given(**changes: str) -> Credentials:
        kept = shop.read(lambda ctx: dict(account(ctx).credentials))
        return Credentials(0, SELLER.seller_id, "eu", {**kept, **changes})

    assert abs(try_credentials(channel(shop), given()) - shop.world.now()) < timedelta(minutes=1)
    with pytest.raises(AccessDenied, match="client secret"):
        try_credentials(channel(shop), given(client_secret="wrong"))
