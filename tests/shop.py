"""A shop with an account at the simulated Amazon, and what an operator does with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import select

from core.application import Application, LiveApplication
from core.channels.accounts import Account, NewAccount, add_account, get_account
from core.channels.channel_orders import ChannelOrder, find_channel_order, has_reserved
from core.channels.confirmations import Confirmation, queue_confirmations
from core.channels.confirming import confirm_package
from core.channels.connecting import connect_account
from core.channels.explaining import Explanation, explain_order
from core.channels.jobs import channel_jobs
from core.channels.order_settings import save_order_settings
from core.channels.polling import Poller, poll_account
from core.channels.quotas import QuotaBucket
from core.channels.retrying import retry_marketplace
from core.channels.runs import Tally
from core.commerce.catalog import create_product, find_product, get_product
from core.commerce.inventory import available, on_hand, set_on_hand
from core.commerce.orders import Order, get_order, list_orders
from core.commerce.shipments import PackageContents, Shipment, ship_order, units_by_sku
from core.context import Context
from core.errors import EntrepotError
from core.extensions import disable_plugin, enable_plugin
from core.jobs import Defer, JobRun, Owner, Runner
from core.money import Money
from core.problems import Problem, list_problems
from plugins.amazon_channel.simulator import SELLER, LineDraft, OrderDraft, RunningSimulator, World
from tests.scripted_marketplace import ScriptedMarketplace

GERMANY = "A1PA6795UKMFR9"
T = TypeVar("T")


class Shop:
    """One shop. Every method does what one command of the operator does, in transactions of its own."""

    def __init__(
        self, live: LiveApplication, world: World, amazon: RunningSimulator, *, connected: bool = True
    ) -> None:
        self.live, self.world, self.amazon = live, world, amazon
        self.owner = Owner(live.config.home)
        self._app = live.current()
        self.marketplace: ScriptedMarketplace | None = None
        self.account_id = self.connect() if connected else 0

    @property
    def app(self) -> Application:
        """The application as it is now, talking to the scripted marketplace if there is one."""
        app = self._app = self.live.current()
        if self.marketplace is None:
            return app
        channel = self.marketplace.channel(app.registry.get_channel("amazon"))
        registry = replace(app.registry, channels={"amazon": channel})
        jobs = {job.name: job for job in channel_jobs(registry, app.config.home, app.lease)}
        return replace(app, registry=registry, job_types={**app.job_types, **jobs})

    def current(self) -> Application:
        """The same, for whoever runs jobs."""
        return self.app

    def script(self, ahead: timedelta = timedelta()) -> ScriptedMarketplace:
        """Talk to a marketplace that says what it is told, from now on."""
        self.marketplace = ScriptedMarketplace(ahead)
        return self.marketplace

    def close(self) -> None:
        """Let go of the lock file."""
        self.owner.close()

    def connect(self, name: str = "shop", marketplaces: tuple[str, ...] = (GERMANY,)) -> int:
        """Add an account at the simulated Amazon and connect it; its id."""
        credentials = {
            "client_id": SELLER.client_id,
            "client_secret": SELLER.client_secret,
            "refresh_token": SELLER.refresh_token,
            "base_url": self.amazon.url,
            "lwa_url": self.amazon.token_url,
        }
        new = NewAccount(name, SELLER.seller_id, "eu", marketplaces, credentials)
        channel = self.app.registry.get_channel("amazon")
        account_id = self.write(lambda ctx: add_account(ctx, channel, new).id)
        connect_account(self.app, self.app.registry, account_id)
        return account_id

    def stock(self, sku: str, units: int, *, managed: bool = True) -> None:
        """Have so many units of a product on hand, creating it if need be."""

        def change(ctx: Context) -> None:
            product = find_product(ctx.session, sku) or create_product(
                ctx, sku, f"Product {sku}", Money(Decimal(10), "EUR"), is_managed=managed
            )
            set_on_hand(ctx, product.id, units, "counted", "test")

        self.write(change)

    def place(self, *lines: tuple[str, int], status: str = "UNSHIPPED", **choices: Any) -> str:
        """Place an order at Amazon, 10.00 a unit, two minutes ago on its clock; its number."""
        drafts = [LineDraft(sku=sku, quantity=units, unit_price=Decimal(10)) for sku, units in lines]
        choices = {"marketplace": "DE", "status": status, "lines": drafts} | choices
        order = self.world.place_order(OrderDraft(**choices))
        self.later()
        return order.order_id

    def later(self, minutes: int = 3) -> None:
        """Let time pass at Amazon, so that what has happened there shows in its listings."""
        self.world.advance(timedelta(minutes=minutes))

    def sync(self, progress: Callable[[str, str], None] = lambda _what, _order: None) -> Tally:
        """Read what is new, as `entrepot amazon sync` does."""
        poller = Poller(self.app, self.app.registry, self.owner, timedelta(seconds=30), progress)
        return poll_account(poller, self.account_id)

    def work(self) -> None:
        """Work off every job that is due, as `entrepot work --until-idle` does."""
        Runner(self, self.owner, threads=2).run_until_idle()

    def unblock_quotas(self) -> None:
        """Have the time passed that the channel asked to wait."""

        def unblock(ctx: Context) -> None:
            for bucket in ctx.session.scalars(select(QuotaBucket)):
                bucket.blocked_until, bucket.tokens = None, 20_000_000

        self.write(unblock)

    def queue_confirmations(self) -> None:
        """Have what was shipped told to the channel, as the plugin does when it hears of it."""

        def queue(ctx: Context) -> None:
            channel = self.app.registry.get_channel("amazon")
            for shipment in ctx.session.scalars(select(Shipment).order_by(Shipment.id)):
                queue_confirmations(ctx, channel, shipment)

        self.write(queue)

    def confirm(self, attempt: int = 1, app: Application | None = None) -> list[Exception | None]:
        """Make one attempt at every confirmation that is not accepted; what each raised."""
        app = app or self.app
        ids = self.read(
            lambda ctx: list(
                ctx.session.scalars(select(Confirmation.id).where(Confirmation.state != "accepted"))
            )
        )
        raised: list[Exception | None] = []
        for confirmation_id in ids:
            args = {"confirmation_id": confirmation_id}
            run = JobRun(0, "channels.confirm_package", args, attempt, 200, app)
            try:
                confirm_package(run, app.registry, confirmation_id)
                raised.append(None)
            except (Defer, EntrepotError) as error:
                raised.append(error)
        return raised

    def confirmations(self) -> list[Confirmation]:
        """Every confirmation, the oldest first."""
        return self.read(
            lambda ctx: list(ctx.session.scalars(select(Confirmation).order_by(Confirmation.id)))
        )

    def set(self, **changes: Any) -> None:
        """Change order settings of the first marketplace."""

        def change(ctx: Context) -> None:
            account = get_account(ctx.session, "amazon", "shop")
            marketplace = account.marketplaces[0]
            save_order_settings(ctx, self.app.registry, marketplace, changes)
            retry_marketplace(ctx, marketplace)

        self.write(change)

    def ship(
        self, number: str, *lines: tuple[str, int], carrier: str = "DHL", tracking: str = "T1"
    ) -> None:
        """Ship an order in one package: these units, or all that is left."""

        def change(ctx: Context) -> None:
            order = get_order(ctx.session, number)
            units = units_by_sku(order, lines) if lines else None
            ship_order(ctx, order, [PackageContents(carrier, tracking, units)])

        self.write(change)

    def channel_order(self, external_id: str) -> ChannelOrder:
        """The channel order, with its order loaded."""

        def find(ctx: Context) -> ChannelOrder:
            row = find_channel_order(ctx.session, self.account_id, external_id)
            assert row is not None, f"{external_id} is not stored"
            _load(row.order)
            return row

        return self.read(find)

    def is_stored(self, external_id: str) -> bool:
        """Whether there is a channel order with this number."""
        return self.read(
            lambda ctx: find_channel_order(ctx.session, self.account_id, external_id) is not None
        )

    def is_reserved(self, external_id: str) -> bool:
        """Whether stock is reserved for it, before or after it became an order."""

        def find(ctx: Context) -> bool:
            row = find_channel_order(ctx.session, self.account_id, external_id)
            return row is not None and has_reserved(ctx.session, row)

        return self.read(find)

    def orders(self) -> list[Order]:
        """Every order, the oldest first, with its parts loaded."""

        def find(ctx: Context) -> list[Order]:
            rows = list(reversed(list_orders(ctx.session)))
            for row in rows:
                _load(row)
            return rows

        return self.read(find)

    def order(self) -> Order:
        """The only order."""
        (order,) = self.orders()
        return order

    def available(self, sku: str) -> int:
        """Units that can be promised."""
        return self.read(lambda ctx: available(ctx.session, get_product(ctx.session, sku).id))

    def on_hand(self, sku: str) -> int:
        """Units in stock."""
        return self.read(lambda ctx: on_hand(ctx.session, get_product(ctx.session, sku).id))

    def reserved(self, sku: str) -> int:
        """Units that are promised."""
        return self.on_hand(sku) - self.available(sku)

    def problems(self) -> list[Problem]:
        """Open problems."""
        return self.read(lambda ctx: list(list_problems(ctx.session)))

    def explain(self, external_id: str) -> Explanation:
        """Why an order was or was not created."""
        return self.read(lambda ctx: explain_order(ctx.session, external_id)[0])

    def account(self) -> Account:
        """The account, with its marketplaces loaded."""

        def find(ctx: Context) -> Account:
            account = ctx.session.get_one(Account, self.account_id)
            list(account.marketplaces)
            return account

        return self.read(find)

    def enable(self, plugin: str) -> None:
        """Enable a plugin."""
        enable_plugin(self.app.plugin_host(), plugin, "operator")

    def disable(self, plugin: str) -> None:
        """Disable a plugin."""
        disable_plugin(self.app.plugin_host(), plugin, "operator")

    def write(self, change: Callable[[Context], T]) -> T:
        """Run this in a transaction that commits."""
        with self.app.writing("operator") as ctx:
            return change(ctx)

    def read(self, look: Callable[[Context], T]) -> T:
        """Run this in a transaction that only reads."""
        with self._app.reading() as ctx:
            return look(ctx)


def _load(order: Order | None) -> None:
    if order is not None:
        for line in order.lines:
            list(line.charges)
        list(order.charges), list(order.addresses), list(order.history)
