"""A plugin that writes down what it is told, in the transaction in which it is told."""

from __future__ import annotations

from sqlalchemy import Column, MetaData, String, Table, insert, select

from core import Context, Plugin, hookimpl
from core.commerce.orders import Order
from core.commerce.shipments import Shipment
from core.jobs import JobRun, JobType

#: What was told, a row each time; it has no key, so that nothing hides what was told twice.
TOLD = Table("witness_told", MetaData(), Column("hook", String(40)), Column("number", String(64)))
#: Written in place of a hook: the witness raises whenever it is told of this order.
REFUSES = "refuses"
JOB = "witness.look"


class Hooks:
    """Listens when orders come in and packages go out, and has a job of its own."""

    @hookimpl
    def order_created(self, ctx: Context, order: Order) -> None:
        write_down(ctx, "order_created", order.number)

    @hookimpl
    def shipment_completed(self, ctx: Context, shipment: Shipment) -> None:
        write_down(ctx, "shipment_completed", shipment.order.number)

    @hookimpl
    def job_register(self) -> JobType:
        return JobType(JOB, look)


def write_down(ctx: Context, hook: str, number: str) -> None:
    """Remember that the plugin was told, and then raise if this is what it refuses."""
    ctx.session.execute(insert(TOLD).values(hook=hook, number=number))
    refused = select(TOLD).where(TOLD.c.hook == REFUSES, TOLD.c.number == number)
    if ctx.session.execute(refused).first() is not None:
        raise RuntimeError("the witness does not want to hear of it")


def look(run: JobRun) -> None:
    """The job: it leaves a row behind."""
    with run.transaction() as ctx:
        write_down(ctx, JOB, "")


plugin = Plugin("witness", "Witness", "1.0", hooks=Hooks())
