"""`make demo ARGS='--erp tryton'`: the same two workflows, and what happened in Tryton."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.plugins.amazon_channel.cli.test_demo import AMAZON, KEYS, MERCHANT

ROOT = Path(__file__).resolve().parents[4]
KEYS_OF_A_STEP = ["step", "what", *KEYS[1:]]


def test_the_demo_ships_from_tryton_and_tells_what_happened_there() -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ENTREPOT_")}
    done = subprocess.run(
        [sys.executable, "-m", "core.cli", "demo", "--once", "--json", "--erp", "tryton"],
        cwd=ROOT, env=inherited, capture_output=True, text=True, timeout=170, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert list(told) == ["workflows", "erp"]
    keys = ("step", "amazon", "channel_order", "order", "on_orders_tab")
    for workflow, expected in zip(told["workflows"], (MERCHANT, AMAZON), strict=True):
        assert [tuple(step[key] for key in keys) for step in workflow["steps"]] == expected
        assert all(list(step) == KEYS_OF_A_STEP for step in workflow["steps"])
    merchant, amazon = told["erp"]["orders"]
    assert merchant["order_number"] == told["workflows"][0]["steps"][-1]["order_number"]
    assert merchant["total"] == {"amount": "29.80", "currency": "EUR"}
    (shipment,) = merchant["shipments"]
    assert shipment["tracking_numbers"] == ["JD014600003888000001"]
    assert (shipment["state"], shipment["note"]) == ("done", "Entrepot: told")
    assert (amazon["sale"], amazon["shipments"]) == (None, []), "the merchant does not ship it"
