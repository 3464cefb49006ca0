"""Whole words of encrypted names, as blind hashes, so that a name can be found by any of them.

Those of orders, of which there can be a million, have a table of their own.
"""

from __future__ import annotations

import re

from sqlalchemy import Index, String, delete
from sqlalchemy.orm import Mapped, mapped_column

from core.context import Context
from core.database.base import Base
from core.database.types import BlindIndex

_WORD = re.compile(r"\w+")


class NameWord(Base):
    """One word of the name of one thing: `subject` is for example `customer:7`."""

    __tablename__ = "name_words"
    __table_args__ = (Index("ix_name_words_word", "word", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(40), index=True)
    word: Mapped[str] = mapped_column(BlindIndex)


def words_of(name: str | None) -> list[str]:
    """The words of a name that it can be found by, each once."""
    return sorted(set(_WORD.findall((name or "").casefold())))


def index_words(ctx: Context, subject: str, name: str | None) -> None:
    """Make the subject findable by each word of this name, and by no other."""
    ctx.session.execute(delete(NameWord).where(NameWord.subject == subject))
    for word in words_of(name):
        ctx.session.add(NameWord(subject=subject, word=word))
