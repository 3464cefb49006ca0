"""Where the folders are: of this machine, or behind SFTP."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, NoReturn

from core.errors import NotConfigured
from plugins.erp_bridge.client.folders import Place, open_local


def open_place(settings: Mapping[str, Any]) -> AbstractContextManager[Place]:
    """The folders, until the end of the block. NotConfigured, TemporarilyUnavailable and OSError."""
    if not settings["host"]:
        return open_local()
    try:
        from plugins.erp_bridge.client.sftp import SftpServer, open_sftp  # few shops need it
    except ImportError as error:
        lack_extra(error)
    names = ("host", "port", "host_key", "user", "password", "private_key")
    return open_sftp(SftpServer(**{name: settings[name] for name in names}))


def lack_extra(error: ImportError) -> NoReturn:
    """Raise NotConfigured: packages that few shops need are not installed."""
    raise NotConfigured(
        "SFTP and UBL that comes back need the extra `erp`: pip install 'entrepot[erp]'"
    ) from error
