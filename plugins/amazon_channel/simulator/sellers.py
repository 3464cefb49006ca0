"""Who sells at the simulated Amazon, and the credentials they call it with."""

from __future__ import annotations

from dataclasses import dataclass, field

from .marketplaces import MARKETPLACES


@dataclass(frozen=True)
class Seller:
    """A seller account with the credentials of its one application.

    ``marketplaces`` are marketplace ids; an order without a marketplace goes to the first.
    """

    seller_id: str
    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    marketplaces: tuple[str, ...] = tuple(MARKETPLACES)


SELLER = Seller(
    seller_id="A1SIMULATED0SELLER",
    client_id="amzn1.application-oa2-client.simulator",
    client_secret="amzn1.oa2-cs.v1.simulator",  # noqa: S106 - opens nothing but simulators
    refresh_token="Atzr|simulator",  # noqa: S106 - the same
)
"""The seller that every world begins with. Unlike a real one it sells in all regions at once."""


def numbered_seller(number: int, marketplaces: tuple[str, ...]) -> Seller:
    """One more seller, with credentials of its own."""
    return Seller(
        seller_id=f"A1SIMULATED{number}SELLER",
        client_id=f"amzn1.application-oa2-client.simulator-{number}",
        client_secret=f"amzn1.oa2-cs.v1.simulator-{number}",
        refresh_token=f"Atzr|simulator-{number}",
        marketplaces=marketplaces,
    )
