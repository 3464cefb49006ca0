"""A shop without any channel, for what commerce does by itself."""

from __future__ import annotations

import pytest

from core.application import Application
from tests.core.commerce.counter import Counter


@pytest.fixture
def counter(app: Application) -> Counter:
    """A shop's counter: place orders, ship, cancel, look."""
    return Counter(app)
