"""The demo: both workflows walked on this machine, each state read from both sides as it is then."""

from plugins.amazon_channel.demo.filling import OPERATOR, add_demo_operator, fill_shop
from plugins.amazon_channel.demo.partner import Partner, open_partner
from plugins.amazon_channel.demo.stage import Stage, open_shop, open_stage
from plugins.amazon_channel.demo.walk import Step, Workflow, walk_both

__all__ = [
    "OPERATOR",
    "Partner",
    "Stage",
    "Step",
    "Workflow",
    "add_demo_operator",
    "fill_shop",
    "open_partner",
    "open_shop",
    "open_stage",
    "walk_both",
]
