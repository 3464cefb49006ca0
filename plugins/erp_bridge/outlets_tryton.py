"""The outlet `tryton`: orders become confirmed sales in Tryton, and what is shipped there comes back."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any

from core.errors import NotConfigured, TemporarilyUnavailable
from core.errors import Refused as RefusedError
from plugins.erp_bridge.client.tryton import TrytonClient, TrytonFailed
from plugins.erp_bridge.mapping.tryton import strike_persons
from plugins.erp_bridge.outlets import (
    Arrival,
    Outcome,
    OutletKind,
    Parcel,
    Refused,
    Settled,
    Taken,
    Verdict,
)
from plugins.erp_bridge.tryton.checks import what_is_missing
from plugins.erp_bridge.tryton.lookups import Lookups
from plugins.erp_bridge.tryton.sales import Sales
from plugins.erp_bridge.tryton.settings import TrytonSettings
from plugins.erp_bridge.tryton.shipments import Shipments

_CANCELED = "order.canceled"


class TrytonOutlet:
    """One consumer's Tryton."""

    def __init__(self, settings: Mapping[str, Any], consumer: str) -> None:
        self._settings = settings
        self._client = TrytonClient(settings["url"], settings["database"], settings["key"])
        self._lookups = Lookups(self._client, settings)
        self._sales = Sales(self._client, self._lookups, settings)
        self._shipments = Shipments(self._client, self._lookups, settings)

    def deliver(self, parcels: Sequence[Parcel]) -> Iterable[Outcome]:
        """Book each, looking first whether it is booked already."""
        _ = self._lookups.company
        for parcel in parcels:
            yield self._deliver(parcel)

    def collect(self) -> Generator[Arrival | Settled]:
        """What has left with a tracking number and is not marked as told."""
        return self._shipments.collect()

    def settle(self, verdicts: Sequence[Verdict]) -> None:
        """Mark the shipment over there."""
        self._shipments.settle(verdicts)

    def test(self) -> str:
        """Look at all that booking needs. Raises NotConfigured with everything that is missing."""
        missing = what_is_missing(self._client, self._lookups, self._settings)
        if missing:
            raise NotConfigured(f"Tryton answers, but {'; '.join(missing)}")
        return "Tryton answers, and has all that orders need."

    def unknown_skus(self, skus: Sequence[str]) -> list[str]:
        """Those of our products that cannot be sold over there."""
        _ = self._lookups.company
        return self._lookups.unknown_skus(skus)

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def _deliver(self, parcel: Parcel) -> Outcome:
        act = self._sales.cancel if parcel.event == _CANCELED else self._sales.book
        try:
            return Taken(parcel.id, act(parcel.order))
        except RefusedError as error:
            return Refused(parcel.id, strike_persons(str(error), parcel.order))
        except TrytonFailed as error:
            if not self._is_alive():
                raise
            return Refused(parcel.id, str(error))

    def _is_alive(self) -> bool:
        """Whether Tryton answers otherwise: then it is this order that it breaks over."""
        try:
            self._client.find("company.company", [], ["id"], limit=1)
        except TemporarilyUnavailable:
            return False
        return True


TRYTON = OutletKind(
    key="tryton",
    title="Tryton",
    schema=TrytonSettings,
    make=TrytonOutlet,
    collects=True,
)
