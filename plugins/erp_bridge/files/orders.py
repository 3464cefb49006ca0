"""Orders that are written: each as a UBL document of its own, or several as one CSV file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from core.clock import Clock
from plugins.erp_bridge.client.folders import Place
from plugins.erp_bridge.files.settings import CSV, folders_of, style_of
from plugins.erp_bridge.mapping.control_totals import SUFFIX, totals_of_orders, write_totals
from plugins.erp_bridge.mapping.csv_out import write_orders
from plugins.erp_bridge.mapping.ubl import cancellation_document, order_document
from plugins.erp_bridge.models import Told
from plugins.erp_bridge.outlets import Outcome, Parcel, Refused, Taken


class OrderFiles:
    """The files of the folder for orders."""

    def __init__(self, settings: Mapping[str, Any], clock: Clock) -> None:
        self._folder = folders_of(settings).outgoing
        self._style = style_of(settings)
        self._columns: Mapping[str, str] = settings["columns_out"]
        self._has_totals: bool = settings["write_totals"]
        self._clock = clock
        self.write = self._write_csv if settings["format"] == CSV else self._write_ubl

    def _write_ubl(self, place: Place, parcels: Sequence[Parcel]) -> Iterator[Outcome]:
        for parcel in parcels:
            is_canceled = parcel.event == Told.CANCELED.value
            number = re.sub(r"[^A-Za-z0-9_-]", "-", str(parcel.order["number"]))
            # The same parcel has the same name however often it is told, so that it replaces itself.
            name = f"{'cancellation' if is_canceled else 'order'}-{number}-{_digest(parcel)}.xml"
            try:
                content = (
                    cancellation_document(parcel.order, parcel.idempotency_key)
                    if is_canceled
                    else order_document(parcel.order)
                )
            except ValueError as error:
                yield Refused(parcel.id, f"no UBL can be made of it: {error}")
            else:
                self._write(place, name, content, [parcel])
                yield Taken(parcel.id)

    def _write_csv(self, place: Place, parcels: Sequence[Parcel]) -> Iterator[Outcome]:
        for event, begins in ((Told.CREATED.value, "orders"), (Told.CANCELED.value, "cancellations")):
            written = []
            for parcel in parcels:
                if parcel.event != event:
                    continue
                try:
                    write_orders([parcel], self._columns, self._style)
                except ValueError as error:
                    yield Refused(parcel.id, f"no CSV can be made of it: {error}")
                else:
                    written.append(parcel)
            if written:
                name = f"{begins}-{self._clock.now():%Y%m%dT%H%M%S%fZ}-{_digest(*written)}.csv"
                self._write(place, name, write_orders(written, self._columns, self._style), written)
                yield from (Taken(parcel.id) for parcel in written)

    def _write(self, place: Place, name: str, content: bytes, parcels: Sequence[Parcel]) -> None:
        place.write(self._folder, name, content)
        if self._has_totals:
            totals = write_totals(name, content, totals_of_orders(parcels))
            place.write(self._folder, name + SUFFIX, totals)


def _digest(*parcels: Parcel) -> str:
    """A few letters that tell these parcels from any others."""
    keys = "\n".join(parcel.idempotency_key for parcel in parcels)
    return sha256(keys.encode()).hexdigest()[:8]
