"""The pages of the ERP bridge: one module per area."""

from plugins.erp_bridge.admin import acting, adding, changing, rehearsing, removing, showing, tokens
from plugins.erp_bridge.admin.blueprint import pages

__all__ = ["acting", "adding", "changing", "pages", "rehearsing", "removing", "showing", "tokens"]
