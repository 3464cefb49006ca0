"""How Amazon and we spell where an order stands."""

from __future__ import annotations

from core.channels import listing

_OURS = {
    "PENDING_AVAILABILITY": listing.PENDING_AVAILABILITY,
    "PENDING": listing.PENDING,
    "UNSHIPPED": listing.UNSHIPPED,
    "PARTIALLY_SHIPPED": listing.PARTIALLY_SHIPPED,
    "SHIPPED": listing.SHIPPED,
    "CANCELLED": listing.CANCELED,
    "UNFULFILLABLE": listing.UNFULFILLABLE,
}
_AMAZONS = {ours: theirs for theirs, ours in _OURS.items()}


def our_status(theirs: str) -> str:
    """`PARTIALLY_SHIPPED` → `PartiallyShipped`; a word that is not known stays as it came."""
    return _OURS.get(theirs, theirs)


def amazon_status(ours: str) -> str:
    """`PartiallyShipped` → `PARTIALLY_SHIPPED`; a word that is not known stays as it came."""
    return _AMAZONS.get(ours, ours)
