"""What an import will do with each line of its file, told before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TextIO

from sqlalchemy.orm import Session

from core.commerce.csv_files import CsvRow, mark_repeats, read_csv
from core.context import Context
from core.errors import InvalidValue

ADDED, CHANGED, UNCHANGED, WRONG = "added", "changed", "unchanged", "wrong"
OUTCOMES = (ADDED, CHANGED, UNCHANGED, WRONG)
_SHOWN = 20


@dataclass(frozen=True)
class LinePlan:
    """What comes of one line.

    key       what people know the thing by: a SKU, an email address
    changes   by field, what it is and what it becomes, as text; nothing before for what is added
    reasons   why the line is wrong
    """

    line: int
    key: str = field(repr=False)
    outcome: str
    changes: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict, repr=False)
    reasons: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For keeping, and for people who read JSON."""
        return {
            "line": self.line,
            "key": self.key,
            "outcome": self.outcome,
            "changes": {name: list(pair) for name, pair in self.changes.items()},
            "reasons": list(self.reasons),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> LinePlan:
        """What `as_json` wrote."""
        changes = {name: (before, after) for name, (before, after) in value["changes"].items()}
        return cls(value["line"], value["key"], value["outcome"], changes, tuple(value["reasons"]))


class Importer(Protocol):
    """A kind of thing that comes from CSV files."""

    @property
    def kind(self) -> str:
        """The plural of what is imported: `products`."""
        ...

    @property
    def columns(self) -> Sequence[str]:
        """Every column that a file may have."""
        ...

    @property
    def required(self) -> str:
        """The one that it must have."""
        ...

    @property
    def together(self) -> bool:
        """Whether lines that follow each other may be of the same thing."""
        ...

    def key_of(self, values: Mapping[str, str]) -> str:
        """What lines of the same thing have in common; empty if nothing can be told."""
        ...

    def plan(self, session: Session, rows: Sequence[CsvRow]) -> list[LinePlan]:
        """What would come of each line now."""
        ...

    def apply(self, ctx: Context, rows: Sequence[CsvRow]) -> list[LinePlan]:
        """Carry out every line that is not wrong; what came of each."""
        ...


def rows_of(importer: Importer, file: TextIO) -> list[CsvRow]:
    """The lines of a file. Raises InvalidValue for a file that is no list of these things."""
    try:
        rows = read_csv(file, importer.columns, importer.required)
        return list(mark_repeats(rows, importer.key_of, together=importer.together))
    except UnicodeDecodeError as error:
        raise InvalidValue("the file is not a text file in UTF-8: save it as CSV in UTF-8") from error


def count_outcomes(plans: Iterable[LinePlan]) -> dict[str, int]:
    """How many lines come to what, every outcome named."""
    counted = Counter(plan.outcome for plan in plans)
    return {outcome: counted[outcome] for outcome in OUTCOMES}


def import_whole(ctx: Context, importer: Importer, file: TextIO) -> dict[str, int]:
    """Carry out a CSV file, all of it or nothing; how many lines came to what, by outcome.

    Raises InvalidValue with line numbers and reasons if anything is wrong: the transaction has to be rolled
    back then.
    """
    plans = importer.apply(ctx, rows_of(importer, file))
    refuse_wrong(plans)
    return count_outcomes(plans)


def refuse_wrong(plans: Sequence[LinePlan]) -> None:
    """Raise InvalidValue if a line is wrong, with the first of them."""
    reasons = [(plan.line, reason) for plan in plans for reason in plan.reasons]
    if not reasons:
        return
    shown = [f"line {line}: {reason}" for line, reason in reasons[:_SHOWN]]
    if len(reasons) > _SHOWN:
        shown.append(f"and {len(reasons) - _SHOWN} more")
    fields: dict[str, list[str]] = {}
    for line, reason in reasons[:_SHOWN]:
        fields.setdefault(f"line {line}", []).append(reason)
    raise InvalidValue("nothing was imported: " + "; ".join(shown), fields)
