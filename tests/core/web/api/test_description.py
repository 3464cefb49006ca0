"""The description of the API: for programs, for people, and true."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.application import LiveApplication
from core.testing import make_application, run_jobs
from plugins.erp_bridge.consumers import NewConsumer, add_consumer
from tests.core.web.api.conftest import EVERYTHING, Api, make_token
from tests.core.web.api.serving import serve_api

#: What a schema cannot say, such as how many units are left to ship, is said by 422; and 412 is asked for.
CONFIG = """
[parameters]
"path.consumer" = "erp"

[[operations]]
include-method = "POST"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", 401, 403, 404, 409, 422]

[[operations]]
include-method-regex = "PUT|PATCH"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", 401, 403, 404, 409, 412, 422]
"""


@pytest.fixture
def shop_api(tmp_path: Path) -> Api:
    """The API of a shop with some of everything."""
    live = make_application(tmp_path / "shop", enabled=["erp_bridge"])
    api = Api(live, make_token(live, [*EVERYTHING, "pickup"]))
    with live.current().writing("test") as ctx:
        add_consumer(ctx, NewConsumer("erp", lease_seconds=5))
    for _ in range(3):
        api.order()
    api.product("AB-1", on_hand=5)
    run_jobs(live)
    return api


@pytest.mark.timeout(300)
def test_every_answer_is_as_it_is_described(shop_api: Api, tmp_path: Path) -> None:
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    with serve_api(shop_api.live) as url:
        done = subprocess.run(
            [
                sys.executable, "-m", "schemathesis.cli", "--config-file", config, "run",
                f"{url}/openapi.json", "--checks", "all", "--max-examples", "4", "--seed", "1",
                "--header", f"Authorization: Bearer {shop_api.token}", "--no-color",
            ],
            cwd=tmp_path, capture_output=True, text=True, check=False, env={**os.environ, "CI": "1"},
        )  # fmt: skip
    shop_api.live.close()
    assert done.returncode == 0, done.stdout[-8000:]
    assert "✅ Coverage" in " ".join(done.stdout.split())


def test_money_and_times_are_described_as_what_they_are(api: Api) -> None:
    found = api.get("/openapi.json", Authorization="")
    assert (found.status, found["openapi"], found["servers"]) == (200, "3.1.0", [{"url": "/api/v1"}])
    schemas = found["components"]["schemas"]
    assert schemas["Money"]["properties"]["amount"] | {"description": ""} == {
        "type": "string", "format": "decimal", "description": "",
    }  # fmt: skip
    assert schemas["Order"]["properties"]["created_at"] == {"type": "string", "format": "date-time"}
    assert {"$ref": "#/components/schemas/Buyer"} in schemas["Order"]["properties"]["buyer"]["anyOf"]


def test_what_is_always_there_is_described_as_such(shop_api: Api) -> None:
    found = shop_api.get("/openapi.json")
    schemas = found["components"]["schemas"]
    assert set(schemas["Order"]["required"]) == set(schemas["Order"]["properties"])
    assert schemas["Problem"]["required"] == ["code", "detail", "status", "title", "type"]
    assert schemas["CountBody"]["required"] == ["on_hand"]
    assert "default" not in schemas["CountBody"]["properties"]["note"]
    assert "409" in found["paths"]["/pickup/{consumer}"]["get"]["responses"]  # while it is paused
    shipped = found["paths"]["/orders/{number}/shipments"]["post"]["responses"]["201"]
    assert set(shipped["headers"]) == {"Idempotency-Replayed", "Location"}


def test_every_operation_is_described_in_words_with_its_scope(api: Api) -> None:
    paths = api.get("/openapi.json")["paths"]
    operations = [one for item in paths.values() for name, one in item.items() if name != "parameters"]
    assert len(operations) >= 20
    for one in operations:
        assert one["summary"].endswith(".")
        assert one["security"][0]["token"]
        assert {"401", "403", "404", "429"} <= set(one["responses"])


def test_the_reference_needs_no_token_and_no_script(live: LiveApplication) -> None:
    client = Api(live, make_token(live)).client
    page = client.get("/api/v1/", headers={"Host": "localhost"})
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert "<script" not in page.text
    assert "style=" not in page.text
    for words in ("/orders/{number}/shipments", "shipments:write", "Tell that packages have left."):
        assert words in page.text
    style = client.get("/static/reference.css", headers={"Host": "localhost"})
    assert style.status_code == 200
    style.close()
