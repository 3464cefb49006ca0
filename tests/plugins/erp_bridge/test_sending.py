"""Orders that are handed over: to a receiver that takes, refuses, is away, and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from core.application import LiveApplication
from core.clock import SetClock
from core.commerce.orders import cancel_order, get_order
from core.problems import Problem
from core.testing import run_jobs
from plugins.erp_bridge.consumers import get_consumer, resume_consumer
from plugins.erp_bridge.sending import MOST_FAILURES
from plugins.erp_bridge.standing import history_of
from plugins.erp_bridge.trying import try_outlet
from tests.databases import SharedDatabase, make_config
from tests.plugins.erp_bridge.conftest import Bridge
from tests.plugins.erp_bridge.test_webhook import NEW, Receiver, receiver

__all__ = ["receiver"]
AWAY = (503, dict[str, str](), b"")


class Outbound(Bridge):
    """A shop whose consumers are posted to, at a time of the test's own."""

    def __init__(self, live: LiveApplication, clock: SetClock) -> None:
        super().__init__(live)
        self.clock = clock

    def webhook(self, receiver: Receiver, name: str = "erp") -> None:
        """Add a consumer that is posted to."""
        settings = {"url": receiver.url, "allow_private": True, "secret": NEW}
        self.consumer(name, kind="webhook", settings=settings)

    def later(self, **after: int) -> None:
        """Let time pass, and jobs run."""
        self.clock.advance(timedelta(**after))
        run_jobs(self.live)

    def history(self, name: str = "erp") -> list[tuple[str, str | None, str | None]]:
        """State, reference and reason of what it was told, the oldest first."""
        with self.live.current().reading() as ctx:
            rows = history_of(ctx.session, get_consumer(ctx.session, name))
            return [(row.state, row.reference, row.reason) for row in reversed(rows)]

    def problems(self) -> list[str]:
        """What needs a person."""
        with self.live.current().reading() as ctx:
            rows = select(Problem).where(Problem.resolved_at.is_(None)).order_by(Problem.id)
            return [row.kind for row in ctx.session.scalars(rows)]


@pytest.fixture
def outbound(shared_database: SharedDatabase, tmp_path: Path) -> Iterator[Outbound]:
    """On each kind of database."""
    clock = SetClock(datetime(2026, 5, 1, 12, 0, tzinfo=UTC))
    config = make_config(tmp_path, shared_database.url)
    live = LiveApplication(config, clock, engine=shared_database.engine)
    yield Outbound(live, clock)
    live.close()


def keys(receiver: Receiver) -> list[str]:
    return [headers["webhook-id"] for headers, _body in receiver.seen]


def test_each_outcome_is_kept_and_whoever_is_away_is_told_when_back(
    outbound: Outbound, receiver: Receiver
) -> None:
    outbound.webhook(receiver)
    assert try_outlet(outbound.live.current(), "erp")
    assert len(receiver.seen) == 1
    receiver.answers = [(201, {}, b'{"reference": "SO-7"}'), (422, {}, b""), AWAY]
    number, *_ = outbound.orders(3)
    refused = "the receiver answered 422 Unprocessable Entity"
    assert outbound.history() == [
        ("acknowledged", "SO-7", None), ("rejected", None, refused), ("waiting", None, None),
    ]  # fmt: skip
    waits = outbound.get()
    assert waits.failures == 1
    assert waits.last_error is not None
    assert "503" in waits.last_error
    assert outbound.problems() == ["erp_rejected"]

    receiver.answers = [(204, {}, b"")]
    outbound.later(minutes=20)
    assert outbound.history()[-1] == ("acknowledged", None, None)
    assert (outbound.get().failures, keys(receiver)[-1]) == (0, keys(receiver)[-2])
    with outbound.live.current().writing("test") as ctx:
        cancel_order(ctx, get_order(ctx.session, number), "other")
    run_jobs(outbound.live)
    assert b'"entrepot.order.canceled"' in receiver.seen[-1][1]


def test_an_order_that_a_receiver_chokes_on_holds_up_no_other(
    outbound: Outbound, receiver: Receiver
) -> None:
    outbound.webhook(receiver)
    receiver.answers = [AWAY, AWAY, (204, {}, b""), AWAY]
    outbound.orders()
    outbound.clock.advance(timedelta(milliseconds=1))  # before the first is tried again
    outbound.orders()
    for _ in range(2):
        outbound.later(minutes=20)
    assert [state for state, *_ in outbound.history()] == ["waiting", "acknowledged"]
    first, again, other, last = keys(receiver)
    assert first == again == last != other


def test_consumer_that_stays_away_is_paused_for_all_to_see_and_goes_on_with_what_it_missed(
    outbound: Outbound, receiver: Receiver
) -> None:
    outbound.webhook(receiver)
    outbound.consumer("other")
    receiver.answers = [AWAY]
    outbound.orders()
    assert outbound.problems() == []
    for failures, problems in ((2, ["erp_consumer_failing"]), (MOST_FAILURES - 1, ["erp_consumer_paused"])):
        with outbound.live.current().writing("test") as ctx:
            get_consumer(ctx.session, "erp").failures = failures
        outbound.later(minutes=20)
        assert outbound.problems() == problems
    assert outbound.get().state == "paused"
    seen = len(receiver.seen)
    outbound.orders(2)
    outbound.later(hours=1)
    assert len(receiver.seen) == seen
    assert len(outbound.history("other")) == 3  # nobody else is held up

    receiver.answers = [(204, {}, b"")]
    with outbound.live.current().writing("test") as ctx:
        resume_consumer(ctx, get_consumer(ctx.session, "erp"))
    run_jobs(outbound.live)
    assert [state for state, *_ in outbound.history()] == ["acknowledged"] * 3
    assert outbound.problems() == []


def test_consumer_that_takes_orders_while_nothing_can_come_back_is_a_problem(
    outbound: Outbound, tmp_path: Path
) -> None:
    for folder in ("out", "in"):
        (tmp_path / folder).mkdir()
    in_the_way = tmp_path / "in" / "archive"
    in_the_way.write_text("no folder")
    settings = {"outgoing": f"{tmp_path}/out", "incoming": f"{tmp_path}/in"}
    outbound.consumer(kind="files", settings=settings)
    for _ in range(5):
        outbound.orders()
        outbound.later(minutes=20)
    assert {state for state, *_ in outbound.history()} == {"acknowledged"}
    assert outbound.problems() == ["erp_consumer_failing"]
    in_the_way.unlink()
    outbound.later(minutes=20)
    assert (outbound.get().failures, outbound.problems()) == (0, [])


def test_consumer_whose_settings_do_not_hold_is_paused_at_once(
    outbound: Outbound, receiver: Receiver
) -> None:
    outbound.webhook(receiver)
    with outbound.live.current().writing("test") as ctx:
        get_consumer(ctx.session, "erp").settings = {"url": receiver.url}
    outbound.orders()
    paused = outbound.get()
    assert (paused.state, receiver.seen) == ("paused", [])
    assert "secret" in (paused.paused_because or "")
