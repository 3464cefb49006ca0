"""Where the folders are: of this machine, or behind SFTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from errno import EACCES, EDQUOT, ENOSPC, EPERM
from typing import Any, NoReturn

from core.errors import NotConfigured, TemporarilyUnavailable
from plugins.erp_bridge.client.folders import Place, open_local


@contextmanager
def open_place(settings: Mapping[str, Any]) -> Iterator[Place]:
    """The folders, until the end of the block. Raises NotConfigured, TemporarilyUnavailable."""
    try:
        with _open(settings) as place:
            yield place
    except OSError as error:
        raise TemporarilyUnavailable(_say(error)) from error


def _open(settings: Mapping[str, Any]) -> AbstractContextManager[Place]:
    if not settings["host"]:
        return open_local()
    try:
        from plugins.erp_bridge.client.sftp import SftpServer, open_sftp  # few shops need it
    except ImportError as error:
        lack_extra(error)
    names = ("host", "port", "host_key", "user", "password", "private_key")
    return open_sftp(SftpServer(**{name: settings[name] for name in names}))


def _say(error: OSError) -> str:
    """In words, for whoever can mend it; the error's own may quote the name of a file."""
    if error.errno in (EACCES, EPERM):
        return "Entrepot may not do what it has to in one of the folders: give it the permission"
    if error.errno in (ENOSPC, EDQUOT):
        return "there is no space left where the folders are: make room"
    return f"the folders could not be used ({type(error).__name__})"


def lack_extra(error: ImportError) -> NoReturn:
    """Raise NotConfigured: packages that few shops need are not installed."""
    raise NotConfigured(
        "SFTP and UBL that comes back need the extra `erp`: pip install 'entrepot[erp]'"
    ) from error
