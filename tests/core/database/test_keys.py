"""The keys of an installation: made once, kept from others, rotated without losing anything."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from core.config import Config
from core.database.keys import KEY_FILE, KeyRing, load_keys
from core.errors import NotConfigured, WrongSecretKeys

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


def config(home: Path, *keys: str) -> Config:
    """A configuration with these keys, or with the key file."""
    return Config(home=home, database_url="sqlite://", secret_keys=keys or None)


def test_key_file_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    token = load_keys(config(home)).encrypt("something")
    assert load_keys(config(home)).decrypt(token) == "something"
    assert (home / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert home.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in home.iterdir()] == [KEY_FILE]


def test_key_file_is_not_made_where_keys_are_configured(tmp_path: Path) -> None:
    load_keys(config(tmp_path, OLD))
    assert list(tmp_path.iterdir()) == []


def make_keys(home: str, barrier: object, queue: object) -> None:
    """In a process of its own: make or read the key file, and encrypt with it."""
    barrier.wait()  # type: ignore[attr-defined]
    queue.put(load_keys(config(Path(home))).encrypt("something"))  # type: ignore[attr-defined]


def test_processes_that_start_at_once_use_the_same_key(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    barrier, queue = spawn.Barrier(4), spawn.Queue()
    processes = [
        spawn.Process(target=make_keys, args=(str(tmp_path / "home"), barrier, queue)) for _ in range(4)
    ]
    for process in processes:
        process.start()
    tokens = [queue.get(timeout=30) for _ in processes]
    for process in processes:
        process.join()
        process.close()
    ring = load_keys(config(tmp_path / "home"))
    assert [ring.decrypt(token) for token in tokens] == ["something"] * 4


def test_first_key_encrypts_and_all_decrypt(tmp_path: Path) -> None:
    before = load_keys(config(tmp_path, OLD)).encrypt("something")
    rotating = load_keys(config(tmp_path, NEW, OLD))
    assert rotating.decrypt(before) == "something"
    after = rotating.encrypt("something")
    assert load_keys(config(tmp_path, NEW)).decrypt(after) == "something"
    with pytest.raises(WrongSecretKeys):
        load_keys(config(tmp_path, OLD)).decrypt(after)


def test_keys_in_a_file_rotate_too(tmp_path: Path) -> None:
    before = KeyRing((OLD,)).encrypt("something")
    (tmp_path / KEY_FILE).write_text(f"{NEW}\n\n  {OLD}\n", "ascii")
    assert load_keys(config(tmp_path)).decrypt(before) == "something"


def test_wrong_keys_say_what_to_set() -> None:
    with pytest.raises(WrongSecretKeys, match="ENTREPOT_SECRET_KEYS"):
        KeyRing((NEW,)).decrypt(KeyRing((OLD,)).encrypt("something"))


def test_blind_index_does_not_depend_on_the_keys() -> None:
    before, after = KeyRing((OLD,)), KeyRing((NEW, OLD))
    for ring in (before, after):
        ring.set_index_key("kept in the database")
    assert before.blind("Mallory@Example.com ") == after.blind("mallory@example.com")
    assert len(after.blind("x")) == 64
    assert before.blind("x") != before.blind("y")
    after.set_index_key("of another database")
    assert before.blind("x") != after.blind("x")


def test_blind_index_before_the_first_upgrade_names_it() -> None:
    with pytest.raises(NotConfigured, match="entrepot db upgrade"):
        KeyRing((OLD,)).blind("x")


@pytest.mark.parametrize("keys", [(), ("short",), (OLD, "short"), ("ä" * 44,)])
def test_keys_that_are_none_are_refused_without_showing_them(keys: tuple[str, ...]) -> None:
    with pytest.raises(NotConfigured) as caught:
        KeyRing(keys)
    assert not any(key in str(caught.value) for key in keys)


def test_keys_are_never_shown() -> None:
    assert OLD not in repr(KeyRing((OLD,)))
