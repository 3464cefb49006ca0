"""A real process that does for a shop what it is told: `shop_process.py URL HOME KEY`.

Each line on standard input is a JSON list, a verb of this module and its arguments; the answer is one
line of JSON, `{"answer": …}` or `{"error": traceback}`.
"""

from __future__ import annotations

import json
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from core.application import LiveApplication
from core.channels.account_settings import AccountSettingsSchema, save_account_settings
from core.channels.accounts import find_account, get_account
from core.channels.channel_orders import ChannelOrder
from core.channels.polling import Poller, poll_account, read_one_order
from core.commerce.catalog import get_product
from core.commerce.inventory import move_stock
from core.commerce.orders import get_order, list_orders
from core.commerce.shipments import PackageContents, ship_order
from core.config import Config
from core.jobs import Owner, Runner, count_jobs
from core.logs import configure_logs
from core.problems import list_problems

ACTOR = "operator"


class Hand:
    """One operator's or worker's hand on the shop."""

    def __init__(self, config: Config) -> None:
        self.live = LiveApplication(config)
        self.owner = Owner(config.home)
        with self.live.current().reading() as ctx:
            account = find_account(ctx.session, "shop")
            assert account is not None
            self.account_id = account.id

    def poller(self, progress: Callable[[str, str], None] = lambda _what, _order: None) -> Poller:
        app = self.live.current()
        return Poller(app, app.registry, self.owner, timedelta(seconds=30), progress)


def poll(hand: Hand) -> dict[str, int]:
    """Read what is new at Amazon."""
    return poll_account(hand.poller(), hand.account_id).as_json()


def poll_and_hang(hand: Hand) -> None:
    """Begin to read, say so, and stay there for good."""

    def hang(_what: str, _order: str) -> None:
        print(json.dumps({"answer": "holding"}), flush=True)
        threading.Event().wait()

    poll_account(hand.poller(hang), hand.account_id)


def fetch(hand: Hand, *external_ids: str) -> list[str]:
    """Fetch these orders, one by one."""
    poller = hand.poller()
    return [read_one_order(poller, hand.account_id, each).value for each in external_ids]


def ship(hand: Hand, *numbers: str) -> None:
    """Ship these orders, each in one package."""
    for number in numbers:
        with hand.live.current().writing(ACTOR) as ctx:
            order = get_order(ctx.session, number)
            ship_order(ctx, order, [PackageContents("DHL", f"T-{number}")])


def work(hand: Hand, times: int = 1) -> None:
    """Work off what is due, so many times."""
    for _ in range(times):
        Runner(hand.live, hand.owner, threads=2, poll_seconds=0.05).run_until_idle()


def work_on(hand: Hand) -> None:
    """Work until this process ends."""
    runner = Runner(hand.live, hand.owner, threads=1, poll_seconds=0.05)
    threading.Thread(target=runner.run_forever, args=(threading.Event(),), daemon=True).start()


def look(hand: Hand, times: int) -> int:
    """Look at every list, so many times."""
    seen = 0
    for _ in range(times):
        with hand.live.current().reading() as ctx:
            orders = list_orders(ctx.session)
            seen += sum(len(order.lines) + len(order.charges) for order in orders)
            seen += ctx.session.query(ChannelOrder).count() + len(list_problems(ctx.session))
            count_jobs(ctx)
    return seen


def find_units(hand: Hand, sku: str, times: int) -> None:
    """Find one more unit of a product, so many times."""
    for _ in range(times):
        with hand.live.current().writing(ACTOR) as ctx:
            move_stock(ctx, {get_product(ctx.session, sku).id: 1}, "found", "shelf")


def save(hand: Hand, field: str, *values: Any) -> None:
    """Set one of the account's settings to these values, one after the other."""
    app = hand.live.current()
    channel = app.registry.get_channel("amazon")
    for value in values:
        with app.writing(ACTOR) as ctx:
            account = get_account(ctx.session, "amazon", "shop")
            save_account_settings(ctx, channel, account, AccountSettingsSchema(), {field: value})


VERBS: Mapping[str, Callable[..., Any]] = {
    verb.__name__: verb
    for verb in (poll, poll_and_hang, fetch, ship, work, work_on, look, find_units, save)
}


def main(url: str, home: str, key: str) -> None:
    configure_logs("WARNING")
    config = Config(home=Path(home), database_url=url, secret_keys=(key,), lease_seconds=30)
    hand = Hand(config)
    print(json.dumps({"answer": "ready"}), flush=True)
    for line in sys.stdin:
        verb, *arguments = json.loads(line)
        try:
            said = {"answer": VERBS[verb](hand, *arguments)}
        except Exception:
            said = {"error": traceback.format_exc()}
        print(json.dumps(said), flush=True)
    hand.owner.close()
    hand.live.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
