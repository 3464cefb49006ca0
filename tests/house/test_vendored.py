"""What is vendored is what its page says, byte by byte, and nothing is asked of elsewhere."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

VENDOR = Path(__file__).parents[2] / "core" / "web" / "static" / "vendor"


def test_vendored_files_are_those_that_their_page_names() -> None:
    page = (VENDOR / "README.md").read_text("utf-8")
    named = dict(re.findall(r"\| `([^`]+)` \|.*\| `([0-9a-f]{64})` \|", page))
    found = {file.name: sha256(file.read_bytes()).hexdigest() for file in VENDOR.iterdir()}
    found.pop("README.md")
    assert found == named


def test_styles_load_nothing_from_elsewhere() -> None:
    for file in VENDOR.parent.rglob("*.css"):
        loaded = re.findall(r"url\(\s*[\"']?(?!data:)([^\"')]+)|@import", file.read_text("utf-8"))
        assert loaded == [], file.name
