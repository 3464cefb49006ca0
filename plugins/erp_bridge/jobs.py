"""The background work of the ERP bridge."""

from __future__ import annotations

from core import JobType
from plugins.erp_bridge.consumers import CATCH_UP_JOB, TEND_JOB
from plugins.erp_bridge.offering import catch_up, tend

JOBS = [
    JobType(CATCH_UP_JOB, catch_up, title="Offer a consumer the orders that it has missed"),
    JobType(TEND_JOB, tend, title="Look after those who pick orders up"),
]
