"""What was shipped over there: each shipment is told once, and marked over there when it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.errors import Refused
from plugins.erp_bridge.client.tryton import Record, TrytonClient
from plugins.erp_bridge.mapping.tryton import MARK
from plugins.erp_bridge.mapping.tryton_shipments import shipped_orders
from plugins.erp_bridge.outlets import Returned, Verdict
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
        #: By key: the shipment, and how many of its orders are still to be settled.
        self._records: dict[str, Record] = {}
        self._answers: dict[int, list[str]] = {}
        self._waits: dict[int, int] = {}

    def collect(self) -> Iterable[Returned]:
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
                self._mark(record, str(error))
                continue
            self._waits[record["id"]] = len(found)
            for shipped in found:
                self._records[shipped.key] = record
                yield shipped

    def settle(self, verdict: Verdict) -> None:
        """Mark a shipment as told once all its orders are answered; what was refused says why."""
        record = self._records.pop(verdict.key)
        answers = self._answers.setdefault(record["id"], [])
        answers.append("told" if verdict.error is None else f"refused, {verdict.error}"[:_LONGEST_REASON])
        self._waits[record["id"]] -= 1
        if not self._waits[record["id"]]:
            self._mark(record, "; ".join(dict.fromkeys(answers)))

    def _mark(self, record: Record, text: str) -> None:
        reference = " ".join(filter(None, [record["reference"], _TOLD + text]))
        self._client.write(_SHIPMENT, record["id"], {"reference": reference})


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
