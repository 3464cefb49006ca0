"""What needs a person: orders that a consumer has rejected, and consumers that paused themselves."""

from __future__ import annotations

from core.context import Context
from core.problems import raise_problem, resolve_problems
from plugins.erp_bridge.models import Consumer, Pickup

REJECTED, PAUSED_ITSELF = "erp_rejected", "erp_consumer_paused"


def note_rejected(ctx: Context, consumer: Consumer, pickup: Pickup) -> None:
    """Somebody has to look at the order; why it was rejected stands on the consumer's page."""
    number = pickup.order.number
    raise_problem(
        ctx,
        REJECTED,
        consumer.name,
        pickup.order.subject,
        f"{consumer.name} has rejected order {number}: read its reason, mend that, and tell it again",
        consumer=consumer.name,
        number=number,
    )


def note_settled(ctx: Context, consumer: Consumer, pickup: Pickup) -> None:
    """It was taken after all, or is told again."""
    resolve_problems(ctx, pickup.order.subject, [REJECTED], consumer.name)


def note_paused(ctx: Context, consumer: Consumer) -> None:
    """Nothing reaches this consumer until somebody resumes it."""
    raise_problem(
        ctx,
        PAUSED_ITSELF,
        consumer.name,
        _subject(consumer),
        f"{consumer.name} is paused, because it cannot be reached: {consumer.paused_because}",
        consumer=consumer.name,
    )


def note_resumed(ctx: Context, consumer: Consumer) -> None:
    """It goes on."""
    resolve_problems(ctx, _subject(consumer), [PAUSED_ITSELF])


def _subject(consumer: Consumer) -> str:
    return f"erp_consumer:{consumer.id}"
