"""The ERP bridge's hook implementations: a switchboard, each body hands on to where the work is done."""

from __future__ import annotations

import click

from core import AdminPages, ApiResources, Context, JobType, NavigationEntry, hookimpl
from core.access import Permission, Scope
from core.commerce.orders import Order, OrderPanel
from plugins.erp_bridge.cli import erp
from plugins.erp_bridge.consumers import names_of_consumers
from plugins.erp_bridge.jobs import JOBS
from plugins.erp_bridge.offering import offer_canceled, offer_created
from plugins.erp_bridge.panels import describe_pickups

_VIEWERS = frozenset({"operator", "read_only"})


@hookimpl
def permission_register() -> list[Permission]:
    """Who sees consumers, and who decides about them."""
    return [
        Permission("erp_bridge.view", "See who picks orders up", _VIEWERS),
        Permission("erp_bridge.manage", "Decide who picks orders up", frozenset({"operator"})),
    ]


@hookimpl
def scope_register() -> Scope:
    """A token for every consumer, or for one."""
    return Scope("pickup", "Pick orders up", names_of_consumers)


@hookimpl
def admin_register() -> AdminPages:
    """The pages about consumers."""
    entry = NavigationEntry("ERP", "erp_bridge.show", "refresh", "erp_bridge.view")
    return AdminPages("erp_bridge", "ERP bridge", "plugins.erp_bridge.admin", (entry,))


@hookimpl
def api_register() -> ApiResources:
    """Picking orders up over REST."""
    return ApiResources("erp_bridge", "ERP bridge", "plugins.erp_bridge.api")


@hookimpl
def job_register() -> list[JobType]:
    """Catching up, and handing over to those who do not fetch."""
    return JOBS


@hookimpl
def cli_register() -> click.Command:
    """Add `entrepot erp`."""
    return erp


@hookimpl
def order_panel_describe(ctx: Context, order: Order) -> OrderPanel | None:
    """Who picked it up, when, and under which reference."""
    return describe_pickups(ctx, order)


@hookimpl
def order_created(ctx: Context, order: Order) -> None:
    """Offer it to whom it may concern."""
    offer_created(ctx, order)


@hookimpl
def order_canceled(ctx: Context, order: Order) -> None:
    """Withdraw it, and tell those who have it."""
    offer_canceled(ctx, order)
