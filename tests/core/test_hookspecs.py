"""Every hook, implemented by a plugin of another distribution, called by what really happens."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from core import CustomerPolicy
from core.access import add_token, find_token, permissions_of
from core.application import LiveApplication
from core.commerce.catalog import create_product
from core.commerce.customers import Buyer, create_customer
from core.commerce.orders import (
    DraftLine,
    OrderRefused,
    can_cancel,
    cancel_order,
    cancel_reasons,
    get_order,
    panels_of,
    record_cancellation,
)
from core.commerce.refunds import refund_order
from core.commerce.shipments import PackageContents, ship_order
from core.commerce.stores import get_store
from core.errors import InvalidValue
from core.jobs import enqueue
from core.testing import install_plugin, make_application, make_order, run_jobs

RECORDER = """
import click
from core import CustomerDecision, CustomerPolicy, JobType, Plugin, hookimpl
from core.access import Permission, Scope
from core.channels.registration import Channel
from core.commerce.orders import OrderActions, OrderPanel, PanelEntry, Reason

plugin = Plugin("recorder", "Recorder", "1.0", hooks="recorder")
told = []

@hookimpl
def channel_register():
    return [Channel("corner", "Corner shop", "recorder", None, None, "Corner", "corner.invalid", "Cash")]

@hookimpl
def customer_policy_register():
    return CustomerPolicy("everybody_is_first", "Everybody is the first customer")

@hookimpl
def permission_register():
    return Permission("recorder.listen", "Listen to records", frozenset({"packer"}))

@hookimpl
def scope_register():
    return Scope("records", "Read records", lambda session: ["jazz", "blues"])

@hookimpl
def job_register():
    return JobType("recorder.note", lambda run: told.append(("job", run.args["word"])))

@hookimpl
def cli_register():
    return click.Command("record", help="Record.")

@hookimpl
def customer_resolve(ctx, request):
    return CustomerDecision.existing(1) if request.policy == "everybody_is_first" else None

@hookimpl
def order_number_assign(ctx, request):
    return "R-1" if request.source == "recorder" else None

@hookimpl
def order_actions_describe(ctx, order):
    reasons = (Reason("whim", "A whim"),)
    refusal = None if order.channel == "corner" else "not here"
    return OrderActions(refusal, refusal, reasons, reasons)

@hookimpl
def order_cancellation_ask(ctx, order, reason):
    told.append(("order_cancellation_ask", order.number, reason))
    return True

@hookimpl
def order_validate(ctx, draft):
    return [f"no {line.sku}, please" for line in draft.lines if line.sku.startswith("BAD")]

@hookimpl
def order_panel_describe(ctx, order):
    if order.channel == "corner":
        raise LookupError("which corner?")
    return OrderPanel("Records", [PanelEntry("b-side", "Played", "Loud", "done", order.created_at)])

@hookimpl
def order_created(ctx, order):
    told.append(("order_created", order.number, order.status))

@hookimpl
def order_canceled(ctx, order, reason):
    told.append(("order_canceled", order.number, reason))

@hookimpl
def order_refunded(ctx, order, refund):
    told.append(("order_refunded", order.number, str(refund.amount), refund.reason))

@hookimpl
def shipment_completed(ctx, shipment):
    told.append(("shipment_completed", shipment.order.number, shipment.packages[0].tracking_number))

@hookimpl
def stock_changed(ctx, product):
    told.append(("stock_changed", product.sku))
"""


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveApplication]:
    """An application in which the recorder runs, and nothing else."""
    with install_plugin(tmp_path, "recorder", {"recorder.py": RECORDER}):
        live = make_application(tmp_path, enabled=["recorder"])
        yield live
        live.close()


def told() -> list[tuple[str, ...]]:
    """What the recorder has been told so far."""
    found: list[tuple[str, ...]] = import_module("recorder").told
    return found


def test_channel_register_adds_a_channel(live: LiveApplication) -> None:
    channel = live.current().registry.get_channel("corner")

    assert (channel.title, channel.plugin) == ("Corner shop", "recorder")


def test_customer_policy_register_offers_a_policy(live: LiveApplication) -> None:
    policies = live.current().registry.policies

    assert policies == {
        "everybody_is_first": CustomerPolicy("everybody_is_first", "Everybody is the first customer")
    }


def test_permission_register_adds_what_roles_may_do(live: LiveApplication) -> None:
    known = live.current().permissions

    assert "recorder.listen" in permissions_of("owner", known) & permissions_of("packer", known)
    assert "recorder.listen" not in permissions_of("operator", known)


def test_scope_register_adds_what_tokens_may_do(live: LiveApplication) -> None:
    app = live.current()
    with app.writing("test") as ctx:
        token, text = add_token(ctx, "jukebox", ["records:blues", "orders:read"], app.scopes)
        found = find_token(ctx.session, text)

        assert found is token
        assert token.scopes == ["orders:read", "records:blues"]
        with pytest.raises(InvalidValue, match="recordings"):
            add_token(ctx, "other", ["recordings"], app.scopes)
        with pytest.raises(InvalidValue, match="there are: records:blues, records:jazz"):
            add_token(ctx, "other", ["records:rock"], app.scopes)


def test_job_register_adds_a_kind_of_work(live: LiveApplication) -> None:
    with live.current().writing("test") as ctx:
        enqueue(ctx, "recorder.note", {"word": "hello"})

    run_jobs(live)

    assert told() == [("job", "hello")]


def test_cli_register_adds_a_command(live: LiveApplication) -> None:
    brought = live.current().hooks.contributions("cli_register")

    assert [(plugin, command.name) for plugin, command in brought] == [("recorder", "record")]


def test_customer_resolve_decides_whose_order_it_is(live: LiveApplication) -> None:
    with live.current().writing("test") as ctx:
        first = create_customer(
            ctx, get_store(ctx.session, "default").id, Buyer("Ada", "ada@example.com"), "test"
        ).id

    number = make_order(live, customer_policy="everybody_is_first", buyer=Buyer("Bea", "bea@example.com"))

    with live.current().reading() as ctx:
        assert get_order(ctx.session, number).customer_id == first


def test_order_number_assign_gives_the_number(live: LiveApplication) -> None:
    assert make_order(live, number_source="recorder") == "R-1"
    assert make_order(live, number_source="store") == "1000001"


def test_order_validate_refuses_with_every_complaint(live: LiveApplication) -> None:
    with pytest.raises(OrderRefused) as refused:
        make_order(live, lines=(DraftLine("BAD-1", "", 1), DraftLine("BAD-2", "", 1)))

    assert refused.value.complaints == ["Recorder: no BAD-1, please", "Recorder: no BAD-2, please"]


def test_order_created_is_told_after_the_commit(live: LiveApplication) -> None:
    number = make_order(live)
    assert told() == []

    run_jobs(live)

    assert told() == [("order_created", number, "processing")]


def test_order_canceled_is_told_with_its_reason(live: LiveApplication) -> None:
    number = make_order(live)
    with live.current().writing("test") as ctx:
        cancel_order(ctx, get_order(ctx.session, number), "customer_asked")

    run_jobs(live)

    assert told()[-1] == ("order_canceled", number, "customer_asked")


def test_order_refunded_is_told_with_amount_and_reason(live: LiveApplication) -> None:
    number = make_order(live)
    with live.current().writing("test") as ctx:
        refund_order(ctx, get_order(ctx.session, number), None, "returned")

    run_jobs(live)

    assert told()[-1] == ("order_refunded", number, "10.0000", "returned")


def test_order_actions_describe_says_what_a_channels_order_allows(live: LiveApplication) -> None:
    number = make_order(live, channel="corner")
    elsewhere = make_order(live, channel="elsewhere")
    with live.current().reading() as ctx:
        assert can_cancel(ctx, get_order(ctx.session, number)) is None
        assert can_cancel(ctx, get_order(ctx.session, elsewhere)) == "not here"
        assert [reason.code for reason in cancel_reasons(ctx, get_order(ctx.session, number))] == ["whim"]


def test_order_cancellation_ask_holds_the_order_until_the_channel_has_answered(
    live: LiveApplication,
) -> None:
    number = make_order(live, channel="corner")
    with live.current().writing("test") as ctx:
        order = get_order(ctx.session, number)
        assert not cancel_order(ctx, order, "whim")
        assert order.status == "on_hold"
        record_cancellation(ctx, order, "whim")

    run_jobs(live)

    assert told()[0] == ("order_cancellation_ask", number, "whim")
    assert told()[-1] == ("order_canceled", number, "whim")


def test_order_panel_describe_shows_what_a_plugin_knows_and_a_failure_shows_nothing(
    live: LiveApplication,
) -> None:
    numbers = [make_order(live), make_order(live, channel="corner")]
    with live.current().reading() as ctx:
        found = [panels_of(ctx, get_order(ctx.session, number)) for number in numbers]

    assert [[panel.title for panel in panels] for panels in found] == [["Records"], []]
    assert found[0][0].entries[0].name == "b-side"


def test_shipment_completed_is_told_once_per_shipment(live: LiveApplication) -> None:
    number = make_order(live, lines=(DraftLine("MUG", "A mug", 2),))
    for tracking in ("T-1", "T-2"):
        with live.current().writing("test") as ctx:
            order = get_order(ctx.session, number)
            ship_order(ctx, order, [PackageContents("DHL", tracking, {order.lines[0].id: 1})])

    run_jobs(live)

    assert told()[1:] == [("shipment_completed", number, "T-1"), ("shipment_completed", number, "T-2")]


def test_stock_changed_is_told_of_a_product_that_has_appeared(live: LiveApplication) -> None:
    with live.current().writing("test") as ctx:
        create_product(ctx, "MUG", "A mug")

    run_jobs(live)

    assert told() == [("stock_changed", "MUG")]
