"""Consumers, as an operator sees and changes them: on the pages and on the command line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import pytest
from sqlalchemy import event

from core.application import LiveApplication
from core.commerce.catalog import create_product
from core.database.base import Base
from core.database.migrating import differences
from core.errors import InvalidValue
from core.testing import make_order, run_jobs
from plugins.erp_bridge import standing as standings
from plugins.erp_bridge.consumers import change_consumer, get_consumer, send_soon
from plugins.erp_bridge.filters import Wanted
from plugins.erp_bridge.mapping.signatures import make_secret
from plugins.erp_bridge.standing import history_of, standing_of
from tests.command_line import Entrepot, open_shop
from tests.core.web.conftest import Pages, enter
from tests.databases import TEST_KEY
from tests.plugins.erp_bridge.conftest import Bridge
from tests.plugins.erp_bridge.sftp_server import PASSWORD, USER, serve_sftp

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def waiting(bridge: Bridge, name: str = "erp") -> int:
    with bridge.live.current().reading() as ctx:
        return standing_of(ctx, bridge.get(name)).counts["waiting"]


def test_tables_are_as_the_mapped_classes_have_them(bridge: Bridge) -> None:
    with bridge.live.engine.connect() as connection:
        assert differences(connection, "erp_bridge", Base.metadata) == []


def test_history_and_lag_are_read_along_indexes_whatever_waits(bridge: Bridge) -> None:
    consumer = bridge.consumer()
    asked: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, parameters, *_rest) -> None:
        asked.append((statement, parameters))

    with bridge.live.current().reading() as ctx:
        event.listen(bridge.live.engine, "before_cursor_execute", note)
        assert list(history_of(ctx.session, consumer)) == []
        assert standing_of(ctx, consumer).lag is None
        event.remove(bridge.live.engine, "before_cursor_execute", note)
        connection = ctx.session.connection()
        is_sqlite = connection.dialect.name == "sqlite"
        if not is_sqlite:
            for way in ("seqscan", "bitmapscan", "sort"):  # as among many
                connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
        explain = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
        plans = [
            str(connection.exec_driver_sql(f"{explain} {statement}", parameters).all())
            for statement, parameters in asked
            if "FROM erp_bridge_pickups" in statement
        ]
    history, standing = plans
    assert "ix_erp_bridge_pickups_consumer_id_id" in history
    assert "TEMP B-TREE" not in history
    assert standing.count("ix_erp_bridge_pickups_consumer_id_state_id") == 4
    assert standing.count("ix_erp_bridge_pickups_consumer_id_waits_since") == 1
    assert not is_sqlite or "SCAN erp_bridge_pickups" not in standing


def test_what_waits_is_counted_up_to_a_limit(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standings, "MOST_COUNTED", 3)
    consumer = bridge.consumer()
    told = []
    for number in (2, 2):
        bridge.orders(number)
        with bridge.live.current().reading() as ctx:
            standing = standing_of(ctx, consumer)
        told.append((standing.counts["waiting"], standing.told("waiting"), standing.told("rejected")))
    assert told == [(2, "2", "0"), (3, "3+", "0")]


def test_consumer_gets_what_fits_from_its_creation_on_or_since_a_time(bridge: Bridge) -> None:
    make_order(bridge.live)
    bridge.consumer()
    bridge.consumer("books", since=LONG_AGO, wanted=Wanted(fulfilled_by=("any",)))
    bridge.consumer("stall", since=LONG_AGO, wanted=Wanted(channels=("stall",)))
    bridge.orders(2, fulfilled_by="amazon")
    bridge.orders()
    assert [waiting(bridge, name) for name in ("erp", "books", "stall")] == [1, 4, 0]
    with pytest.raises(InvalidValue, match="still to come"):
        bridge.consumer("soon", since=datetime.now(UTC) + timedelta(hours=1))


def test_pages_show_what_waits_and_what_was_rejected_and_hand_it_out_again(
    bridge: Bridge, live: LiveApplication
) -> None:
    pages = enter(Pages(live), live)
    assert "Nobody picks orders up yet" in pages.get("/erp").text
    bridge.consumer()
    (number,) = bridge.orders()
    assert "Active" in pages.get("/erp").row("erp")
    assert "Waiting" in pages.get("/erp/consumers/erp").row(number)
    erp = bridge.api()
    (item,) = erp.get("/pickup/erp")["items"]
    erp.post("/pickup/erp/reject", {"items": [{"id": item["id"], "reason": "unknown tax code"}]})
    assert "Unknown tax code." in pages.get("/erp/consumers/erp?state=rejected").row(number)
    panel = pages.get(f"/orders/{number}").row("erp", "New order", "Rejected", "Unknown tax code.")
    assert "SO-" not in panel
    assert pages.post(f"/erp/consumers/erp/replay/{item['id']}").status == 303
    assert "Waiting" in pages.get("/erp/consumers/erp").row(number)
    assert pages.post("/erp/consumers/erp/pause").status == 303
    assert "Paused by hand." in pages.get("/erp/consumers/erp").text
    assert pages.post("/erp/consumers/erp/resume").status == 303
    assert len(erp.get("/pickup/erp")["items"]) == 1


def test_dry_run_of_a_filter_that_is_not_saved_and_of_orders_from_before(
    bridge: Bridge, live: LiveApplication
) -> None:
    number = make_order(live)
    pages = enter(Pages(live), live)
    assert "Fill in first" in pages.post("/erp/new/pull", {"action": "rehearse"}).text
    entered = {"action": "rehearse", "consumer_name": "erp", "lease_seconds": "300"}
    tried = pages.post("/erp/new/pull", {**entered, "wanted_channels": "none"})
    assert "Would have received it" in tried.row(number)
    assert pages.get("/erp/consumers/erp").status == 404
    bridge.consumer()
    assert "Too early It was created before its orders begin" in (
        pages.get("/erp/consumers/erp/dry-run").row(number)
    )
    assert "Would have received it" in pages.get("/erp/consumers/erp/dry-run?since=2020-01-01").row(number)
    assert pages.get("/erp/consumers/erp/dry-run?since=yesterday").status == 422
    changed = {"action": "rehearse", "lease_seconds": "300", "wanted_fulfilled_by": "any"}
    assert "Too early" in pages.post("/erp/consumers/erp/settings", changed).row(number)


def test_connection_is_tried_from_the_form_before_it_is_saved_and_afterwards(
    live: LiveApplication, tmp_path: Path
) -> None:
    Bridge(live)
    pages = enter(Pages(live), live)
    for folder in ("out", "in"):
        (tmp_path / folder).mkdir()
    with serve_sftp(tmp_path) as server:
        entered = {
            "consumer_name": "warehouse", "lease_seconds": "300", "format": "ubl", "outgoing": "/out",
            "incoming": "/in", "quiet_seconds": "10", "host": "127.0.0.1", "port": server.port,
            "host_key": server.host_key, "user": USER, "password": PASSWORD, "delimiter": "comma",
            "encoding": "utf-8",
        }  # fmt: skip
        for changes, said in (
            ({}, "Each folder on 127.0.0.1 can be read and written: 4."),
            ({"password": "wrong"}, "The SFTP server accepts neither this user nor these credentials:"),
            ({"host_key": "ssh-ed25519 garbage"}, "The key of the SFTP server cannot be read"),
            ({"outgoing": "/none"}, "There is no folder /none"),
        ):
            tried = pages.post("/erp/new/files", {**entered, **changes, "action": "test"})
            assert said in tried.text, tried.text
        assert pages.post("/erp/new/files", {**entered, "action": "save"}).status == 303
        assert pages.post("/erp/consumers/warehouse/test").status == 303
        assert "Each folder on 127.0.0.1 can be read" in pages.get("/erp/consumers/warehouse").text
        kept = {**entered, "password": "", "action": "test"}
        assert "Each folder" in pages.post("/erp/consumers/warehouse/settings", kept).text
    gone = pages.post("/erp/consumers/warehouse/settings", kept)
    assert (gone.status, "could not be reached" in gone.text) == (422, True)


def test_second_of_two_who_change_a_consumer_is_told_what_is_stored(
    live: LiveApplication, tmp_path: Path
) -> None:
    bridge = Bridge(live)
    columns = {"sku": "Item", "order_number": "Order"}
    bridge.consumer(
        "warehouse", kind="files", settings={"outgoing": f"{tmp_path}/out", "columns_in": columns}
    )
    pages, other = enter(Pages(live), live), enter(Pages(live), live, "operator")
    here = "/erp/consumers/warehouse/settings"
    mine, theirs = pages.get(here).form(here), other.get(here).form(here)
    written = {"columns_in": "sku=Item\r\norder_number=Order", "wanted_stores": "default"}
    assert other.post(here, theirs | written | {"format": "csv", "action": "save"}).status == 303
    told = pages.post(here, mine | {"columns_in": written["columns_in"], "port": "23", "action": "save"})
    assert told.status == 422
    assert told.text.count("Somebody changed this while you had the page open.") == 1
    assert ("Stored now: CSV." in told.text, "Stored now: Default" in told.text) == (True, True)
    assert told.text.count("Stored now:") == 3, "the columns are the same, however their lines end"
    assert bridge.get("warehouse").settings["format"] == "csv"
    assert pages.post(here, told.form(here) | {"action": "save"}).status == 303
    saved = bridge.get("warehouse")
    assert (saved.settings["format"], saved.settings["port"], saved.wanted["stores"]) == ("ubl", "23", [])


def test_two_who_change_different_settings_at_the_same_time_both_do(live: LiveApplication) -> None:
    bridge = Bridge(live)
    bridge.consumer("warehouse", kind="files", settings={"outgoing": "/srv/out"})
    app = live.current()

    def change(settings: dict[str, str]) -> None:
        with app.writing("other") as ctx:
            change_consumer(ctx, get_consumer(ctx.session, "warehouse"), settings=settings)

    other = Thread(target=change, args=({"format": "csv"},))
    with app.writing("test") as ctx:
        change_consumer(ctx, get_consumer(ctx.session, "warehouse"), settings={"incoming": "/srv/in"})
        other.start()
        sleep(0.2)  # it waits for this transaction
    other.join(10)
    settings = bridge.get("warehouse").settings
    assert (settings["incoming"], settings["format"]) == ("/srv/in", "csv")


def test_file_that_was_not_booked_is_a_problem_until_it_comes_mended(
    live: LiveApplication, tmp_path: Path
) -> None:
    bridge = Bridge(live)
    for folder in ("out", "in"):
        (tmp_path / folder).mkdir()
    settings = {"outgoing": f"{tmp_path}/out", "incoming": f"{tmp_path}/in", "quiet_seconds": 0}
    bridge.consumer("warehouse", kind="files", settings=settings)
    pages = enter(Pages(live), live)

    def drop(name: str, content: str) -> None:
        (tmp_path / "in" / name).write_text(content)
        os.utime(tmp_path / "in" / name, (1, 1))
        with live.current().writing("test") as ctx:
            send_soon(ctx, get_consumer(ctx.session, "warehouse"))
        run_jobs(live)

    with live.current().writing("test") as ctx:
        create_product(ctx, "A", "A mug")
    drop("stock.csv", "sku,on_hand\nA,5\nNOBODY,1\n")
    drop("shipments.csv", "nonsense\n")
    assert "warehouse sent back what could not be booked" in pages.get("/problems").text
    shown = pages.get("/erp/consumers/warehouse").text
    mend = f"why, and what to mend and send again, lies in {tmp_path}/in/errors."
    assert f"Of stock.csv were booked 1, and refused 1: {mend}" in shown
    assert "Of shipments.csv were booked 0, and refused 1" in shown
    drop("stock~2.csv", "sku,on_hand\nA,1\n")
    drop("shipments.csv", "order_number,carrier,tracking_number\n")
    assert "not booked" not in pages.get("/erp/consumers/warehouse").text
    assert "could not be booked" not in pages.get("/problems").text


@pytest.fixture
def entrepot(tmp_path: Path, sqlite_url: str) -> Entrepot:
    """The command line of a shop with the bridge."""
    keys = {"ENTREPOT_DATABASE_URL": sqlite_url, "ENTREPOT_SECRET_KEYS": TEST_KEY}
    entrepot = Entrepot({"ENTREPOT_HOME": str(tmp_path), **keys})
    entrepot.ok("plugins", "enable", "erp_bridge")
    return entrepot


def test_command_line_adds_lists_pauses_picks_up_and_replays(entrepot: Entrepot) -> None:
    added = entrepot.json("erp", "consumers", "add", "erp", "--status", "processing")
    assert (added["state"], added["wanted"]["statuses"]) == ("active", ["processing"])
    assert "on_hold" in entrepot.refused("erp", "consumers", "add", "b", "--status", "on_hold")
    assert "already" in entrepot.refused("erp", "consumers", "add", "erp")
    for option in ("--channel", "--fulfilled-by"):
        assert "there are: amazon" in entrepot.refused("erp", "consumers", "add", "b", option, "amzon")
    live = open_shop(entrepot)
    number = make_order(live)
    run_jobs(live)
    live.close()
    received = {"number": number, "status": "processing", "verdict": "receives", "why": None}
    assert entrepot.json("erp", "pickup", "erp", "--dry-run", "5") == [received]
    (earlier,) = entrepot.json("erp", "pickup", "erp", "--dry-run", "5", "--since", "2100-01-01")
    assert earlier["verdict"] == "earlier"
    trial = ("erp", "consumers", "add", "stall", "--dry-run", "5", "--channel")
    assert [entrepot.json(*trial, each)[0]["verdict"] for each in ("none", "amazon")] == [
        "receives", "never",
    ]  # fmt: skip
    (item,) = entrepot.json("erp", "pickup", "erp")["items"]
    assert item["order"]["number"] == number
    (row,) = entrepot.json("erp", "consumers", "list")
    assert (row["waiting"], row["leased"]) == (0, 1)
    (told,) = entrepot.json("erp", "order", number)
    assert (told["consumer"], told["event"], told["state"]) == ("erp", "order.created", "leased")
    assert entrepot.json("erp", "replay", "erp", "--order", number)[0]["state"] == "waiting"
    assert "never offered" in entrepot.refused("erp", "replay", "erp", "--order", "X")
    entrepot.ok("erp", "consumers", "pause", "erp", "--because", "moving house")
    assert "moving house" in entrepot.refused("erp", "pickup", "erp")
    entrepot.ok("erp", "consumers", "resume", "erp")
    assert "erp fetches by itself" in entrepot.ok("erp", "test", "erp")
    assert "1 orders that wait" in entrepot.refused("erp", "consumers", "remove", "erp")
    entrepot.ok("erp", "consumers", "remove", "erp", "--yes")
    assert entrepot.json("erp", "consumers", "list") == []
    assert entrepot.json("erp", "order", number) == []


def test_consumer_is_removed_with_all_that_waited_and_the_audit_log_keeps_it(
    bridge: Bridge, live: LiveApplication
) -> None:
    bridge.consumer()
    bridge.consumer("books")
    _, number = bridge.orders(2)
    erp = bridge.api("pickup")
    (item, _) = erp.get("/pickup/erp")["items"]
    erp.post("/pickup/erp/reject", {"items": [{"id": item["id"], "reason": "unknown tax code"}]})
    make_order(live)  # what is on its way to it finds it gone
    pages = enter(Pages(live), live)
    assert "Orders that wait for it 1 Orders that it has answered" in (
        pages.get("/erp/consumers/erp/remove").text
    )
    assert pages.post("/erp/consumers/erp/remove").status == 303
    assert pages.get("/erp/consumers/erp").status == erp.get("/pickup/erp").status == 404
    run_jobs(live)
    assert waiting(bridge, "books") == 3
    assert "has rejected" not in pages.get("/problems").text
    assert pages.get(f"/orders/{number}").row("New order").startswith("books")
    assert "Waiting: 1; Told: 1; Booked: 0" in pages.get("/audit").row("Erp consumer: removed")


def test_a_setting_that_is_emptied_goes_back_to_its_default_but_a_secret_stays(bridge: Bridge) -> None:
    secret = make_secret()
    given = {"url": "https://127.0.0.1/", "allow_private": True, "secret": secret}
    bridge.consumer(kind="webhook", settings=given)
    changes = {"url": "https://erp.example/", "allow_private": None, "secret": ""}
    with bridge.live.current().writing("test") as ctx:
        change_consumer(ctx, get_consumer(ctx.session, "erp"), settings=changes)
    assert bridge.get().settings == {"url": "https://erp.example/", "secret": secret}


def test_command_line_changes_the_filter_and_the_lease_and_leaves_the_rest(entrepot: Entrepot) -> None:
    erp = ("erp", "consumers")
    entrepot.ok(*erp, "add", "erp", "--store", "default", "--status", "processing", "--lease", "60")

    def known() -> tuple[Mapping[str, Any], int]:
        (found,) = entrepot.json(*erp, "list")
        return found["wanted"], found["lease_seconds"]

    before, _ = known()
    entrepot.ok(*erp, "set", "erp", "--fulfilled-by", "any", "--lease", "90")
    assert known() == (before | {"fulfilled_by": ["any"]}, 90)
    entrepot.ok(*erp, "set", "erp", "--status", "complete", "--status", "closed", "--store", "")
    assert known()[0] == before | {
        "stores": [],
        "statuses": ["complete", "closed"],
        "fulfilled_by": ["any"],
    }
    for wrong, why in (
        (("--store", "nowhere"), "there is no store"),
        (("--channel", "bazaar"), "there is no channel"),
        (("--lease", "1"), "a lease lasts 5 to"),
        (("secret=whsec_x",), "a consumer that pulls has no settings"),
    ):
        assert why in entrepot.refused(*erp, "set", "erp", *wrong)
    assert "no settings" in entrepot.refused(*erp, "add", "other", "--set", "url=https://erp.example")
    assert "choose one of pull, webhook" in entrepot.refused(*erp, "add", "other", "--kind", "carrier")
    assert "say what to change" in entrepot.wrong(*erp, "set", "erp")


def test_command_line_sets_which_columns_a_file_has(entrepot: Entrepot, tmp_path: Path) -> None:
    settings = [f"outgoing={tmp_path}", "format=csv", 'columns_out={"No": "number", "SKU": "line.sku"}']
    given = [part for setting in settings for part in ("--set", setting)]
    assert entrepot.json("erp", "consumers", "add", "files", "--kind", "files", *given)["kind"] == "files"
    entrepot.ok("erp", "consumers", "set", "files", 'columns_in={"sku": "Artikel"}', "quiet_seconds=5")
    for wrong, why in (
        ("columns_in=Artikel", "written as JSON"),
        ('columns_out={"No": "nmber"}', "did you mean number?"),
        ("delimeter=tab", "did you mean delimiter?"),
    ):
        assert why in entrepot.refused("erp", "consumers", "set", "files", wrong)
    for wrong in ("format", "=csv"):
        refused = entrepot.refused("erp", "consumers", "add", "b", "--kind", "files", "--set", wrong)
        assert "KEY=VALUE" in refused
    hidden = ["host=a.example", "user=u", "host_key=ssh-ed25519 AAAA", "password=p", "private_key=k"]
    entrepot.ok("erp", "consumers", "set", "files", *hidden)
    entrepot.ok("erp", "consumers", "set", "files", "password=")  # the key will do
    assert "asks for a password" in entrepot.refused("erp", "consumers", "set", "files", "private_key=")
    assert "has no settings" in entrepot.refused("erp", "consumers", "add", "b", "--set", "a=b")
