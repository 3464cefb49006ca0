"""From the marketplace to an ERP that reads files, and back: shipped, counted, canceled."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from lxml import etree

from plugins.erp_bridge.consumers import get_consumer, send_soon
from tests.plugins.erp_bridge.conftest import Bridge
from tests.plugins.erp_bridge.test_ubl import advice, all_of, despatch_line, shipment, totals, valid
from tests.shop import Shop


def test_an_order_leaves_as_ubl_and_its_packages_are_confirmed_at_the_marketplace(
    shop: Shop, tmp_path: Path
) -> None:
    folder = tmp_path / "exchange"
    for name in ("out", "in"):
        (folder / name).mkdir(parents=True)
    settings = {"outgoing": f"{folder}/out", "incoming": f"{folder}/in", "quiet_seconds": 0}
    Bridge(shop.live).consumer("warehouse", kind="files", settings=settings)
    shop.stock("A", 10)
    shop.stock("B", 10)
    sold, unwanted = shop.place(("A", 2), ("B", 1)), shop.place(("A", 1))
    shop.sync()
    shop.work()
    orders = {}
    for path in (folder / "out").glob("order-*.xml"):
        root = valid(path.read_bytes())
        assert totals(root)["PrepaidAmount"]
        orders[all_of(root, "c:CustomerReference")[0]] = all_of(root, "c:ID")[0]
    assert set(orders) == {sold, unwanted}
    assert etree.parse(str(next((folder / "out").glob("*.xml")))).getroot().tag.endswith("}Order")

    whole = advice(
        despatch_line("A", "1", shipment("T1")),
        despatch_line("A", "1", shipment("T2")),
        despatch_line("B", "1", shipment("T2")),
        order=orders[sold],
    )
    valid(whole, "DespatchAdvice")
    now = datetime.now(UTC).isoformat()
    canceled = f"order_number,reason\n{orders[unwanted]},NoInventory\nnobody,NoInventory\n"
    counted = f"sku,on_hand,as_of\nA,30,{now}\nB,5,2026-01-01T00:00:00Z\n"
    arriving = {
        "despatch.xml": whole, "cancellations.csv": canceled.encode(), "stock.csv": counted.encode(),
    }  # fmt: skip
    for name, content in arriving.items():
        (folder / "in" / name).write_bytes(content)
        os.utime(folder / "in" / name, (1, 1))
    shop.write(lambda ctx: send_soon(ctx, get_consumer(ctx.session, "warehouse")))
    shop.work()
    shop.later()
    assert [each.status for each in shop.orders()] == ["complete", "on_hold"]
    told = [each.body["packageDetail"]["trackingNumber"] for each in shop.world.confirmations]
    assert sorted(told) == ["T1", "T2"]
    assert shop.world.status_of(sold) == "SHIPPED"
    assert (shop.on_hand("A"), shop.on_hand("B")) == (30, 9)
    archive, errors = (sorted(os.listdir(folder / "in" / name)) for name in ("archive", "errors"))
    assert archive == ["cancellations.csv", "despatch.xml", "stock.csv"]
    assert errors == [
        "cancellations.csv", "cancellations.csv.reason.txt", "stock.csv", "stock.csv.reason.txt",
    ]  # fmt: skip
    reasons = [(folder / "in/errors" / name).read_text() for name in errors if name.endswith(".txt")]
    assert "line 3: there is no order 'nobody'" in reasons[0]
    assert "line 3: stock of B is known as of" in reasons[1]
