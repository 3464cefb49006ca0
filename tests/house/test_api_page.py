"""The commands of the page for integrators, each run as it stands there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from core.access import CORE_SCOPES, add_token
from core.testing import make_application, make_order
from tests.core.web.api.serving import serve_api
from tests.house.source import ROOT

PAGE = (ROOT / "docs" / "api.md").read_text("utf-8")


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_every_command_of_the_page_does_what_it_says(tmp_path: Path) -> None:
    scripts = [text for text in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) if "curl" in text]
    commands = sum(text.count("curl ") for text in scripts)
    live = make_application(tmp_path / "shop")
    app = live.current()
    with app.writing("test") as ctx:
        token = add_token(ctx, "ERP", [scope.key for scope in CORE_SCOPES], app.scopes)[1]
    assert [make_order(live), make_order(live)] == ["1000001", "1000002"]
    statuses = []
    with serve_api(live) as url:
        for script in scripts:
            text = script.replace("curl -s", "curl -s -w '%{http_code}\\n'")
            done = subprocess.run(
                ["sh", "-e", "-c", text],
                env={"API": url, "TOKEN": token, "PATH": "/usr/bin:/bin"},
                capture_output=True, text=True, check=True, timeout=60,
            )  # fmt: skip
            for line in done.stdout.splitlines():
                json.loads(line[:-3])
                statuses.append(int(line[-3:]))
    live.close()
    assert len(statuses) == commands >= 12
    assert set(statuses) == {200, 201}


def test_the_page_names_every_scope() -> None:
    assert [scope.key for scope in CORE_SCOPES if f"`{scope.key}`" not in PAGE] == []
