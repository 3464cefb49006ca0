"""The tables of imports: a file, and the portions of its lines."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.commerce.csv_files import CsvRow
from core.database.base import Base
from core.database.types import EncryptedJson

#: Where an import is.
CHECKING, READY, APPLYING, DONE = "checking", "ready", "applying", "done"
CANCELED, FAILED = "canceled", "failed"
#: Where a portion of it is.
WAITING, CHECKED, APPLIED = "waiting", "checked", "applied"


class FileImport(Base):
    """One file. `kind` is what it is a list of; `state` is where it is between checking and done."""

    __tablename__ = "file_imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    file_name: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20))
    actor: Mapped[str] = mapped_column(String(80))
    lines: Mapped[int]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ImportPortion(Base):
    """Some lines of a file; `plans` is what would come of each, and once it is applied, what came of it."""

    __tablename__ = "file_import_portions"
    __table_args__ = (UniqueConstraint("import_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("file_imports.id"))
    number: Mapped[int]
    last_line: Mapped[int]
    lines: Mapped[int]
    stage: Mapped[str] = mapped_column(String(20))
    rows: Mapped[list[Any]] = mapped_column(EncryptedJson)
    plans: Mapped[list[Any] | None] = mapped_column(EncryptedJson)
    added: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    wrong: Mapped[int] = mapped_column(default=0)

    @property
    def csv_rows(self) -> list[CsvRow]:
        """The lines as they were read."""
        return [CsvRow(line, values, problem) for line, values, problem in self.rows]
