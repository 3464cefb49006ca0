"""What was shipped over there: each shipment is told once, and marked over there when it was."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from core.errors import Refused
from plugins.erp_bridge.client.tryton import Record, TrytonClient
from plugins.erp_bridge.mapping.tryton import MARK
from plugins.erp_bridge.mapping.tryton_shipments import shipped_orders
from plugins.erp_bridge.outlets import Arrival, Returned, Settled, Verdict
from plugins.erp_bridge.tryton.lookups import Lookups
from plugins.erp_bridge.tryton.settings import choices_of

_SHIPMENT = "stock.shipment.out"
#: Where a shipment's own reference says that it was told. It is documented for what others call it.
_TOLD = f"{MARK}: "
_LONGEST_REASON = 200
_FIELDS = (
    "number", "reference", "shipping_reference", "carrier.party.name", "packages.shipping_reference",
    "packages.parent", "outgoing_moves.quantity", "outgoing_moves.unit.digits", "outgoing_moves.package",
    "outgoing_moves.product.code", "outgoing_moves.sale.reference", "outgoing_moves.sale.description",
)  # fmt: skip


class Shipments:
    """Shipments of one company over there that hold something of our sales."""

    def __init__(self, client: TrytonClient, lookups: Lookups, settings: Mapping[str, Any]) -> None:
        self._client = client
        self._lookups = lookups
        self._settings = settings
        self._choices = choices_of(settings)
        #: What became of the orders of the shipment that was collected last.
        self._verdicts: list[Verdict] = []

    def collect(self) -> Generator[Arrival | Settled]:
        """Those that left with a tracking number and were not told yet."""
        domain = [
            ["company", "=", self._lookups.company],
            ["state", "in", ["shipped", "done"]],
            ["moves.sale.description", "like", f"{MARK}%"],
            ["OR", ["shipping_reference", "!=", None], ["packages.shipping_reference", "!=", None]],
            ["OR", ["reference", "=", None], ["reference", "not like", f"%{_TOLD}%"]],
        ]
        if self._choices.prefix:
            domain.append(["moves.sale.reference", "like", f"{_escaped(self._choices.prefix)}%"])
        for record in self._client.walk(_SHIPMENT, domain, _FIELDS):
            try:
                found = shipped_orders(record, self._choices, self._settings["default_carrier"])
            except Refused as error:
                yield _settled(_arrival(record), [str(error)])
                self._mark(record, str(error))
                continue
            if not found:
                continue
            self._verdicts = []
            arrival = _arrival(record, found)
            yield arrival
            if len(self._verdicts) == len(found):
                errors = [verdict.error for verdict in self._verdicts]
                yield _settled(arrival, [error for error in errors if error])
                self._mark(record, "; ".join(dict.fromkeys(map(_answer, errors))))

    def settle(self, verdicts: Sequence[Verdict]) -> None:
        """Keep them: the shipment is marked as told once all its orders are answered."""
        self._verdicts += verdicts

    def _mark(self, record: Record, text: str) -> None:
        reference = " ".join(filter(None, [record["reference"], _TOLD + text]))
        self._client.write(_SHIPMENT, record["id"], {"reference": reference})


def _answer(error: str | None) -> str:
    """What the mark says of one order."""
    return "told" if error is None else f"refused, {error}"[:_LONGEST_REASON]


def _arrival(record: Record, returned: Sequence[Returned] = ()) -> Arrival:
    return Arrival(f"shipment {record['number']}", returned)


def _settled(arrival: Arrival, errors: Sequence[str]) -> Settled:
    why = "; ".join(dict.fromkeys(errors))
    return Settled(arrival, f"the {arrival.source} was not booked: {why}" if why else None)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
