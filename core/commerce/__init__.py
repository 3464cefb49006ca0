"""The commerce core: one module per noun, holding its tables and its verbs.

Whoever imports one of them has all tables known, so that none is missing from a migration.
"""

from core.commerce import refunds, telling, views

__all__ = ["refunds", "telling", "views"]
