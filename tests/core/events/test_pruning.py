"""What is forgotten of events, and what never is."""

from __future__ import annotations

from datetime import timedelta

from core.events import delivery_job, list_deliveries, prune_events, record_event
from tests.core.jobs.shop import Shop

QUARTER = timedelta(days=90)


def test_events_are_forgotten_a_while_after_everybody_has_heard_of_them(shop: Shop) -> None:
    def refuse(**_arguments: object) -> None:
        raise ValueError("Ann Smith, 1 High Street")

    shop.hooks.listening["order_created"] = {"good": lambda **_arguments: None, "bad": refuse}
    job = delivery_job({"order_created": lambda _ctx, _payload: {}})
    shop.kinds[job.name] = job
    with shop.writing() as ctx:
        record_event(ctx, "order_created", "order:1")
    shop.run()
    with shop.reading() as ctx:
        told = {row.plugin: row for row in list_deliveries(ctx)}
    assert (told["good"].state, told["good"].times_told, told["good"].last_error) == ("delivered", 1, None)
    assert (told["bad"].state, told["bad"].times_told, told["bad"].last_error) == (
        "waiting",
        1,
        "ValueError",
    )
    place = told["bad"].last_place or ""
    assert place.startswith("core/events/test_pruning.py:")
    shop.clock.advance(timedelta(days=91))
    with shop.writing() as ctx:
        assert prune_events(ctx, QUARTER) == 0, "one of them waits still"
    shop.hooks.listening["order_created"]["bad"] = lambda **_arguments: None
    shop.run()
    with shop.writing() as ctx:
        assert prune_events(ctx, QUARTER) == 0, "it was told only now"
    shop.clock.advance(timedelta(days=91))
    with shop.writing() as ctx:
        assert (prune_events(ctx, QUARTER), list_deliveries(ctx)) == (1, [])
