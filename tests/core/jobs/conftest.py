"""The shop that these tests run in, on a database of each kind."""

from tests.core.jobs.shop import database_url, shop

__all__ = ["database_url", "shop"]
