"""A lifelike Amazon on this machine: for demos, for tests, and for people who write plugins.

It needs nothing of Entrepot. See the README beside this file for what it does and how to steer it.
"""

from .errors import ApiRefusal, NotPossible, SimulatorError, UnknownOrder
from .journal import Confirmation, RequestRecord
from .marketplaces import MARKETPLACES, Marketplace, get_marketplace
from .order_drafts import INVENTED, LineDraft, OrderDraft
from .orders import FulfilledBy, FulfillmentStatus, Order, OrderItem, Package
from .rates import AMAZON_RATES, Rate, Rates
from .sample_data import PRODUCTS
from .sellers import SELLER, Seller
from .server import (
    DEFAULT_PORT,
    RunningSimulator,
    create_simulator,
    run_simulator,
    serve_simulator,
)
from .world import World

__all__ = [
    "AMAZON_RATES",
    "DEFAULT_PORT",
    "INVENTED",
    "MARKETPLACES",
    "PRODUCTS",
    "SELLER",
    "ApiRefusal",
    "Confirmation",
    "FulfilledBy",
    "FulfillmentStatus",
    "LineDraft",
    "Marketplace",
    "NotPossible",
    "Order",
    "OrderDraft",
    "OrderItem",
    "Package",
    "Rate",
    "Rates",
    "RequestRecord",
    "RunningSimulator",
    "Seller",
    "SimulatorError",
    "UnknownOrder",
    "World",
    "create_simulator",
    "get_marketplace",
    "run_simulator",
    "serve_simulator",
]
