"""Postal addresses: the columns that an order's and a customer's address share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from core.database.types import EncryptedText


@dataclass(frozen=True)
class Address:
    """Where something goes. Every field can be missing; `country` is ISO 3166 alpha-2."""

    name: str | None = None
    company: str | None = None
    line1: str | None = None
    line2: str | None = None
    line3: str | None = None
    city: str | None = None
    district: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None
    phone: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether a parcel could be sent there."""
        return all((self.name or self.company, self.line1, self.city, self.country))

    def is_same_place(self, other: Address) -> bool:
        """Whether both name the same door, whatever the case and the telephone number."""
        return self._place() == other._place()

    def _place(self) -> Mapping[str, str]:
        fields = {key: " ".join((value or "").casefold().split()) for key, value in asdict(self).items()}
        fields.pop("phone")
        return fields


class AddressColumns:
    """The columns of an address; what points at a person is encrypted."""

    name: Mapped[str | None] = mapped_column(EncryptedText)
    company: Mapped[str | None] = mapped_column(EncryptedText)
    line1: Mapped[str | None] = mapped_column(EncryptedText)
    line2: Mapped[str | None] = mapped_column(EncryptedText)
    line3: Mapped[str | None] = mapped_column(EncryptedText)
    city: Mapped[str | None] = mapped_column(EncryptedText)
    district: Mapped[str | None] = mapped_column(EncryptedText)
    state: Mapped[str | None] = mapped_column(EncryptedText)
    postal_code: Mapped[str | None] = mapped_column(EncryptedText)
    country: Mapped[str | None] = mapped_column(String(2))
    phone: Mapped[str | None] = mapped_column(EncryptedText)

    def to_address(self) -> Address:
        """The address as a value."""
        return Address(**{name: getattr(self, name) for name in Address.__dataclass_fields__})
