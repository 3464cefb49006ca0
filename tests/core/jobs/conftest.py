"""The shop that these tests run in, on a database of each kind."""

from tests.core.jobs.shop import shop

__all__ = ["shop"]
