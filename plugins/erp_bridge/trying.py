"""*Test connection*: whether a consumer can be reached, with the settings that it has or might get."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from core.commerce.catalog import list_products
from core.context import Transactions
from core.errors import TemporarilyUnavailable
from core.jobs import safe_error
from core.settings.fields import load_values
from plugins.erp_bridge.consumers import get_consumer
from plugins.erp_bridge.models import PULL
from plugins.erp_bridge.outlets import KnowsProducts, get_kind

#: So many of the shop's products are looked for where an outlet knows products, and named if they lack.
_LOOKED_FOR, _NAMED = 500, 10


def try_outlet(transactions: Transactions, name: str) -> str:
    """Whether a consumer can be reached, in one sentence. Call it outside of any transaction.

    Raises NotFound, and what `try_settings` raises.
    """
    with transactions.reading() as ctx:
        consumer = get_consumer(ctx.session, name)
    if consumer.kind == PULL:
        return f"{name} fetches by itself: there is nothing to reach"
    return try_settings(transactions, consumer.kind, consumer.settings, name)


def try_settings(transactions: Transactions, kind: str, settings: Mapping[str, Any], name: str) -> str:
    """Whether a consumer of this kind and name could be reached with these settings, in one sentence.

    Tells it nothing of any order. Raises InvalidValue for settings that do not fit, else what the outlet
    raises: NotConfigured, AccessDenied, TemporarilyUnavailable.
    """
    with transactions.reading() as ctx:
        skus = [product.sku for product in list_products(ctx.session, _LOOKED_FOR) if product.is_enabled]
    found = get_kind(kind)
    outlet = found.make(load_values(found.schema(), settings), name)
    try:
        with closing(outlet):
            said = outlet.test()
            unknown = outlet.unknown_skus(skus) if isinstance(outlet, KnowsProducts) else ()
    except OSError as error:
        raise TemporarilyUnavailable(f"it cannot be reached ({safe_error(error)})") from error
    if unknown:
        some = ", ".join(unknown[:_NAMED])
        return f"{said} It has no product for {len(unknown)} of your SKUs, which it refuses: {some}"
    return said
