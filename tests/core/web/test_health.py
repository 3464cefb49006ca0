"""What watches over Entrepot: over HTTP, from this machine, from elsewhere and with tokens."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from core.access import CORE_SCOPES, add_token
from core.application import LiveApplication
from core.jobs import Owner, Runner, enqueue, is_runner_alive
from core.problems import raise_problem
from core.web.app import create_web_app
from tests.core.web.conftest import Pages
from tests.databases import make_config
from tests.shop import Shop

ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture
def visitor(live: LiveApplication) -> Pages:
    """Somebody who is not signed in."""
    return Pages(live)


def test_process_says_that_it_lives_under_any_name_and_without_a_database(tmp_path: object) -> None:
    live = LiveApplication(make_config(tmp_path, "sqlite:////nowhere/at/all.db"))  # type: ignore[arg-type]
    client = create_web_app(live).test_client()
    found = client.get("/healthz", headers={"Host": "10.1.2.3"}, environ_overrides=ELSEWHERE)
    assert (found.status_code, found.json) == (200, {"status": "ok"})
    assert client.get("/readyz", headers={"Host": "10.1.2.3"}).status_code == 503
    live.close()


def test_shop_is_ready_while_a_runner_works(live: LiveApplication, visitor: Pages) -> None:
    found = visitor.get("/readyz", host="10.1.2.3")
    assert found.status == 503
    assert json.loads(found.source)["runner"] == "none was seen in the last minute"
    stop, owner = threading.Event(), Owner(live.config.home)
    thread = threading.Thread(
        target=Runner(live, owner, threads=1, poll_seconds=0.05).run_forever, args=(stop,)
    )
    thread.start()
    try:
        for _ in range(400):
            with live.current().reading() as ctx:
                if is_runner_alive(ctx):
                    break
            stop.wait(0.05)
        found = visitor.get("/readyz")
        assert (found.status, json.loads(found.source)["status"]) == (200, "ok")
    finally:
        stop.set()
        thread.join()
        owner.close()


def test_metrics_tell_states_and_nothing_about_people(shop: Shop, live: LiveApplication) -> None:
    shop.place(("NEW", 1))
    shop.sync()
    shop.write(lambda ctx: enqueue(ctx, "nobody.knows"))
    found = Pages(live).get("/metrics")
    assert found.headers["Content-Type"].startswith("text/plain")
    lines = found.source.splitlines()
    assert 'entrepot_problems{kind="channel_order_held"} 1.0' in lines
    assert 'entrepot_channel_orders{status="Unshipped"} 1.0' in lines
    assert 'entrepot_channel_orders_held{reason="unknown_sku"} 1.0' in lines
    assert 'entrepot_jobs{state="failed"} 0.0' in lines
    assert 'entrepot_deliveries{state="parked"} 0.0' in lines
    assert "@" not in found.source


def test_metrics_are_told_elsewhere_only_to_a_token_that_may_read_them(
    live: LiveApplication, visitor: Pages
) -> None:
    with live.current().writing("test") as ctx:
        raise_problem(ctx, "account_failing", "shop:x", "channel_account:1", "…", account="shop")
        _, good = add_token(ctx, "grafana", ["metrics:read"], CORE_SCOPES, timedelta(days=1))
        _, other = add_token(ctx, "erp", ["orders:read"], CORE_SCOPES)

    def ask(token: str | None = None, **headers: str) -> int:
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        sent = {"Host": "127.0.0.1", **headers, **bearer}
        return visitor.client.get("/metrics", headers=sent, environ_overrides=ELSEWHERE).status_code

    assert [ask(good), ask(other), ask("ent_nonsense"), ask()] == [200, 401, 401, 401]


def test_metrics_are_told_to_nobody_behind_a_proxy_without_a_token(
    live: LiveApplication, visitor: Pages
) -> None:
    here = {"Host": "127.0.0.1"}
    for name in ("X-Forwarded-For", "Forwarded", "Via"):
        assert visitor.client.get("/metrics", headers={**here, name: "192.0.2.7"}).status_code == 401, name
    assert visitor.client.get("/metrics", headers=here).status_code == 200
    public = LiveApplication(replace(live.config, url="https://orders.shop.example"), engine=live.engine)
    silent = Pages(public).client
    assert silent.get("/metrics", headers=here).status_code == 401, "it need not say that it is one"
    assert silent.get("/healthz", headers=here).status_code == 200
