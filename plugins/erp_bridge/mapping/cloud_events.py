"""What is told, as a CloudEvent 1.0 in structured mode (https://cloudevents.io)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from plugins.erp_bridge.outlets import Parcel

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
#: What goes before our names of events, as types of several sources meet at a receiver.
_TYPES = "entrepot."
TEST = "test"


def event_of(parcel: Parcel, consumer: str) -> bytes:
    """`entrepot.order.created` and the like: `id` is the idempotency key, `data` the order, whole."""
    event = _envelope(parcel.event, parcel.idempotency_key, consumer, parcel.occurred_at)
    return _written({**event, "subject": str(parcel.order["number"]), "data": parcel.order})


def trial_event(message_id: str, consumer: str, now: datetime) -> bytes:
    """`entrepot.test`, which tells of nothing."""
    return _written({**_envelope(TEST, message_id, consumer, now), "data": {"consumer": consumer}})


def _envelope(kind: str, message_id: str, consumer: str, occurred_at: datetime) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": message_id,
        "source": f"urn:entrepot:consumer:{consumer}",
        "type": _TYPES + kind,
        "time": occurred_at.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
    }


def _written(event: Mapping[str, Any]) -> bytes:
    # In ASCII, because a channel can say half of a surrogate pair, which UTF-8 cannot.
    return json.dumps(event, ensure_ascii=True, separators=(",", ":")).encode()
