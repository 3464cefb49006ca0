"""Folders behind SFTP, with the server's key known beforehand. Needs the extra `erp`: import it late."""

from __future__ import annotations

import base64
import binascii
import io
import posixpath
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from stat import S_ISDIR, S_ISREG

import paramiko
from paramiko.pkey import UnknownKeyType

from core.errors import NotConfigured, TemporarilyUnavailable
from plugins.erp_bridge.client.folders import MOST_BYTES, PART, Entry, Place, free_name

_SECONDS = 20.0


@dataclass(frozen=True)
class SftpServer:
    """Where it is, its key as in `known_hosts` (`ssh-ed25519 AAAA…`), and who signs in with what."""

    host: str
    port: int
    host_key: str
    user: str
    password: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)


class SftpPlace:
    """Folders of a server."""

    def __init__(self, client: paramiko.SFTPClient) -> None:
        self._client = client

    def entries(self, folder: str) -> Sequence[Entry]:
        """The files in a folder."""
        try:
            found = self._client.listdir_attr(folder)
        except FileNotFoundError:
            raise _no_folder(folder) from None
        files = [each for each in found if each.st_mode is not None and S_ISREG(each.st_mode)]
        return sorted((_entry(each.filename, each) for each in files), key=lambda entry: entry.name)

    def find(self, folder: str, name: str) -> Entry | None:
        """One file, if it is there."""
        try:
            status = self._client.lstat(posixpath.join(folder, name))
        except FileNotFoundError:
            return None
        return _entry(name, status) if status.st_mode is not None and S_ISREG(status.st_mode) else None

    def read(self, folder: str, name: str) -> bytes:
        """What is in a file."""
        with self._client.open(posixpath.join(folder, name), "rb") as file:
            return bytes(file.read(MOST_BYTES + 1))

    def write(self, folder: str, name: str, content: bytes) -> None:
        """Through a file of another name."""
        part, whole = (posixpath.join(folder, each) for each in (f".{name}{PART}", name))
        try:
            self._client.putfo(io.BytesIO(content), part, confirm=True)
        except FileNotFoundError:
            raise _no_folder(folder) from None
        except OSError:
            with suppress(OSError, EOFError, paramiko.SSHException):
                self._client.remove(part)  # if the line was cut it stays, and is written anew the next time
            raise
        self._rename_over(part, whole)

    def move(self, name: str, source: str, target: str) -> str:
        """By renaming."""
        free = free_name(self, target, name)
        self._client.rename(posixpath.join(source, name), posixpath.join(target, free))
        return free

    def remove(self, folder: str, name: str) -> None:
        """Delete a file."""
        self._client.remove(posixpath.join(folder, name))

    def make(self, folder: str) -> None:
        """Make the last part of a path."""
        try:
            status = self._client.stat(folder)
        except FileNotFoundError:
            try:
                self._client.mkdir(folder)
            except FileNotFoundError:
                raise _no_folder(posixpath.dirname(folder)) from None
        else:
            if status.st_mode is not None and not S_ISDIR(status.st_mode):
                raise NotConfigured(f"{folder} is no folder: name another one")

    def _rename_over(self, source: str, target: str) -> None:
        """Not every server can replace a file while it renames; then what is there goes first."""
        try:
            self._client.posix_rename(source, target)
        except OSError:
            with suppress(FileNotFoundError):
                self._client.remove(target)
            self._client.rename(source, target)


@contextmanager
def open_sftp(server: SftpServer) -> Iterator[Place]:
    """Sign in. NotConfigured for a wrong key or credentials, TemporarilyUnavailable if nobody answers."""
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    named = server.host if server.port == 22 else f"[{server.host}]:{server.port}"
    try:
        kind, key = read_host_key(server.host_key)
        client.get_host_keys().add(named, kind, paramiko.PKey.from_type_string(kind, key))
    except (ValueError, paramiko.SSHException, UnknownKeyType) as error:
        raise NotConfigured(
            "the key of the SFTP server cannot be read: it is what ssh-keyscan writes, ssh-ed25519 AAAA…"
        ) from error
    try:
        try:
            client.connect(
                server.host, server.port, server.user, server.password or None,
                pkey=_private_key(server.private_key), timeout=_SECONDS, banner_timeout=_SECONDS,
                auth_timeout=_SECONDS, channel_timeout=_SECONDS, allow_agent=False, look_for_keys=False,
            )  # fmt: skip
            files = client.open_sftp()
            channel = files.get_channel()
            if channel is not None:
                channel.settimeout(_SECONDS)
        except paramiko.BadHostKeyException as error:
            raise NotConfigured(
                "the SFTP server has another key than the one that is set: make sure that it is the right "
                "server, then set its key"
            ) from error
        except paramiko.AuthenticationException as error:
            raise NotConfigured(
                "the SFTP server accepts neither this user nor these credentials: correct them"
            ) from error
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise TemporarilyUnavailable(f"the SFTP server could not be reached: {_say(error)}") from error
        try:
            yield SftpPlace(files)
        except (paramiko.SSHException, OSError, EOFError) as error:
            transport = client.get_transport()
            if isinstance(error, OSError) and transport is not None and transport.is_active():
                raise  # of a file, and not of the connection
            name = type(error).__name__
            raise TemporarilyUnavailable(f"the connection to the SFTP server broke ({name})") from error
    finally:
        client.close()


def read_host_key(text: str) -> tuple[str, bytes]:
    """`ssh-ed25519 AAAA…`, as `ssh-keyscan` writes it, with or without the host before it. ValueError."""
    parts = text.split()
    for kind, encoded in pairwise(parts):
        with suppress(binascii.Error, ValueError):
            key = base64.b64decode(encoded, validate=True)
            if key[4:].startswith(kind.encode()):
                return kind, key
    raise ValueError("a server's key is written as ssh-keyscan writes it: ssh-ed25519 AAAA…")


def _private_key(text: str) -> paramiko.PKey | None:
    if not text.strip():
        return None
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        with suppress(paramiko.SSHException, ValueError, IndexError):
            return kind.from_private_key(io.StringIO(text.strip() + "\n"))
    raise NotConfigured("the private key cannot be read: it is an OpenSSH or PEM key without a passphrase")


def _entry(name: str, status: paramiko.SFTPAttributes) -> Entry:
    return Entry(name, status.st_size or 0, status.st_mtime or 0)


def _no_folder(folder: str) -> NotConfigured:
    return NotConfigured(f"there is no folder {folder} on the SFTP server: make it, or name another one")


def _say(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    return "it did not answer in time" if isinstance(error, TimeoutError) else type(error).__name__
