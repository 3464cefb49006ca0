"""Where settings are kept: the present values, secrets apart and encrypted, and every change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base
from core.database.types import EncryptedJson
from core.plugin import SETTING_SCOPES


@dataclass(frozen=True)
class SettingsKey:
    """Whose settings: `owner` is `core` or a plugin, `scope_id` names the account or marketplace.

    The scope `global` has no `scope_id`; the other scopes need one. Raises ValueError otherwise.
    """

    owner: str
    scope: str
    scope_id: str = ""

    def __post_init__(self) -> None:
        if self.scope not in SETTING_SCOPES:
            raise ValueError(f"a scope is one of {', '.join(SETTING_SCOPES)}, not {self.scope!r}")
        if bool(self.scope_id) is (self.scope == "global"):
            raise ValueError(
                f"settings of the scope {self.scope} {'have no' if self.scope_id else 'need a'} scope_id"
            )

    def __str__(self) -> str:
        """`amazon_channel account 7`, for sentences."""
        return " ".join(part for part in (self.owner, self.scope, self.scope_id) if part)


class StoredSettings(Base):
    """The values that were set, in their JSON form by field name; what was never set is not in it.

    `secrets` holds those of the fields that are marked `secret`. `version` counts the changes.
    """

    __tablename__ = "settings"
    __table_args__ = (UniqueConstraint("owner", "scope", "scope_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(40))
    scope: Mapped[str] = mapped_column(String(20))
    scope_id: Mapped[str] = mapped_column(String(100))
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
    secrets: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(100))
    version: Mapped[int]


class SettingsChange(Base):
    """One change: the fields that changed, before and after; of a secret only that it changed."""

    __tablename__ = "settings_history"
    __table_args__ = (Index(None, "owner", "scope", "scope_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(40))
    scope: Mapped[str] = mapped_column(String(20))
    scope_id: Mapped[str] = mapped_column(String(100))
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(100))
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
