"""The installation's keys: they encrypt personal data and secrets, and make them findable."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from core.config import Config
from core.errors import NotConfigured, WrongSecretKeys

KEY_FILE = "secret.keys"
_FERNET = b"gAAAA"  # how everything begins that Fernet has encrypted


class KeyRing:
    """Encrypts with the first key, decrypts with all; hashes with the database's own index key.

    The index key is random, kept in the database, itself encrypted: so it survives when keys rotate.
    """

    def __init__(self, keys: tuple[str, ...]) -> None:
        try:
            each = [Fernet(key) for key in keys]
            self._fernet, self._newest = MultiFernet(each), each[0]
        except (ValueError, TypeError, IndexError) as error:
            raise NotConfigured(
                "a secret key is 32 random bytes in URL-safe base64: `entrepot` makes one in "
                f"{KEY_FILE} when ENTREPOT_SECRET_KEYS is not set"
            ) from error
        self._index_key: bytes | None = None

    def __repr__(self) -> str:
        return "KeyRing(…)"

    def set_index_key(self, key: str) -> None:
        """Use this key, as text, for blind indexes from now on."""
        self._index_key = key.encode()

    def encrypt(self, text: str) -> bytes:
        """Encrypt with the newest key."""
        return self._fernet.encrypt(text.encode())

    def decrypt(self, token: bytes) -> str:
        """Decrypt with whichever key fits. Raises WrongSecretKeys if none does."""
        try:
            return self._fernet.decrypt(token).decode()
        except InvalidToken as error:
            raise _wrong_keys() from error

    def is_older(self, value: bytes) -> bool:
        """Whether this was encrypted, and with another key than the newest one."""
        if not value.startswith(_FERNET):
            return False
        try:
            self._newest.extract_timestamp(value)  # looks at the signature only
        except InvalidToken:
            return True
        return False

    def renew(self, token: bytes) -> bytes:
        """The same, encrypted with the newest key. Raises WrongSecretKeys if no key opens it."""
        try:
            return self._fernet.rotate(token)
        except InvalidToken as error:
            raise _wrong_keys() from error

    def blind(self, text: str) -> str:
        """A keyed hash, 64 hex digits, that does not tell case or spaces around apart."""
        if self._index_key is None:
            raise NotConfigured("the database has no index key yet: run `entrepot db upgrade`")
        return hmac.new(self._index_key, text.strip().casefold().encode(), sha256).hexdigest()

    def derive(self, purpose: str) -> bytes:
        """A key for one purpose, the same in every process on this database."""
        return bytes.fromhex(self.blind(f"key for {purpose}"))


def load_keys(config: Config, is_set_up: Callable[[], bool] = lambda: False) -> KeyRing:
    """The keys of the configuration, else of the key file, which is made on first start.

    The file holds a key a line and is readable by its owner only. `is_set_up` tells whether the database
    was written with keys already: then none are made. Raises NotConfigured for keys that are none, and for
    a file that can be neither read nor made; WrongSecretKeys where the keys of the database are missing.
    """
    if config.secret_keys:
        return KeyRing(config.secret_keys)
    make_home(config.home)
    path = config.home / KEY_FILE
    try:
        if not path.exists():
            if is_set_up() and not path.exists():  # another process may have set it up meanwhile
                raise WrongSecretKeys(
                    f"the secret keys of this database are missing: restore its key file {path}, or set "
                    "ENTREPOT_SECRET_KEYS to the keys that it was written with"
                )
            _make_key_file(path)
        text = path.read_bytes().decode("ascii", errors="replace")
    except OSError as error:
        raise NotConfigured(
            f"the key file {path} can be neither read nor made ({error.strerror}): "
            "set ENTREPOT_SECRET_KEYS, or ENTREPOT_HOME to another folder"
        ) from error
    return KeyRing(tuple(line.strip() for line in text.splitlines() if line.strip()))


def _wrong_keys() -> WrongSecretKeys:
    return WrongSecretKeys(
        "the secret keys do not open this database: set ENTREPOT_SECRET_KEYS (or the key "
        f"file {KEY_FILE}) to the ones that it was written with"
    )


def make_home(home: Path) -> None:
    """Make the folder of the shop if there is none. Raises NotConfigured where that cannot be done."""
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise NotConfigured(
            f"the folder {home} cannot be made ({error.strerror}): set ENTREPOT_HOME to another"
        ) from error


def _make_key_file(path: Path) -> None:
    """Write a new key whole, so that of two processes that start at once both read the same one."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(Fernet.generate_key() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
