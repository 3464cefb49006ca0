"""For people who write plugins: a shop to test in, made in a second and thrown away.

Nothing in here is a mock: the application, the database, the jobs and the way in which a plugin is found
are the real ones.
"""

from core.clock import SetClock
from core.testing.applications import make_application, run_jobs
from core.testing.channels import open_account, sync_account
from core.testing.distributions import install_plugin
from core.testing.orders import make_order

__all__ = [
    "SetClock",
    "install_plugin",
    "make_application",
    "make_order",
    "open_account",
    "run_jobs",
    "sync_account",
]
