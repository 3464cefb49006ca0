"""A real SFTP server on loopback, whose files lie in a folder."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from errno import EACCES
from pathlib import Path
from typing import Any, ClassVar

import paramiko

USER, PASSWORD = "erp", "hush"


@dataclass(frozen=True)
class RunningSftp:
    """Where it listens, and its key as `ssh-keyscan` writes it.

    cuts  after so many bytes the line is cut while a file is being written: once for each
    """

    port: int
    host_key: str
    cuts: list[int]


class _SignIn(paramiko.ServerInterface):
    def check_auth_password(self, username: str, password: str) -> int:
        is_right = (username, password) == (USER, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if is_right else paramiko.AUTH_FAILED

    def check_channel_request(self, _kind: str, _number: int) -> int:
        return paramiko.OPEN_SUCCEEDED


def _answered(work: Any) -> Any:
    """What it gives, or the number of what went wrong."""
    try:
        return work()
    except OSError as error:
        return paramiko.SFTPServer.convert_errno(error.errno or 0)


def _done(work: Any) -> int:
    found = _answered(work)
    return found if isinstance(found, int) else paramiko.SFTP_OK


class _Handle(paramiko.SFTPHandle):
    """An open file, which may lose its line."""

    def __init__(self, flags: int, cuts: list[int], cut: Callable[[], None]) -> None:
        super().__init__(flags)
        self._cuts = cuts
        self._cut = cut

    def write(self, offset: int, data: bytes) -> int:
        """As many bytes as come through."""
        if not self._cuts:
            return int(super().write(offset, data))
        super().write(offset, data[: self._cuts.pop()])
        self._cut()
        return paramiko.SFTP_FAILURE


class _Files(paramiko.SFTPServerInterface):
    """Paths of the client are paths below `root`."""

    root = Path()
    cuts: ClassVar[list[int]] = []
    transports: ClassVar[list[paramiko.Transport]] = []

    def _at(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def list_folder(self, path: str) -> Any:
        def attributes(each: os.DirEntry[str]) -> paramiko.SFTPAttributes:
            return paramiko.SFTPAttributes.from_stat(each.stat(follow_symlinks=False), each.name)

        return _answered(lambda: [attributes(each) for each in os.scandir(self._at(path))])

    def stat(self, path: str) -> Any:
        return _answered(lambda: paramiko.SFTPAttributes.from_stat(self._at(path).stat()))

    def lstat(self, path: str) -> Any:
        return _answered(lambda: paramiko.SFTPAttributes.from_stat(self._at(path).lstat()))

    def open(self, path: str, flags: int, _attributes: Any) -> Any:
        def opened() -> paramiko.SFTPHandle:
            at, mode = (self._at(path), 0o400) if flags == os.O_RDONLY else (self._at(path).parent, 0o200)
            if not at.stat().st_mode & mode:
                raise PermissionError(EACCES, "as it is for anybody but root")
            handle = _Handle(flags, self.cuts, lambda: self.transports[-1].close())
            file = os.fdopen(os.open(self._at(path), flags, 0o600), "r+b" if flags & os.O_RDWR else "rb")
            handle.filename, handle.readfile, handle.writefile = path, file, file
            return handle

        if flags & os.O_WRONLY:
            flags = flags & ~os.O_WRONLY | os.O_RDWR
        return _answered(opened)

    def remove(self, path: str) -> int:
        return _done(self._at(path).unlink)

    def rename(self, old: str, new: str) -> int:
        if self._at(new).exists():
            return paramiko.SFTP_FAILURE
        return _done(lambda: self._at(old).rename(self._at(new)))

    def posix_rename(self, old: str, new: str) -> int:
        return _done(lambda: self._at(old).replace(self._at(new)))

    def mkdir(self, path: str, _attributes: Any) -> int:
        return _done(self._at(path).mkdir)


@contextmanager
def serve_sftp(root: Path) -> Iterator[RunningSftp]:
    """Serve a folder until the end of the block."""
    key = paramiko.ECDSAKey.generate()
    cuts: list[int] = []
    transports: list[paramiko.Transport] = []
    files = type("Files", (_Files,), {"root": root, "cuts": cuts, "transports": transports})
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                transport = paramiko.Transport(client)
                transport.add_server_key(key)
                transport.set_subsystem_handler("sftp", paramiko.SFTPServer, files)
                transports.append(transport)
                transport.start_server(event=threading.Event(), server=_SignIn())  # in a thread of its own

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield RunningSftp(listener.getsockname()[1], f"{key.get_name()} {key.get_base64()}", cuts)
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)
    for transport in transports:
        transport.close()
