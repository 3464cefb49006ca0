"""The benchmarks run: on shops that are far too small to say anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.asking import Visitor, askings
from bench.pages import compare
from bench.pickups import drain, offer
from bench.seeding import open_shop


def test_pages_are_compared_between_two_shops(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_shop(tmp_path, "sqlite", 100) as small, open_shop(tmp_path, "sqlite", 200) as large:
        compare(small, large, times=1, only=("by itself", "API: jobs"))
    said = capsys.readouterr().out
    assert [line[:30].strip() for line in said.splitlines() if " ms" in line] == [
        "home, by itself",
        "API: jobs",
    ]
    assert "of 2 within 3 times" in said


def test_every_page_that_is_measured_answers_and_what_waits_is_drained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_shop(tmp_path, "sqlite", 400) as shop:
        for ask in askings(Visitor(shop)).values():
            ask()
        waiting, _seconds = offer(shop)
        assert drain(shop, processes=2, servers=1) == waiting > 350
    assert f"orders/s ({waiting} in" in capsys.readouterr().out
