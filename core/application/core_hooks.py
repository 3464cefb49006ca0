"""What plugins can contribute, and the core's own answers to hooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from core.access import CORE_PERMISSIONS, CORE_SCOPES, Permission, Scope
from core.channels.registration import Channel
from core.channels.retrying import retry_waiting
from core.commerce.catalog import Product
from core.commerce.customers import CustomerPolicy
from core.commerce.orders import OrderDraft, complaints_about
from core.commerce.telling import event_loaders
from core.context import Context
from core.events import Delivery, delivery_job
from core.extensions import Contribution
from core.jobs import JobType
from core.plugin import AdminPages, ApiResources, hookimpl
from core.problems import raise_problem

CONTRIBUTIONS: Mapping[str, Contribution] = {
    "permission_register": Contribution(Permission, lambda permission: permission.key, "permission"),
    "scope_register": Contribution(Scope, lambda scope: scope.key, "scope"),
    "channel_register": Contribution(Channel, lambda channel: channel.key, "channel key"),
    "customer_policy_register": Contribution(CustomerPolicy, lambda policy: policy.key, "policy key"),
    "job_register": Contribution(JobType, lambda job: job.name, "job name"),
    "admin_register": Contribution(AdminPages, lambda pages: pages.key, "blueprint name"),
    "api_register": Contribution(ApiResources, lambda resources: resources.key, "name of REST resources"),
    "cli_register": Contribution(click.Command, lambda command: command.name or "", "command name"),
}


class CoreHooks:
    """The core's own answers to hooks; they come after every plugin's."""

    @hookimpl
    def permission_register(self) -> Sequence[Permission]:
        """What the core's own pages ask for."""
        return CORE_PERMISSIONS

    @hookimpl
    def scope_register(self) -> Sequence[Scope]:
        """What the core's own REST resources ask for."""
        return CORE_SCOPES

    @hookimpl
    def job_register(self) -> JobType:
        """Telling plugins what happened is a job too."""
        return delivery_job(event_loaders(), on_parked=_report_parked)

    @hookimpl
    def order_validate(self, draft: OrderDraft) -> list[str]:
        """Refuse what could not be an order at all."""
        return complaints_about(draft)

    @hookimpl
    def stock_changed(self, ctx: Context, product: Product) -> None:
        """Try again the channel orders that wait for this SKU."""
        retry_waiting(ctx, product)


def _report_parked(ctx: Context, delivery: Delivery) -> None:
    event = delivery.event
    what = event.name.replace("_", " ")
    raise_problem(
        ctx,
        "delivery_parked",
        f"{delivery.plugin}:{event.name}",
        delivery.problem_subject,
        f"The plugin {delivery.plugin} could not be told of {what}: {delivery.last_error}",
        plugin=delivery.plugin,
        event=event.name,
    )
