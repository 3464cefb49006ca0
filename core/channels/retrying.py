"""Trying again what waits: when stock changes, a product appears or settings are saved."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from core.channels.accounts import ACTIVE, Account, AccountMarketplace
from core.channels.channel_orders import ChannelOrder, WaitingFor, due_channel_orders
from core.channels.importing import import_order
from core.channels.registration import Registry
from core.commerce.catalog import Product
from core.context import Context
from core.errors import NotConfigured
from core.jobs import Defer, JobRun, JobType, enqueue

IMPORT_JOB = "channels.import_order"
RETRY_JOB = "channels.retry_account"
NOT_ENABLED = timedelta(minutes=5)


def retry_waiting(ctx: Context, product: Product) -> None:
    """Have every channel order looked at again that waits for this SKU: the core's own `stock_changed`."""
    waiting = select(WaitingFor.channel_order_id).where(WaitingFor.sku == product.sku)
    for channel_order_id in ctx.session.scalars(waiting.order_by(WaitingFor.channel_order_id)):
        enqueue_import(ctx, channel_order_id)


def retry_marketplace(ctx: Context, marketplace: AccountMarketplace) -> None:
    """Have everything that is no order yet looked at again soon: its settings have changed."""
    ctx.session.execute(
        update(ChannelOrder)
        .where(
            ChannelOrder.account_id == marketplace.account_id,
            ChannelOrder.marketplace == marketplace.marketplace,
            ChannelOrder.order_id.is_(None),
        )
        .values(is_due=True)
    )
    retry_account(ctx, marketplace.account)


def retry_account(ctx: Context, account: Account) -> None:
    """Have everything of an account looked at again soon that changed or waits."""
    key = f"retry:{account.id}"
    enqueue(ctx, RETRY_JOB, {"account_id": account.id}, lock_key=key, dedup_key=key)


def enqueue_import(ctx: Context, channel_order_id: int) -> None:
    """Have one channel order looked at again soon."""
    enqueue(
        ctx,
        IMPORT_JOB,
        {"channel_order_id": channel_order_id},
        lock_key=f"import:{channel_order_id}",
        dedup_key=f"import:{channel_order_id}",
    )


def retry_account_job(registry: Registry) -> JobType:
    """The job that looks at everything again that is due; args: `account_id`.

    An account that is paused, or whose plugin is not enabled, is left alone until it goes on.
    """

    def handle(run: JobRun) -> None:
        with run.transaction() as ctx:
            account = ctx.session.get_one(Account, int(run.args["account_id"]))
            if account.state != ACTIVE or account.channel not in registry.channels:
                return
            due = due_channel_orders(ctx.session, account.id)
        for channel_order_id, _external_id in due:
            import_order(run.transactions, registry, channel_order_id)

    return JobType(RETRY_JOB, handle, title="Look again at what waits")


def import_job(registry: Registry) -> JobType:
    """The job that looks at one channel order again; args: `channel_order_id`."""

    def handle(run: JobRun) -> None:
        try:
            import_order(run.transactions, registry, int(run.args["channel_order_id"]))
        except NotConfigured as error:
            raise Defer(NOT_ENABLED, str(error)) from error

    return JobType(IMPORT_JOB, handle, title="Look at a channel order again")
