"""`entrepot erp …`."""

from __future__ import annotations

import click

from plugins.erp_bridge.cli.consumers import consumers
from plugins.erp_bridge.cli.pickups import order, pickup, replay, test

erp = click.Group(
    "erp",
    help="ERP, OMS and WMS: who picks orders up, and how far each is.",
    commands=[consumers, pickup, order, replay, test],
)
