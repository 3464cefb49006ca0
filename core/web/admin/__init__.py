"""The admin: what operators see and do. One module per area, each with a blueprint named `pages`.

Every view says what it needs: `@needs("orders.ship")`, `@signed_in` or `@public`. One that says nothing
answers nobody.
"""

from __future__ import annotations

from flask import Blueprint


def admin_blueprints() -> list[Blueprint]:
    """The pages of every area."""
    from core.web.admin import (
        accounts,
        audit,
        carriers,
        channel_orders,
        connecting,
        customers,
        deliveries,
        home,
        jobs,
        operators,
        order_actions,
        order_refunding,
        order_settings,
        order_shipping,
        orders,
        plugin_settings,
        plugins,
        problems,
        products,
        profile,
        sign_in,
        statuses,
        stores,
        tokens,
    )

    areas = (
        sign_in, home, orders, channel_orders, order_shipping, order_refunding, order_actions, profile,
        operators, tokens, audit, products, customers, stores, statuses, accounts, connecting,
        order_settings, plugins, plugin_settings, problems, carriers, jobs, deliveries,
    )  # fmt: skip
    return [area.pages for area in areas]
