"""Canceling and refunding at Amazon: asked once, and the report of the feed decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from core.channels.asking import request_job
from core.channels.channel_requests import ChannelRequest, close_request, retry_request
from core.channels.wishes import RequestToSend
from core.commerce.orders import can_cancel, cancel_order, get_order, is_being_canceled, release_order
from core.commerce.refunds import can_refund, refund_order
from core.context import Context
from core.errors import InvalidValue, TemporarilyUnavailable, WrongState
from core.jobs import Defer, JobRun
from core.money import Money
from plugins.amazon_channel.client import AmazonFeeds
from tests.shop import Shop


def cancel(shop: Shop, reason: str = "NoInventory") -> bool:
    return shop.write(lambda ctx: cancel_order(ctx, get_order(ctx.session, shop.order().number), reason))


def refund(shop: Shop, wanted: Any = None, reason: str = "CustomerReturn") -> None:
    shop.write(lambda ctx: refund_order(ctx, get_order(ctx.session, shop.order().number), wanted, reason))
    shop.work()


def requests(shop: Shop) -> list[ChannelRequest]:
    def find(ctx: Context) -> list[ChannelRequest]:
        return list(ctx.session.scalars(select(ChannelRequest).order_by(ChannelRequest.id)))

    return shop.read(find)


class LosesAnswers(AmazonFeeds):
    """Amazon takes the feed in, and its answer never arrives."""

    def submit_request(self, request: RequestToSend, prepared: str) -> str:
        super().submit_request(request, prepared)
        raise TemporarilyUnavailable("the connection broke")


class LosesQuestions(AmazonFeeds):
    """The feed never arrives at Amazon."""

    def submit_request(self, request: RequestToSend, prepared: str) -> str:
        raise TemporarilyUnavailable("the connection broke")


def ask(shop: Shop, feeds: type[AmazonFeeds] = AmazonFeeds) -> Exception | None:
    """One run of the newest request's job; what it raised."""
    app = shop.app
    channel = replace(app.registry.get_channel("amazon"), connect_requests=feeds)
    run = JobRun(0, "", {"request_id": requests(shop)[-1].id}, 1, 1000, app)
    try:
        request_job(replace(app.registry, channels={"amazon": channel})).handler(run)
    except (Defer, TemporarilyUnavailable) as error:
        return error
    return None


def finish(shop: Shop) -> ChannelRequest:
    """Send the newest request, let Amazon work, and read what it says."""
    ask(shop)
    shop.later(1)
    assert ask(shop) is None
    return requests(shop)[-1]


def kinds(shop: Shop) -> list[str]:
    return [problem.kind for problem in shop.problems()]


@pytest.fixture
def number(shop: Shop) -> str:
    """An order of three mugs and a tea that was imported; Amazon's number of it."""
    shop.stock("MUG", 10)
    shop.stock("TEA", 10)
    number = shop.place(("MUG", 3), ("TEA", 1))
    shop.sync()
    return number


def test_order_is_canceled_once_amazons_report_says_so(shop: Shop, number: str) -> None:
    assert not cancel(shop)
    held = shop.order()
    assert (held.status, is_being_canceled(held), shop.reserved("MUG")) == ("on_hold", True, 3)
    with pytest.raises(WrongState, match="wait"):
        shop.write(lambda ctx: release_order(ctx, get_order(ctx.session, held.number)))
    request = finish(shop)
    assert (request.state, shop.world.status_of(number)) == ("accepted", "CANCELLED")
    assert shop.world.get_order(number).cancellation.reason == "NoInventory"  # type: ignore[union-attr]
    assert (shop.order().status, shop.reserved("MUG"), shop.channel_order(number).status) == (
        "canceled", 0, "Canceled",
    )  # fmt: skip
    shop.work()
    shop.later()
    shop.sync()
    assert shop.problems() == []
    assert shop.order().history[-1].reason == "NoInventory"


def test_cancellation_is_asked_for_once_however_often_one_clicks(shop: Shop, number: str) -> None:
    assert [cancel(shop), cancel(shop)] == [False, False]
    shop.work()
    finish(shop)
    assert cancel(shop)
    assert len(requests(shop)) == len(shop.world.feeds()) == 1
    assert "cancel_done" in [entry.code for entry in shop.explain(number).entries]


def test_refused_cancellation_lets_the_order_go_on_and_can_be_sent_again(shop: Shop, number: str) -> None:
    cancel(shop)
    shop.world.ship_at_amazon(number, {"TEA": 1})
    request = finish(shop)
    assert request.state == "refused"
    assert (shop.order().status, shop.world.status_of(number)) == ("processing", "PARTIALLY_SHIPPED")
    (problem,) = shop.problems()
    assert problem.kind == "request_refused"
    assert "PARTIALLY_SHIPPED and cannot be canceled" in problem.message
    assert shop.order().number in problem.message
    shop.write(lambda ctx: retry_request(ctx, ctx.session.get_one(ChannelRequest, request.id)))
    assert (shop.order().status, kinds(shop), requests(shop)[-1].state) == ("on_hold", [], "queued")
    assert finish(shop).state == "refused"
    shop.write(lambda ctx: close_request(ctx, ctx.session.get_one(ChannelRequest, request.id)))
    assert (kinds(shop), shop.order().status) == ([], "processing")


@pytest.mark.usefixtures("number")
@pytest.mark.parametrize("decide", [retry_request, close_request])
def test_what_another_operator_decided_at_the_same_moment_stays_so(
    shop: Shop, decide: Callable[[Context, ChannelRequest], None]
) -> None:
    cancel(shop)
    request_id = requests(shop)[-1].id

    def decide_late(ctx: Context) -> None:
        request = ctx.session.get_one(ChannelRequest, request_id)
        request.state = "unsure"  # as this operator's page has read it
        ctx.session.flush()
        table = ChannelRequest.__table__
        ctx.session.connection().execute(table.update().values(state="sent"))  # the other one's
        with pytest.raises(WrongState, match="the request is sent"):
            decide(ctx, request)

    shop.write(decide_late)
    assert requests(shop)[-1].state == "sent"


def test_what_amazon_does_not_accept_is_refused_before_it_is_asked(shop: Shop, number: str) -> None:
    with pytest.raises(InvalidValue, match="NoInventory, ShippingAddressUndeliverable"):
        cancel(shop, "by_hand")
    with pytest.raises(InvalidValue, match="CouldNotShip"):
        refund(shop, reason="BuyerCanceled")
    shop.world.ship_at_amazon(number, {"TEA": 1})
    shop.later()
    shop.sync()
    assert "part of it has left" in (shop.read(lambda ctx: can_cancel(ctx, shop.order())) or "")
    assert requests(shop) == []


def test_amazons_own_orders_are_neither_canceled_nor_refunded_here(shop: Shop) -> None:
    shop.stock("MUG", 10)
    shop.place(("MUG", 1), status="SHIPPED", fulfilled_by="AMAZON")
    shop.sync()
    assert "refunds it itself" in (shop.read(lambda ctx: can_refund(ctx, shop.order())) or "")
    assert "complete" in (shop.read(lambda ctx: can_cancel(ctx, shop.order())) or "")


def let_time_pass(shop: Shop) -> None:
    """So much that what Amazon has taken in shows in its list of feeds."""

    def long_ago(ctx: Context) -> None:
        request = ctx.session.get_one(ChannelRequest, requests(shop)[-1].id)
        request.sent_at = ctx.clock.now() - timedelta(minutes=3)

    shop.write(long_ago)


def test_lost_answer_is_looked_for_and_nothing_is_sent_twice(shop: Shop, number: str) -> None:
    cancel(shop)
    assert isinstance(ask(shop, LosesAnswers), TemporarilyUnavailable)
    assert requests(shop)[-1].state == "sending"
    assert isinstance(ask(shop), Defer)
    let_time_pass(shop)
    shop.later(1)
    assert ask(shop) is None
    assert (requests(shop)[-1].state, len(shop.world.feeds())) == ("accepted", 1)
    assert (shop.order().status, shop.world.status_of(number)) == ("canceled", "CANCELLED")


def test_request_that_amazon_never_got_is_sent_again(shop: Shop, number: str) -> None:
    cancel(shop)
    ask(shop, LosesQuestions)
    let_time_pass(shop)
    assert finish(shop).state == "accepted"
    assert (len(shop.world.feeds()), shop.world.status_of(number)) == (1, "CANCELLED")


@pytest.mark.parametrize(
    ("mishap", "state", "kind", "status"),
    [
        ("CANCELLED", "refused", "request_refused", "processing"),
        ("FATAL", "unsure", "request_unsure", "on_hold"),
    ],
)
def test_feed_that_was_not_worked_through_is_a_problem(
    shop: Shop, number: str, mishap: Any, state: str, kind: str, status: str
) -> None:
    assert shop.channel_order(number).status == "Unshipped"
    shop.world.spoil_next_feed(mishap)
    cancel(shop)
    request = finish(shop)
    assert (request.state, kinds(shop), shop.order().status) == (state, [kind], status)
    shop.write(lambda ctx: retry_request(ctx, ctx.session.get_one(ChannelRequest, request.id)))
    assert finish(shop).state == "accepted"
    assert shop.problems() == []


def test_cancellation_seen_in_the_listing_first_settles_the_request(shop: Shop, number: str) -> None:
    cancel(shop, "BuyerCanceled")
    ask(shop)
    shop.later(4)
    shop.world.get_order(number)
    shop.later(4)
    shop.sync()
    assert (shop.order().status, shop.order().history[-1].reason) == ("canceled", "BuyerCanceled")
    assert requests(shop)[-1].state == "accepted"
    assert ask(shop) is None


def test_refund_is_sent_by_line_with_its_reason_and_arrives(shop: Shop, number: str) -> None:
    shop.ship(shop.order().number)
    mug = next(line.id for line in shop.order().lines if line.sku == "MUG")
    refund(shop, {mug: Money(Decimal("12.50"), "EUR")})
    assert finish(shop).state == "accepted"
    (adjustment,) = shop.world.get_order(number).adjustments
    assert (adjustment.amount, adjustment.reason) == (Decimal("12.50"), "CustomerReturn")
    refund(shop, reason="GeneralAdjustment")
    assert finish(shop).state == "accepted"
    amounts = [each.amount for each in shop.world.get_order(number).adjustments]
    assert amounts == [Decimal("12.50"), Decimal("17.50"), Decimal("10.00")]
    assert shop.order().status == "closed"
    assert [entry.code for entry in shop.explain(number).entries].count("refund_done") == 2


def test_refused_refund_is_a_problem_in_amazons_words(shop: Shop, number: str) -> None:
    shop.world.cancel_at_amazon(number)
    refund(shop)
    request = finish(shop)
    assert request.state == "refused"
    (problem,) = shop.problems()
    assert "nothing was charged" in problem.message
    assert problem.data["request_id"] == request.id


def test_buyers_wish_to_cancel_holds_the_order_until_a_person_decides(shop: Shop, number: str) -> None:
    shop.world.request_cancellation(number)
    shop.later()
    shop.sync()
    assert (shop.order().status, kinds(shop)) == ("on_hold", ["cancel_requested"])
    shop.write(lambda ctx: release_order(ctx, get_order(ctx.session, shop.order().number)))
    shop.world.request_cancellation(number)
    shop.later()
    shop.sync()
    assert (shop.order().status, kinds(shop)) == ("processing", [])


def test_order_that_arrives_with_the_buyers_wish_is_held_and_can_be_canceled(shop: Shop) -> None:
    shop.stock("MUG", 10)
    number = shop.place(("MUG", 1))
    shop.world.request_cancellation(number)
    shop.later()
    shop.sync()
    assert (shop.order().status, kinds(shop)) == ("on_hold", ["cancel_requested"])
    cancel(shop, "BuyerCanceled")
    assert finish(shop).state == "accepted"
    assert (shop.order().status, shop.problems()) == ("canceled", [])
