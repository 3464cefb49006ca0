"""The core's own reasons not to create an order: what could not be an order at all."""

from __future__ import annotations

from core.commerce.orders.placing import OrderDraft


def complaints_about(draft: OrderDraft) -> list[str]:
    """What is wrong with a draft, in plain words without personal data; empty if nothing is."""
    found = [] if draft.lines else ["an order needs at least one line, and this one has none"]
    for line in draft.lines:
        if line.quantity < 0:
            found.append(f"the line {line.sku} has a quantity below zero ({line.quantity})")
    stated = draft.stated_total
    if stated is not None and stated.currency != draft.currency:
        found.append(f"its total is in {stated.currency}, its lines are in {draft.currency}")
    return found
