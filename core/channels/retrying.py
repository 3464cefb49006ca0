"""Trying again what waits: when stock changes, a product appears or settings are saved."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from core.channels.accounts import AccountMarketplace
from core.channels.channel_orders import ChannelOrder, WaitingFor
from core.channels.importing import import_order
from core.channels.registration import Registry
from core.commerce.catalog import Product
from core.context import Context
from core.errors import NotConfigured
from core.jobs import Defer, JobRun, JobType, enqueue

IMPORT_JOB = "channels.import_order"
NOT_ENABLED = timedelta(minutes=5)


def retry_waiting(ctx: Context, product: Product) -> None:
    """Have every channel order looked at again that waits for this SKU: the core's own `stock_changed`."""
    waiting = select(WaitingFor.channel_order_id).where(WaitingFor.sku == product.sku)
    for channel_order_id in ctx.session.scalars(waiting.order_by(WaitingFor.channel_order_id)):
        enqueue_import(ctx, channel_order_id)


def retry_marketplace(ctx: Context, marketplace: AccountMarketplace) -> None:
    """Have everything that is no order yet looked at again: its settings have changed."""
    ctx.session.execute(
        update(ChannelOrder)
        .where(
            ChannelOrder.account_id == marketplace.account_id,
            ChannelOrder.marketplace == marketplace.marketplace,
            ChannelOrder.order_id.is_(None),
        )
        .values(is_due=True)
    )


def enqueue_import(ctx: Context, channel_order_id: int) -> None:
    """Have one channel order looked at again soon."""
    enqueue(
        ctx,
        IMPORT_JOB,
        {"channel_order_id": channel_order_id},
        lock_key=f"import:{channel_order_id}",
        dedup_key=f"import:{channel_order_id}",
    )


def import_job(registry: Registry) -> JobType:
    """The job that looks at one channel order again; args: `channel_order_id`."""

    def handle(run: JobRun) -> None:
        try:
            import_order(run.transactions, registry, int(run.args["channel_order_id"]))
        except NotConfigured as error:
            raise Defer(NOT_ENABLED, str(error)) from error

    return JobType(IMPORT_JOB, handle, title="Look at a channel order again")
