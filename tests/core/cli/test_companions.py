"""Processes that end with the one that started them, or by themselves."""

from __future__ import annotations

import os
import subprocess

import pytest

from core.cli.companions import companion


def test_companion_that_ends_by_itself_gives_its_status_and_says_no_more_than_it_did() -> None:
    words = ["/bin/sh", "-c", "echo no port >&2; exit 3"]
    with companion(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.read() == "no port\n"
        assert process.wait(30) == 3


def test_companion_ends_with_the_block_and_is_killed_if_it_does_not_want_to() -> None:
    words = ["/bin/sh", "-c", "trap '' TERM; echo $$; while :; do sleep 0.1; done"]
    with companion(words, patience=0, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        number = int(process.stdout.readline())
        os.kill(number, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)
