"""Whatever is typed: one sentence, no traceback, no secret, nothing half done."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.command_line import Entrepot

HOSTILE = [
    "",
    " ",
    "-",
    "--",
    "ä" * 300,
    "a" * 10_000,
    "line\nbreak",
    "\x1b[31mred",
    "'; DROP TABLE orders; --",
    "%s%n{0}${HOME}",
    "\u202etfel",
    "\udcff",
]
CALLS = [
    ["orders", "show"],
    ["orders", "status", "1"],
    ["plugins", "enable"],
    ["plugins", "disable"],
    ["settings", "show"],
    ["settings", "set", "guest_checkout"],
    ["stores", "add"],
    ["statuses", "add", "--label", "X", "--like", "pending"],
    ["statuses", "add", "fine", "--like", "pending", "--label"],
    ["products", "import"],
    ["amazon", "explain"],
    ["amazon", "accounts", "test"],
    ["amazon", "sync", "--account"],
    ["amazon", "settings", "show", "--account"],
    ["orders", "list", "--limit"],
]


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_hostile_words_are_refused_in_one_sentence(entrepot: Entrepot, call: list[str]) -> None:
    for word in HOSTILE:
        result = entrepot(*call, word, ENTREPOT_LOG_LEVEL="DEBUG")
        assert "should not happen" not in result.err, word
        if result.status == 0:
            continue
        sentences = [line for line in result.err.splitlines() if not line.startswith("{")]
        assert len(sentences) == 1, (word, result)
        assert sentences[0].startswith("entrepot: ")
        assert "\x1b" not in result.err
        assert (result.status in (1, 2), result.out) == (True, ""), (word, result)


@pytest.mark.parametrize("number", ["9" * 30, "-1", "1e3", "1_000", "٣", "0x1"])
def test_a_limit_that_is_no_number_of_rows_is_wrong_usage(entrepot: Entrepot, number: str) -> None:
    result = entrepot("orders", "list", "--limit", number)
    assert result.status in (0, 2)
    assert "should not happen" not in result.err


def test_more_units_than_any_order_has_are_refused(entrepot: Entrepot, order: Callable[..., str]) -> None:
    words = ["orders", "ship", order(), "--carrier", "DHL", "--tracking", "T", "--line", f"MUG={'9' * 40}"]
    assert "are left to ship" in entrepot.refused(*words)


def test_persons_are_in_no_error_and_no_log_line(entrepot: Entrepot, order: Callable[..., str]) -> None:
    number = order()
    for call in (
        ["orders", "ship", number, "--carrier", "DHL", "--tracking", "T", "--line", "CUP=1"],
        ["orders", "ship", number, "--carrier", "DHL", "--tracking", "T"],
        ["work", "--until-idle"],
        ["orders", "list"],
        ["doctor"],
    ):
        told = entrepot(*call, ENTREPOT_LOG_LEVEL="DEBUG")
        assert "ada@example.com" not in told.out + told.err, call


def test_an_error_that_should_not_happen_is_told_without_its_text(
    entrepot: Entrepot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("hunter2")

    entrepot.secrets.append("hunter2")
    monkeypatch.setattr("core.cli.stores.list_stores", fail)
    assert "should not happen (ZeroDivisionError)" in entrepot.refused("stores", "list")
    logged = entrepot("stores", "list", ENTREPOT_LOG_LEVEL="DEBUG").err
    assert "stores.py" in logged
