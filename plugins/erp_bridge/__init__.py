"""Lets ERP, OMS and WMS pick new orders up, and takes shipments, stock and cancellations back."""

from core import Plugin

plugin = Plugin(
    name="erp_bridge",
    title="ERP bridge",
    version="0.1.0",
    hooks="plugins.erp_bridge.hooks",
    migrations="plugins.erp_bridge.migrations",
)
