"""What is recorded when something happens, and what a person does with what is stuck."""

import contextlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from core.errors import InvalidValue, NotFound, WrongState
from core.events import (
    Delivery,
    Event,
    list_deliveries,
    record_event,
    record_events,
    replay_delivery,
    skip_delivery,
)
from core.jobs import list_jobs
from core.jobs.claiming import claim_job
from core.problems import list_problems, raise_problem
from tests.core.jobs.shop import Shop
from tests.transactions import NOON


@pytest.fixture
def listeners(shop: Shop) -> None:
    """Two plugins that want to hear of new orders."""
    shop.hooks.listening["order_created"] = {"erp": print, "mail": print}


def record(shop: Shop, subject: str = "order:1") -> None:
    with shop.writing("user:3") as ctx:
        record_event(ctx, "order_created", subject, {"order_id": 1})


def set_state(shop: Shop, state: str) -> int:
    """Bring the newest delivery into this state; gives its id."""
    with shop.writing() as ctx:
        delivery = list_deliveries(ctx, limit=1)[0]
        delivery.state, delivery.attempts, delivery.last_error = state, 8, "ValueError"
        return delivery.id


@pytest.mark.usefixtures("listeners")
def test_an_event_is_recorded_with_a_delivery_and_a_job_per_listener(shop: Shop) -> None:
    record(shop)
    with shop.reading() as ctx:
        event = ctx.session.scalars(select(Event)).one()
        assert (event.name, event.subject, event.payload) == ("order_created", "order:1", {"order_id": 1})
        assert (event.created_at, event.actor) == (NOON, "user:3")
        deliveries = list_deliveries(ctx)
        assert {(row.event_id, row.plugin, row.subject, row.state) for row in deliveries} == {
            (event.id, "erp", "order:1", "waiting"),
            (event.id, "mail", "order:1", "waiting"),
        }
        assert {(job.name, job.lock_key, job.args["plugin"]) for job in list_jobs(ctx)} == {
            ("events.deliver", "deliver:erp:order:1", "erp"),
            ("events.deliver", "deliver:mail:order:1", "mail"),
        }


@pytest.mark.usefixtures("listeners")
def test_what_happened_to_many_at_once_is_told_after_what_happened_to_one(shop: Shop) -> None:
    with shop.writing() as ctx:
        record_events(ctx, "order_created", {f"order:{one}": {"order_id": one} for one in range(2, 32)})
    record(shop)
    with shop.reading() as ctx:
        first = sorted(list_jobs(ctx, limit=100), key=lambda job: (job.priority, job.run_at, job.id))
    assert [job.args["subject"] for job in first[:2]] == ["order:1", "order:1"]
    assert len(first) == 2 * 31


@pytest.mark.usefixtures("listeners")
def test_an_event_rolls_back_with_the_work_that_it_tells_of(shop: Shop) -> None:
    with contextlib.suppress(RuntimeError), shop.writing() as ctx:
        record_event(ctx, "order_created", "order:1", {"order_id": 1})
        raise RuntimeError
    with shop.reading() as ctx:
        assert ctx.session.scalars(select(Event)).all() == []
        assert list_deliveries(ctx) == []
        assert list_jobs(ctx) == []


def test_an_event_that_nobody_listens_to_is_kept_and_makes_no_job(shop: Shop) -> None:
    record(shop)
    with shop.reading() as ctx:
        assert len(ctx.session.scalars(select(Event)).all()) == 1
        assert list_jobs(ctx) == []


def test_a_payload_holds_scalars_only(shop: Shop) -> None:
    with pytest.raises(InvalidValue), shop.writing() as ctx:
        record_event(ctx, "order_created", "order:1", {"order": {"email": "x"}})


@pytest.mark.usefixtures("listeners")
def test_several_events_of_one_subject_make_one_job_per_listener(shop: Shop) -> None:
    record(shop)
    record(shop)
    with shop.reading() as ctx:
        assert (len(list_deliveries(ctx)), len(list_jobs(ctx))) == (4, 2)


@pytest.mark.usefixtures("listeners")
def test_deliveries_are_listed_newest_first_in_pages_by_what_is_wanted(shop: Shop) -> None:
    for subject in ("order:1", "order:2", "order:1"):
        record(shop, subject)
    with shop.reading() as ctx:
        everything = [row.id for row in list_deliveries(ctx)]
        assert everything == sorted(everything, reverse=True)
        assert len(everything) == 6
        page = [row.id for row in list_deliveries(ctx, before_id=everything[1], limit=2)]
        assert page == everything[2:4]
        found = list_deliveries(ctx, plugin="erp", subject="order:1", state="waiting")
        assert [(row.plugin, row.event.subject) for row in found] == [("erp", "order:1")] * 2
        assert list_deliveries(ctx, state="parked") == []


def test_what_a_plugin_has_of_a_rare_state_is_found_without_going_through_all_it_was_told(
    shop: Shop,
) -> None:
    asked = "SELECT id FROM deliveries WHERE plugin = 'erp' AND state = 'skipped' ORDER BY id DESC LIMIT 50"
    with shop.reading() as ctx:
        explain = "EXPLAIN QUERY PLAN"
        if ctx.session.get_bind().dialect.name == "postgresql":
            explain = "EXPLAIN"
            for way in ("seqscan", "bitmapscan", "sort"):  # as among many
                ctx.session.execute(text(f"SET LOCAL enable_{way} = off"))
        plan = str(ctx.session.execute(text(f"{explain} {asked}")).all())
    assert "ix_deliveries_plugin_state_id" in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.usefixtures("listeners")
def test_replaying_a_parked_delivery_gives_it_all_its_attempts_again(shop: Shop) -> None:
    record(shop)
    delivery_id = set_state(shop, "parked")
    with shop.writing() as ctx:
        replay_delivery(ctx, delivery_id)
    with shop.reading() as ctx:
        delivery = ctx.session.get_one(Delivery, delivery_id)
        assert (delivery.state, delivery.attempts, delivery.last_error) == ("waiting", 0, None)


@pytest.mark.usefixtures("listeners")
@pytest.mark.parametrize("verb", [replay_delivery, skip_delivery])
def test_a_delivery_that_was_made_can_be_neither_replayed_nor_skipped(
    shop: Shop, verb: Callable[..., None]
) -> None:
    record(shop)
    delivery_id = set_state(shop, "delivered")
    with pytest.raises(WrongState, match="delivered"), shop.writing() as ctx:
        verb(ctx, delivery_id)


@pytest.mark.parametrize("verb", [replay_delivery, skip_delivery])
def test_a_delivery_that_does_not_exist_is_not_found(shop: Shop, verb: Callable[..., None]) -> None:
    with pytest.raises(NotFound), shop.writing() as ctx:
        verb(ctx, 99)


@pytest.mark.usefixtures("listeners")
@pytest.mark.parametrize(("verb", "state"), [(replay_delivery, "parked"), (skip_delivery, "waiting")])
def test_what_a_person_does_makes_the_job_that_goes_on(
    shop: Shop, verb: Callable[..., None], state: str
) -> None:
    record(shop)
    while claim_job(shop, "somebody", timedelta(minutes=1), {}) is not None:
        pass
    delivery_id = set_state(shop, state)
    with shop.writing() as ctx:
        verb(ctx, delivery_id)
        assert [job.args for job in list_jobs(ctx, state="queued")] == [
            {"plugin": "mail", "subject": "order:1"}
        ]


@pytest.mark.usefixtures("listeners")
@pytest.mark.parametrize("verb", [replay_delivery, skip_delivery])
def test_what_a_person_does_closes_the_problem_of_a_parked_delivery(
    shop: Shop, verb: Callable[..., None]
) -> None:
    record(shop)
    delivery_id = set_state(shop, "parked")
    with shop.writing() as ctx:
        subject = ctx.session.get_one(Delivery, delivery_id).problem_subject
        raise_problem(ctx, "delivery_parked", "mail:order_created", subject, "It could not be told.")
        verb(ctx, delivery_id)
        assert list_problems(ctx.session) == []


def test_event_is_kept_for_a_plugin_that_is_set_aside(shop: Shop) -> None:
    shop.hooks.set_aside.append("broken")
    with shop.writing() as ctx:
        record_event(ctx, "order_created", "order:1", {"order_id": 1})
        (delivery,) = list_deliveries(ctx)
    assert (delivery.plugin, delivery.state) == ("broken", "waiting")
