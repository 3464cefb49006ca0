"""Stock: what is on hand, what is promised, and every change of either.

Available = on hand less the sum of the reservations. Reservations are an append-only ledger: a release is a
row of its own with the opposite sign. A reservation belongs to a holder, for example `order:12`; what a
holder has reserved counts as available to itself.
"""

from core.commerce.inventory.history import (
    list_movements,
    list_reservations,
)
from core.commerce.inventory.levels import (
    Stock,
    available,
    held_by,
    levels_at,
    lock_stock,
    on_hand,
    stock_of,
)
from core.commerce.inventory.moving import (
    MOST_UNITS,
    Move,
    count_product,
    count_stock,
    move_stock,
    note_moves,
    set_on_hand,
)
from core.commerce.inventory.reserving import (
    carry_over,
    release_reservation,
    release_units,
    reserve_stock,
)
from core.commerce.inventory.tables import (
    DEFAULT_LOCATION,
    Location,
    Reservation,
    StockLevel,
    StockMovement,
)

__all__ = [
    "DEFAULT_LOCATION",
    "MOST_UNITS",
    "Location",
    "Move",
    "Reservation",
    "Stock",
    "StockLevel",
    "StockMovement",
    "available",
    "carry_over",
    "count_product",
    "count_stock",
    "held_by",
    "levels_at",
    "list_movements",
    "list_reservations",
    "lock_stock",
    "move_stock",
    "note_moves",
    "on_hand",
    "release_reservation",
    "release_units",
    "reserve_stock",
    "set_on_hand",
    "stock_of",
]
