"""The pictures in the documents."""

from __future__ import annotations

import subprocess
import sys

from tests.house.source import ROOT


def test_pictures_stay_as_they_are_where_there_is_no_browser() -> None:
    done = subprocess.run(
        [sys.executable, "docs/screenshots.py"], cwd=ROOT, env={"PATH": ""}, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert "there is no Chromium here" in done.stderr


def test_every_picture_is_shown_somewhere() -> None:
    pages = "".join(page.read_text("utf-8") for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")))
    unused = [path.name for path in (ROOT / "docs" / "screenshots").iterdir() if path.name not in pages]
    assert unused == []
    assert (ROOT / "README.md").read_text("utf-8").count("](docs/screenshots/") == 2
