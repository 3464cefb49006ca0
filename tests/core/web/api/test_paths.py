"""Paths: as they were sent, each segment by itself."""

from __future__ import annotations

from typing import Any

import pytest

from core.web.api.paths import Mount, encode_segment


def mounted(environ: dict[str, str]) -> str:
    """Which application was asked, and under which path."""
    asked: list[str] = []

    def app(name: str) -> Any:
        def answer(found: dict[str, Any], _start: Any) -> list[bytes]:
            asked.append(f"{name} {found.get('SCRIPT_NAME', '')} {found['PATH_INFO']}")
            return []

        return answer

    list(Mount(app("pages"), app("api"))(dict(environ), None))
    return asked[0]


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({"PATH_INFO": "/orders/A/1"}, "pages  /orders/A/1"),
        ({"PATH_INFO": "/api/v10"}, "pages  /api/v10"),
        ({"PATH_INFO": "/api/v1"}, "api /api/v1 /"),
        ({"PATH_INFO": "/api/v1/o/A/1", "RAW_URI": "/api/v1/o/A%2F1?x=/"}, "api /api/v1 /o/A%2F1"),
        ({"PATH_INFO": "/api/v1/o/A/1", "REQUEST_URI": "/api/v1/o/A%2f1"}, "api /api/v1 /o/A%2F1"),
        (
            {"PATH_INFO": "/api/v1/orders/A/1", "RAW_URI": "http://shop.example/api/v1/orders/A%2F1"},
            "api /api/v1 /orders/A%2F1",
        ),
        (
            {"SCRIPT_NAME": "/shop", "PATH_INFO": "/api/v1/%6f/A/1", "RAW_URI": "/shop/api/v1/%256f/A%2F1"},
            "api /shop/api/v1 /%256f/A%2F1",
        ),
        ({"PATH_INFO": "/api/v1/orders/A/1"}, "api /api/v1 /orders/A/1"),
        ({"PATH_INFO": "/api/v1/orders/A 1", "RAW_URI": "/elsewhere/A%201"}, "api /api/v1 /orders/A%201"),
        ({"PATH_INFO": "/api/v1/\u00c3\u00bc", "RAW_URI": "/api/v1/%C3%BC"}, "api /api/v1 /%C3%BC"),
    ],
)  # fmt: skip
def test_a_path_is_taken_as_it_was_sent(environ: dict[str, str], found: str) -> None:
    assert mounted(environ) == found


def test_a_segment_is_written_so_that_it_stays_one() -> None:
    assert [encode_segment(text) for text in ("A/1", "..", "ü", "%2F")] == [
        "A%2F1",
        "%2E%2E",
        "%C3%BC",
        "%252F",
    ]
