"""Every error that Entrepot raises on purpose, named by what the caller should do.

::

    EntrepotError
    ├── Refused                   what was asked cannot be done as it was asked
    │   ├── InvalidValue          a value is wrong; `fields` says which and why
    │   ├── NotFound              there is no such thing
    │   ├── AlreadyExists         there is one already
    │   ├── WrongState            not now: the thing is in a state that forbids it
    │   └── Busy                  somebody else is doing it at this moment
    ├── NotConfigured             the operator must set something up first
    │   ├── PendingMigrations     the database is older than the program
    │   └── WrongSecretKeys       the keys do not open what the database holds
    ├── TemporarilyUnavailable    the same call may work later; `retry_after` may say when
    │   └── QuotaExhausted        the other side's rate allows no further call yet
    ├── AccessDenied              the other side does not accept our credentials
    ├── RejectedByChannel         the other side understood and said no, for good
    └── PluginFailed              a plugin raised; `plugin` names it

Each class has a stable `code` for machines; the message is one plain sentence for people. No message
holds personal data or a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

#: So much of what was typed stands in an error.
_REPEATED = 80


class EntrepotError(Exception):
    """The root: whoever catches this catches everything that was raised on purpose."""

    code = "error"


class Refused(EntrepotError):
    """What was asked cannot be done as it was asked; ask differently."""

    code = "refused"


class InvalidValue(Refused):
    """A value is wrong. `fields` maps a field's name to its complaints, in words."""

    code = "invalid_value"

    def __init__(self, message: str, fields: Mapping[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})


class NotFound(Refused):
    """There is no such thing."""

    code = "not_found"


class AlreadyExists(Refused):
    """There is one already."""

    code = "already_exists"


class WrongState(Refused):
    """The thing is in a state that forbids this."""

    code = "wrong_state"


class Busy(Refused):
    """Another process is doing it at this moment."""

    code = "busy"


class NotConfigured(EntrepotError):
    """The operator must set something up first."""

    code = "not_configured"


class PendingMigrations(NotConfigured):
    """The database is older than the program: `entrepot db upgrade`."""

    code = "pending_migrations"


class WrongSecretKeys(NotConfigured):
    """The keys at hand do not open what the database holds."""

    code = "wrong_secret_keys"


class TemporarilyUnavailable(EntrepotError):
    """The same call may work later; `retry_after` says when, if the other side said so."""

    code = "temporarily_unavailable"

    def __init__(self, message: str, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class QuotaExhausted(TemporarilyUnavailable):
    """The other side's rate allows no further call yet."""

    code = "quota_exhausted"


class AccessDenied(EntrepotError):
    """The other side does not accept our credentials, or they lack a permission."""

    code = "access_denied"


class RejectedByChannel(EntrepotError):
    """The other side understood the request and said no, for good."""

    code = "rejected_by_channel"


class PluginFailed(EntrepotError):
    """A plugin raised while it was asked something that must be answered; `plugin` names it."""

    code = "plugin_failed"

    def __init__(self, plugin: str, hook: str, error: BaseException) -> None:
        super().__init__(f"the plugin {plugin!r} failed in {hook}: {type(error).__name__}")
        self.plugin = plugin
        self.hook = hook


def shorten(typed: str) -> str:
    """As much of what somebody typed as an error says again: whoever typed it knows it by that."""
    return typed if len(typed) <= _REPEATED else f"{typed[:_REPEATED]}…"
