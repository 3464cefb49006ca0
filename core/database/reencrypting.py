"""Writing what is encrypted anew with the newest key, in portions, while the shop runs.

Columns are found in the database itself: a plugin that is disabled has encrypted values too, and its mapped
classes are not imported. Blind indexes stay as they are, because their key is kept in the database.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Engine,
    LargeBinary,
    MetaData,
    RowMapping,
    Table,
    bindparam,
    func,
    inspect,
    select,
    tuple_,
    update,
)

from core.database.engine import reader
from core.database.keys import KeyRing
from core.database.types import keys_of
from core.errors import WrongSecretKeys

PORTION = 200  # a tenth of a second, for which nobody else writes to SQLite
_LOOK_AGAIN_SECONDS = 0.5
_OF = "of_"  # before the name of a column that says which row is meant


@dataclass(frozen=True)
class Progress:
    """How far one table is.

    seen     of its `rows` so many were looked at
    written  so many of them were under an older key, and are not any more
    """

    table: str
    rows: int
    seen: int
    written: int


def reencrypt_tables(engine: Engine, portion: int = PORTION) -> Iterator[Progress]:
    """Bring every encrypted value under the newest key; tells the progress after each `portion` of rows.

    A portion is a transaction of its own, so this can end anywhere and start again: what is done is only
    looked at. It never waits for a row that somebody else is changing, but comes back to it. Raises
    WrongSecretKeys, with the table, for a value that no key opens.
    """
    inspector = inspect(engine)
    for name in sorted(inspector.get_table_names()):
        if any(isinstance(column["type"], LargeBinary) for column in inspector.get_columns(name)):
            yield from _Renewal(engine, Table(name, MetaData(), autoload_with=engine), portion).run()


class _Renewal:
    """The walk through one table, in the order of its primary key."""

    def __init__(self, engine: Engine, table: Table, portion: int) -> None:
        self._engine, self._table, self._portion = engine, table, portion
        self._keys: KeyRing = keys_of(engine.dialect)
        self._names = [column.name for column in table.primary_key]
        self._identity = tuple_(*table.primary_key)
        self._encrypted = [column.name for column in table.columns if isinstance(column.type, LargeBinary)]
        self._rows = select(*(table.c[name] for name in [*self._names, *self._encrypted]))
        self._update = (
            update(table)
            .where(*(table.c[name] == bindparam(f"{_OF}{name}") for name in self._names))
            .values({name: bindparam(name) for name in self._encrypted})
        )

    def run(self) -> Iterator[Progress]:
        """Walk as often as rows were held by somebody else."""
        with reader(self._engine).connect() as connection:
            rows = connection.scalar(select(func.count()).select_from(self._table)) or 0
        written, was_held = 0, True
        while was_held:
            seen, was_held = 0, False
            for portion in self._portions():
                old = [row for row in portion if self._is_older(row)]
                renewed = self._write(old) if old else 0
                seen, written = seen + len(portion), written + renewed
                was_held = was_held or renewed < len(old)
                yield Progress(self._table.name, max(rows, seen), seen, written)
            if was_held:
                time.sleep(_LOOK_AGAIN_SECONDS)

    def _portions(self) -> Iterator[Sequence[RowMapping]]:
        page = self._rows.order_by(*self._table.primary_key).limit(self._portion)
        behind = page
        while True:
            with reader(self._engine).connect() as connection:
                portion = connection.execute(behind).mappings().all()
            if not portion:
                return
            yield portion
            behind = page.where(self._identity > self._id_of(portion[-1]))

    def _write(self, old: Sequence[RowMapping]) -> int:
        """Renew those of these rows that nobody else is changing; gives how many."""
        ids = [self._id_of(row) for row in old]
        held = self._rows.where(self._identity.in_(ids)).with_for_update(skip_locked=True)
        with self._engine.begin() as connection:
            rows = connection.execute(held).mappings().all()
            if rows:
                connection.execute(self._update, [self._renewed(row) for row in rows])
        return len(rows)

    def _id_of(self, row: RowMapping) -> tuple[Any, ...]:
        return tuple(row[name] for name in self._names)

    def _is_older(self, row: RowMapping) -> bool:
        return any(self._keys.is_older(bytes(row[name] or b"")) for name in self._encrypted)

    def _renewed(self, row: RowMapping) -> dict[str, Any]:
        """What `_update` needs: which row, and every encrypted value of it under the newest key."""
        values = {name: row[name] for name in self._encrypted}
        try:
            for name, value in values.items():
                if value is not None and self._keys.is_older(bytes(value)):
                    values[name] = self._keys.renew(bytes(value))
        except WrongSecretKeys as error:
            raise WrongSecretKeys(f"in the table {self._table.name}: {error}") from error
        return values | {f"{_OF}{name}": row[name] for name in self._names}
