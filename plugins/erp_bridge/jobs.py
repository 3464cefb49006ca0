"""The background work of the ERP bridge."""

from __future__ import annotations

from core import JobType
from plugins.erp_bridge.consumers import CATCH_UP_JOB, SEND_JOB, TEND_JOB
from plugins.erp_bridge.offering import catch_up
from plugins.erp_bridge.sending import send, tend

JOBS = [
    JobType(CATCH_UP_JOB, catch_up, title="Offer a consumer the orders that it has missed"),
    JobType(SEND_JOB, send, title="Hand orders over to a consumer"),
    JobType(TEND_JOB, tend, title="Look after those who pick orders up"),
]
