"""Chance that can be repeated: everything invented comes from dice that a seed has loaded."""

from __future__ import annotations

import random


def dice(seed: int, purpose: str) -> random.Random:
    """The dice of one purpose: the same throws for the same seed, whatever else is thrown."""
    return random.Random(f"{seed}/{purpose}")  # noqa: S311 - made to be repeated, guards nothing
