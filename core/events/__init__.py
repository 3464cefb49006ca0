"""The outbox: what happened, who must hear it, its delivery, replay and skip."""

from core.events.delivering import Loader, OnParked, delivery_job
from core.events.models import Delivery, DeliveryState, Event
from core.events.pruning import prune_events
from core.events.recording import (
    DELIVER,
    count_open_deliveries,
    get_event,
    list_deliveries,
    record_event,
    record_events,
    replay_delivery,
    resume_deliveries,
    skip_delivery,
)

__all__ = [
    "DELIVER",
    "Delivery",
    "DeliveryState",
    "Event",
    "Loader",
    "OnParked",
    "count_open_deliveries",
    "delivery_job",
    "get_event",
    "list_deliveries",
    "prune_events",
    "record_event",
    "record_events",
    "replay_delivery",
    "resume_deliveries",
    "skip_delivery",
]
