"""The demo: both workflows walked on this machine, each state read from both sides as it is then."""

from plugins.amazon_channel.demo.stage import Stage, open_stage
from plugins.amazon_channel.demo.walk import Step, Workflow, walk_both

__all__ = ["Stage", "Step", "Workflow", "open_stage", "walk_both"]
