"""Passwords: hashed with argon2, at least twelve characters."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.errors import InvalidValue

SHORTEST, LONGEST = 12, 256
#: Slow on purpose. What it takes is written into every hash, so it may change.
HASHER = PasswordHasher()


def check_password_rules(password: str, email: str = "") -> str:
    """The password, if it is good enough. Raises InvalidValue, without repeating it."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidValue(
            f"a password has {SHORTEST} to {LONGEST} characters; several words in a row are a good one",
            {"password": [f"takes {SHORTEST} to {LONGEST} characters"]},
        )
    if len(set(password)) < 5 or password.casefold() == email.casefold():
        raise InvalidValue(
            "this password is too easy to guess: choose one with more different characters that is not "
            "your email address",
            {"password": ["is too easy to guess"]},
        )
    return password


def hash_password(password: str) -> str:
    """A salted hash, with its parameters in it."""
    return HASHER.hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether they belong together; without a hash it takes as long to say no."""
    try:
        HASHER.verify(password_hash or _hash_of_nothing(), password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


@cache
def _hash_of_nothing() -> str:
    return hash_password("nobody has this password")
