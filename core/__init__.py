"""Entrepot: the order hub. The names that every plugin needs; the rest is in the modules below.

A plugin starts with `from core import Plugin, hookimpl`; `core.hookspecs` lists every hook.
"""

from core.commerce.customers import CustomerDecision, CustomerPolicy
from core.context import Context
from core.jobs import Defer, JobRun, JobType, enqueue
from core.money import Money
from core.plugin import AdminPages, ApiResources, NavigationEntry, Plugin, hookimpl

__version__ = "0.1.0"

__all__ = [
    "AdminPages",
    "ApiResources",
    "Context",
    "CustomerDecision",
    "CustomerPolicy",
    "Defer",
    "JobRun",
    "JobType",
    "Money",
    "NavigationEntry",
    "Plugin",
    "enqueue",
    "hookimpl",
]
