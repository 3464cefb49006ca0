"""`entrepot problems`, `jobs`, `deliveries` and `confirmations`: what waits, and getting it on."""

from __future__ import annotations

from core.jobs import Job, enqueue
from core.problems import raise_problem
from tests.command_line import Entrepot, open_shop


def test_problems_are_listed_ignored_and_reopened(entrepot: Entrepot) -> None:
    live = open_shop(entrepot)
    with live.current().writing("test") as ctx:
        raise_problem(
            ctx, "order_not_reconciled", "DE-1", "order:1", "…", number="DE-1", charges="1", stated="2"
        )
    live.close()
    (found,) = entrepot.json("problems", "list")
    assert found["title"] == "Order DE-1 comes to 1, the channel says 2"
    assert (found["held_up"], found["remedy"]) == ("1 order", "Look at the order")
    number = str(found["id"])
    assert entrepot.json("problems", "ignore", number, "--for-good")["ignored_by"] == "cli"
    assert entrepot.json("problems", "list") == []
    assert [row["id"] for row in entrepot.json("problems", "list", "--ignored")] == [found["id"]]
    entrepot.ok("problems", "reopen", number)
    assert len(entrepot.json("problems", "list")) == 1
    assert "not mended by trying again" in entrepot.refused("problems", "retry", number)
    assert "no longer there" in entrepot.refused("problems", "retry", "999")


def test_failed_job_is_retried_and_canceled(entrepot: Entrepot) -> None:
    live = open_shop(entrepot)
    with live.current().writing("test") as ctx:
        job_id = enqueue(ctx, "channels.poll_account", {"account_id": 1})
        ctx.session.get_one(Job, job_id).state = "failed"
    live.close()
    number = str(job_id)
    (found,) = entrepot.json("jobs", "list", "--state", "failed")
    assert (found["id"], found["title"]) == (job_id, "Read an account's orders")
    assert entrepot.json("jobs", "retry", number)["state"] == "queued"
    assert entrepot.json("jobs", "cancel", number)["state"] == "canceled"
    assert "cannot be canceled" in entrepot.refused("jobs", "cancel", number)


def test_deliveries_and_confirmations_that_are_not_there_are_named(entrepot: Entrepot) -> None:
    assert entrepot.json("deliveries", "list", "--state", "parked") == []
    assert entrepot.json("confirmations", "list") == []
    assert "999" in entrepot.refused("deliveries", "replay", "999")
    assert "999" in entrepot.refused("confirmations", "retry", "999")


def test_work_until_idle_says_what_waits_to_be_tried_again(entrepot: Entrepot) -> None:
    assert entrepot.ok("work", "--until-idle") == ""
    live = open_shop(entrepot)
    with live.current().writing("test") as ctx:
        enqueue(ctx, "channels.poll_account", {"account_id": 1})
    live.close()
    told = entrepot("work", "--until-idle").out
    assert told.startswith("1 job waits to be tried again, the next at ")
    assert "entrepot jobs list --state queued" in told
