"""A process that books what has come back from a consumer, until somebody kills it.

collecting_process.py URL HOME CONSUMER_ID
"""

from __future__ import annotations

import sys
from pathlib import Path

from core.application import LiveApplication
from core.jobs import JobRun
from plugins.erp_bridge.sending import send
from tests.databases import make_config


def main(url: str, home: str, consumer_id: str) -> None:
    """One turn."""
    live = LiveApplication(make_config(Path(home), url))
    send(JobRun(0, "collect", {"consumer_id": int(consumer_id)}, 1, 1, live.current()))


if __name__ == "__main__":
    main(*sys.argv[1:])
