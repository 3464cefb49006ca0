"""Every hook of Entrepot, with its contract: the page that a plugin author reads first.

A hook's name puts the noun first, and its verb tells its shape:

contribute   `…_register`: asked once, when the application is built. A plugin that raises here is set
             aside with the reason, and the rest starts.
decide       asked inside a transaction; the first answer that is not None wins, the core's own comes
             last. A plugin that raises fails the operation, under its name.
check        asked inside a transaction; all complaints are collected, then there is one error. A
             plugin that raises counts as a complaint of that plugin.
show         asked while a page is made, in a transaction that only reads; every answer is shown, and a
             plugin that raises is left out, with the reason in the log.
tell         past tense: told after the commit, from the outbox, each plugin on its own: at least once,
             in order per order, retried, then parked for a person. Database writes of an implementation
             commit together with the mark "delivered", so they happen exactly once.

Plugins are called in the order of `requires`, then by name; `tryfirst` and `trylast` move one
implementation to the front or the back. Decide, check, show and tell hooks make no call to the outside:
they enqueue a job that does. An implementation takes only the arguments it needs; arguments are only
ever added.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import click

    from core.access import Permission, Scope
    from core.channels.registration import Channel
    from core.commerce.catalog import Product
    from core.commerce.customers import CustomerDecision, CustomerPolicy, CustomerRequest
    from core.commerce.orders import Order, OrderActions, OrderDraft, OrderNumberRequest, OrderPanel
    from core.commerce.refunds import Refund
    from core.commerce.shipments import Shipment
    from core.context import Context
    from core.jobs import JobType
    from core.plugin import AdminPages, ApiResources

hookspec = pluggy.HookspecMarker("entrepot")

# Contribute -----------------------------------------------------------------------------------------


@hookspec
def channel_register() -> Channel | Iterable[Channel]:
    """Which kinds of places to sell does this plugin bring?

    When: while the application is built, outside any transaction.
    Returns: a `Channel` or several: labels, number source, placeholder domain, payment name, and the
    object that talks to the marketplace.
    Several plugins: all are collected; a channel key that is taken sets the later plugin aside.
    If it raises: the plugin is set aside with the reason.
    Since: 0.1.
    """


@hookspec
def customer_policy_register() -> CustomerPolicy | Iterable[CustomerPolicy]:
    """Which customer policies does this plugin offer for the setting *Customer Creation*?

    When: while the application is built, outside any transaction.
    Returns: a `CustomerPolicy` (key and title) or several. Registering only offers the option; what it
    means is answered in `customer_resolve`.
    Several plugins: all are collected; a key that is taken sets the later plugin aside.
    If it raises: the plugin is set aside with the reason.
    Since: 0.1.
    """


@hookspec
def job_register() -> JobType | Iterable[JobType]:
    """Which kinds of background work can this plugin do?

    When: while the application is built, outside any transaction.
    Returns: a `JobType` or several. A name starts with the plugin's own: `my_plugin.send_mail`.
    Several plugins: all are collected; a name that is taken sets the later plugin aside.
    If it raises: the plugin is set aside with the reason.
    Since: 0.1.
    """


@hookspec
def cli_register() -> click.Command | Iterable[click.Command]:
    """Which commands does this plugin add to `entrepot`?

    When: while the command line is built, outside any transaction.
    Returns: a click command or group, or several. A command finds the application in
    `click.get_current_context().obj`.
    Several plugins: all are collected; a command name that is taken sets the later plugin aside.
    If it raises: the plugin is set aside with the reason.
    Since: 0.1.
    """


@hookspec
def permission_register() -> Permission | Iterable[Permission]:
    """Which permissions do this plugin's pages ask for?

    When: while the application is built, outside any transaction.
    Returns: a `Permission` or several: key (`my_plugin.replay`), title, and the roles that have it beside
    the owner, who has all.
    Several plugins: all are collected; a key that is taken sets the later plugin aside. The core itself
    answers with its own.
    If it raises: the plugin is set aside with the reason.
    Since: 0.1.
    """


@hookspec
def scope_register() -> Scope | Iterable[Scope]:
    """Which scopes of API tokens does this plugin add?

    When: while the application is built, outside any transaction.
    Returns: a `Scope` or several: key (`pickup`), title, and if `key:<name>` narrows it, which names there
    are: asked with a session when a token is made.
    Several plugins: all are collected; a key that is taken sets the later plugin aside. The core itself
    answers with its own.
    If it raises: the plugin is set aside with the reason.
    Since: 0.1.
    """


@hookspec
def admin_register() -> AdminPages | Iterable[AdminPages]:
    """Which pages does this plugin add to the admin?

    When: while the application is built, outside any transaction; the module that is named is imported
    later, where pages are shown.
    Returns: an `AdminPages` or several: the name of a Flask blueprint, the module that holds it, entries of
    the navigation. Every view of it says what it needs, as the core's own do.
    Several plugins: all are collected; a blueprint name that is taken sets the later plugin aside.
    If it raises: the plugin is set aside with the reason. If the module cannot be used, the pages are left
    out, and the page of the plugin says why.
    Since: 0.1.
    """


@hookspec
def api_register() -> ApiResources | Iterable[ApiResources]:
    """Which REST resources does this plugin add?

    When: while the application is built, outside any transaction; the module that is named is imported
    later, where the API answers.
    Returns: an `ApiResources` or several: a name and the module that holds their operations. Each operation
    names the scope that it needs, and is described in the OpenAPI document with the core's own.
    Several plugins: all are collected; a name that is taken sets the later plugin aside.
    If it raises: the plugin is set aside with the reason. If the module cannot be used, its resources are
    left out, and the page of the plugin says why.
    Since: 0.1.
    """


# Decide ---------------------------------------------------------------------------------------------


@hookspec
def customer_resolve(ctx: Context, request: CustomerRequest) -> CustomerDecision | None:
    """Whose order is this: a guest's, a known customer's, a new customer's?

    When: inside the transaction that creates the order, before it is written.
    ctx: the transaction. Read what you like, write nothing: the core carries the decision out.
    request: the policy that the settings name, the store, the buyer's name and email, the channel.
    Returns: a `CustomerDecision` (`guest()`, `existing(customer_id)` or `new()`); None means "not
    mine", never "guest".
    Several plugins: the first answer wins; the core's own comes last: match by email, else create. A
    policy that no enabled plugin has registered blocks the order before anybody is asked.
    If it raises: the order is not created; its channel order waits with the plugin's name as reason.
    Since: 0.1.
    """


@hookspec
def order_number_assign(ctx: Context, request: OrderNumberRequest) -> str | None:
    """Which number does this order get?

    When: inside the transaction that creates the order, before it is written.
    ctx: the transaction.
    request: the store, the number source that the settings name, the channel and its own number.
    Returns: the number, unique over all orders, at most 64 characters; None means "not mine".
    Several plugins: the first answer wins; the core's own, the store's next number, comes last.
    If it raises: the order is not created; its channel order waits with the plugin's name as reason.
    Since: 0.1.
    """


@hookspec
def order_actions_describe(ctx: Context, order: Order) -> OrderActions | None:
    """What can be done with this order of a channel now, and with which reasons?

    When: when a page or a command shows what can be done, and again inside the transaction that does it.
    ctx: the transaction. Write nothing.
    order: an order with a channel; orders of our own are never asked about.
    Returns: an `OrderActions`: why it cannot be canceled or refunded (None where it can), and the reason
    codes that the channel accepts; None means "not mine".
    Several plugins: the first answer wins. Without any answer it can be neither canceled nor refunded,
    since nobody would tell the channel.
    If it raises: nothing is done, and the operator reads the plugin's name.
    Since: 0.1.
    """


@hookspec
def order_cancellation_ask(ctx: Context, order: Order, reason: str) -> bool | None:
    """Does the channel of this order have to agree before the order is canceled?

    When: inside the transaction in which somebody cancels it, after `order_actions_describe` allowed it.
    ctx: the transaction. Lock your own record, store the request, enqueue the job that asks the channel.
    order: the order, not changed yet; it is locked afterwards.
    reason: one of the codes that `order_actions_describe` gave.
    Returns: True: the channel is asked. The order is held until the plugin calls `record_cancellation` or
    `keep_uncanceled` of `core.commerce.orders`. None means "not mine".
    Several plugins: the first answer wins; without any the order is canceled at once.
    If it raises: the order stays as it is, and the operator reads the plugin's name.
    Since: 0.1.
    """


# Check ----------------------------------------------------------------------------------------------


@hookspec
def order_validate(ctx: Context, draft: OrderDraft) -> str | Iterable[str] | None:
    """Is there a reason not to create this order?

    When: inside the transaction that creates the order, before customer and number are decided.
    ctx: the transaction. Write nothing.
    draft: everything that the order is going to be made of.
    Returns: a complaint in plain words or several, without personal data; None when there is none.
    Several plugins: all are asked and every complaint is collected.
    If it raises: counts as a complaint of that plugin.
    Since: 0.1.
    """


# Show -----------------------------------------------------------------------------------------------


@hookspec
def order_panel_describe(ctx: Context, order: Order) -> OrderPanel | None:
    """What does this plugin have to show of an order, such as who picked it up and under which reference?

    When: while the page of an order is made, in a transaction of its own that only reads.
    ctx: the transaction. Write nothing, and answer at once: somebody waits for the page.
    order: the order that is shown, of the session `ctx.session`.
    Returns: an `OrderPanel`: a title and entries of a name, what happened, how it stands since when, a
    reference, a reason and the page that tells more; None, or one without entries, shows nothing. What
    stands in it is seen by everybody who may see orders, so it holds no personal data.
    Several plugins: every panel is shown, one below the other, in calling order.
    If it raises: the page is shown without it, and the log has the reason.
    Since: 0.1.
    """


# Tell -----------------------------------------------------------------------------------------------


@hookspec
def order_created(ctx: Context, order: Order) -> None:
    """An order has been created.

    When: after the commit, in a transaction of the delivery's own.
    ctx: the delivery's transaction; what is written here commits with the mark "delivered".
    order: the order as it is now, of the session `ctx.session`; it may have moved on since.
    Returns: nothing.
    Several plugins: each is told on its own.
    If it raises: only this plugin's delivery is retried, then parked.
    Since: 0.1.
    """


@hookspec
def order_canceled(ctx: Context, order: Order, reason: str) -> None:
    """An order has been canceled as a whole.

    When: after the commit, in a transaction of the delivery's own.
    ctx: the delivery's transaction.
    order: the order as it is now.
    reason: the reason code given by who canceled it, for example `channel_canceled`.
    Returns: nothing.
    Several plugins: each is told on its own.
    If it raises: only this plugin's delivery is retried, then parked.
    Since: 0.1.
    """


@hookspec
def order_refunded(ctx: Context, order: Order, refund: Refund) -> None:
    """Money of an order has been given back, all of it or a part. Told once per refund.

    When: after the commit, in a transaction of the delivery's own.
    ctx: the delivery's transaction.
    order: the order as it is now.
    refund: the amount, the reason code and the amounts by line, which add up to it.
    Returns: nothing.
    Several plugins: each is told on its own.
    If it raises: only this plugin's delivery is retried, then parked.
    Since: 0.1.
    """


@hookspec
def shipment_completed(ctx: Context, shipment: Shipment) -> None:
    """A shipment has left, whole or part of an order, whoever made it. Told once per shipment.

    When: after the commit, in a transaction of the delivery's own.
    ctx: the delivery's transaction.
    shipment: with its packages and their lines; `shipment.origin` tells ours from the channel's.
    Returns: nothing.
    Several plugins: each is told on its own.
    If it raises: only this plugin's delivery is retried, then parked.
    Since: 0.1.
    """


@hookspec
def stock_changed(ctx: Context, product: Product) -> None:
    """A product has appeared, its stock on hand has moved, or a reservation of it was released.

    When: after the commit, in a transaction of the delivery's own. Not told for a new reservation.
    ctx: the delivery's transaction.
    product: the product as it is now; `core.commerce.inventory.available` tells what can be
    promised of it.
    Returns: nothing.
    Several plugins: each is told on its own. The core itself answers: it tries again the channel
    orders that wait for this SKU.
    If it raises: only this plugin's delivery is retried, then parked.
    Since: 0.1.
    """
