"""What a log line may say."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from core.logs import configure_logs, trace_of


@pytest.fixture(autouse=True)
def _forget_the_logs() -> Iterator[None]:
    before = list(logging.getLogger().handlers)
    yield
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = before


def test_log_is_json_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("INFO")
    structlog.get_logger().info("order stored", external_id="302-1")
    structlog.get_logger().debug("not said")
    seen = capsys.readouterr()
    assert seen.out == ""
    assert json.loads(seen.err)["external_id"] == "302-1"


def test_log_strikes_out_secrets_and_persons_however_deep(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("DEBUG")
    structlog.get_logger().warning(
        "mail to mallory@example.com failed",
        access_token="hunter2",
        answer={"buyerName": "hunter2", "rows": [{"refresh_token": "hunter2"}, "to <mallory@example.com>"]},
        status=403,
    )
    text = capsys.readouterr().err
    assert "hunter2" not in text
    assert "mallory" not in text
    assert json.loads(text)["status"] == 403


def test_log_at_a_level_that_there_is_not_is_at_warning(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("loud")
    structlog.get_logger().info("not said")
    structlog.get_logger().warning("said")
    assert json.loads(capsys.readouterr().err)["event"] == "said"


def test_trace_of_an_error_tells_where_and_never_what() -> None:
    try:
        raise ValueError("hunter2")
    except ValueError as error:
        trace = trace_of(error)
    assert trace[-1] == "ValueError"
    assert "in test_trace_of_an_error_tells_where_and_never_what" in trace[0]
    assert "hunter2" not in str(trace)


def test_log_of_libraries_is_for_those_who_ask_and_has_no_values(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs("WARNING")
    logging.getLogger("urllib3").warning("Retrying %s", "hunter2")
    assert capsys.readouterr().err == ""
    configure_logs("INFO")
    logging.getLogger("urllib3").warning("Retrying %s", "hunter2")
    logging.getLogger("urllib3").info("not said")
    assert json.loads(capsys.readouterr().err)["words"] == "Retrying %s"
