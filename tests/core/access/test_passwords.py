"""Passwords are kept as hashes that take long to guess."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from core.access import passwords
from core.access.passwords import hash_password, verify_password


def test_password_is_kept_as_a_hash_that_takes_memory_and_time(
    strong_hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "HASHER", strong_hasher)
    kept = hash_password("correct horse battery")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert verify_password(kept, "correct horse battery")
    assert not verify_password(kept, "correct horse batterz")
    assert not verify_password(None, "correct horse battery")


def test_hash_of_other_parameters_is_still_understood(strong_hasher: PasswordHasher) -> None:
    assert verify_password(strong_hasher.hash("correct horse battery"), "correct horse battery")
