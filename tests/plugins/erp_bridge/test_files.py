"""The outlet of files, with real folders: of this machine, and behind a real SFTP server."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from marshmallow import ValidationError

from core.errors import NotConfigured, TemporarilyUnavailable
from plugins.erp_bridge.files.settings import FileSettings
from plugins.erp_bridge.mapping.csv_rows import MOST_ROWS
from plugins.erp_bridge.outlets import (
    Arrival,
    CanceledBack,
    PackedLine,
    RefundedBack,
    Refused,
    Returned,
    ReturnedPackage,
    Settled,
    ShippedBack,
    StockBack,
    Taken,
    Verdict,
)
from plugins.erp_bridge.outlets_files import FileOutlet
from tests.plugins.erp_bridge.parcels import ADDRESS, make_line, make_parcel, money
from tests.plugins.erp_bridge.sftp_server import PASSWORD, USER, RunningSftp, serve_sftp
from tests.plugins.erp_bridge.test_ubl import advice, despatch_line, shipment, valid


class Exchange:
    """Two folders of an ERP, and the outlet that knows them."""

    def __init__(self, root: Path, prefix: str, server: RunningSftp | None = None) -> None:
        self.root = root
        self.booked: dict[str, datetime] = {}
        self.problems: list[str] = []
        self.given: dict[str, Any] = {"outgoing": f"{prefix}/out", "incoming": f"{prefix}/in"}
        if server is not None:
            key = f"127.0.0.1 {server.host_key}"
            access = {"user": USER, "password": PASSWORD, "host_key": key}
            self.given |= {"host": "127.0.0.1", "port": server.port, **access}
        for name in ("out", "in"):
            (root / name).mkdir()

    def outlet(self, **changes: Any) -> FileOutlet:
        """The outlet with valid settings, as an operator would have entered them."""
        return FileOutlet(FileSettings().load({**self.given, **changes}), "erp")

    def names(self, folder: str) -> list[str]:
        """The files in a folder, hidden ones too."""
        return sorted(each.name for each in (self.root / folder).iterdir() if each.is_file())

    def drop(self, name: str, content: str | bytes, age: float = 60) -> None:
        """A file that came so many seconds ago."""
        path = self.root / "in" / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(path, (time.time() - age,) * 2)

    def take(
        self, refuse: Callable[[Returned], str | None] = lambda _: None, **changes: Any
    ) -> list[Returned]:
        """Collect and settle all that came, as the driver does."""
        outlet = self.outlet(**changes)
        found = []
        self.problems = []
        for arrived in outlet.collect():
            if isinstance(arrived, Settled):
                self.problems += [arrived.problem] if arrived.problem else []
                continue
            for returned in arrived.returned:
                found.append(returned)
                before = self.booked.get(returned.key)
                error = refuse(returned)
                if error is None:
                    self.booked.setdefault(returned.key, datetime.now(UTC))
                outlet.settle([Verdict(returned.key, error, before)])
        return found

    def reason(self, name: str) -> str:
        """What lies beside a file with errors."""
        return (self.root / "in/errors" / f"{name}.reason.txt").read_text()


@pytest.fixture
def exchange(tmp_path: Path) -> Exchange:
    """Folders of this machine."""
    return Exchange(tmp_path, str(tmp_path))


@pytest.fixture(params=["local", "sftp"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Exchange]:
    """Folders of this machine, and of an SFTP server."""
    if request.param == "local":
        yield Exchange(tmp_path, str(tmp_path))
        return
    with serve_sftp(tmp_path) as server:
        yield Exchange(tmp_path, "", server)


SHIPMENTS = (
    "order_number;carrier;tracking_number;sku;quantity\n"
    "100000001;DHL;T1;A;2\n100000001;DHL;T2;A;1\n100000002;UPS;T3;;\n100000003;UPS;T4;B;none\n"
)


def test_orders_go_out_and_shipments_come_back(either: Exchange) -> None:
    parcels = [make_parcel(1), make_parcel(2, "order.canceled"), make_parcel(1)]
    assert list(either.outlet().deliver(parcels)) == [Taken(1), Taken(2), Taken(1)]
    canceled, _, order, _ = names = either.names("out")  # the one that was told twice replaced itself
    assert [name.split("-")[0] for name in names] == ["cancellation"] * 2 + ["order"] * 2
    valid((either.root / "out" / order).read_bytes())
    valid((either.root / "out" / canceled).read_bytes(), "OrderCancellation")
    content = (either.root / "out" / order).read_bytes()
    assert (either.root / "out" / f"{order}.totals").read_text().splitlines() == [
        f"file={order}", "orders=1", "units=3", "amount.EUR=40.50", f"sha256={sha256(content).hexdigest()}",
    ]  # fmt: skip

    either.drop("d.xml", advice(despatch_line("A", "1"), whole=shipment("T1")))
    either.drop("shipments-1.csv", SHIPMENTS)
    either.drop("broken.xml", b"<a")
    found = either.take(
        lambda one: "there is no order" if one.key.startswith("despatch") else None, delimiter="semicolon"
    )
    packages = [ReturnedPackage("DHL", "T1", [PackedLine("A", 2)])]
    assert [(one.order_number, one.packages) for one in found if isinstance(one, ShippedBack)] == [
        ("100000001", [ReturnedPackage("DHL", "T1", [PackedLine("A", 1)])]),
        ("100000001", [*packages, ReturnedPackage("DHL", "T2", [PackedLine("A", 1)])]),
        ("100000002", [ReturnedPackage("UPS", "T3", None)]),
    ]
    assert (either.names("in"), either.names("in/archive")) == ([], ["shipments-1.csv"])
    assert either.names("in/errors") == [
        "broken.xml", "broken.xml.reason.txt", "d.xml", "d.xml.reason.txt", "shipments-1.csv",
        "shipments-1.csv.reason.txt",
    ]  # fmt: skip
    assert "not XML that can be read" in either.reason("broken.xml")
    assert either.reason("d.xml").splitlines() == [
        "d.xml: 0 booked, 1 refused", "order 100000001: there is no order",
    ]  # fmt: skip
    assert "line 5: 'none' is no quantity" in either.reason("shipments-1.csv")
    assert either.reason("shipments-1.csv").startswith("shipments-1.csv: 2 booked, 1 refused")
    # What was refused of it can be mended and sent; all of it would do no harm either.
    rest = (either.root / "in/errors/shipments-1.csv").read_text()
    assert rest.splitlines() == [SHIPMENTS.splitlines()[place] for place in (0, 4)]
    either.drop("shipments-1.csv", SHIPMENTS.replace("none", "1"))
    again = either.take(delimiter="semicolon")
    assert [one.key for one in again[:2]] == [one.key for one in found[1:]]  # so that they are booked once
    assert either.names("in/archive") == ["shipments-1.csv", "shipments-1~2.csv"]
    assert "can be read and written" in either.outlet().test()
    assert either.names("out") == names
    with pytest.raises(NotConfigured, match="there is no folder"):
        list(either.outlet(outgoing="/none/there").deliver(parcels))


def test_an_sftp_server_is_asked_for_its_key_and_tells_who_may_come_in(tmp_path: Path) -> None:
    with serve_sftp(tmp_path) as server, serve_sftp(tmp_path) as other:
        exchange = Exchange(tmp_path, "", server)
        with pytest.raises(NotConfigured, match="another key"):
            exchange.outlet(host_key=other.host_key).test()
        with pytest.raises(NotConfigured, match="neither this user nor these credentials"):
            exchange.outlet(password="wrong").test()
    with pytest.raises(TemporarilyUnavailable, match="could not be reached"):
        exchange.outlet().test()
    for change in ("user", "password", "host_key"):
        with pytest.raises(ValidationError, match=change):
            exchange.outlet(**{change: ""})


def test_a_file_that_may_not_be_read_is_put_aside_and_holds_up_no_other(tmp_path: Path) -> None:
    with serve_sftp(tmp_path) as server:
        exchange = Exchange(tmp_path, "", server)
        for name in ("stock-1.csv", "stock-2.csv"):
            exchange.drop(name, "sku,on_hand\nA,5\n")
        (tmp_path / "in/stock-1.csv").chmod(0)
        assert len(exchange.take()) == 1
    assert "may not read it" in exchange.reason("stock-1.csv")
    assert exchange.names("in/archive") == ["stock-2.csv"]


def test_csv_has_the_columns_that_were_chosen_and_no_formula(exchange: Exchange) -> None:
    columns = {
        "No": "number", "What": "event", "Name": "shipping.name", "Phone": "shipping.phone",
        "SKU": "line.sku", "Units": "line.quantity", "Off": "line.charge.discount", "Tax": "all.tax",
        "Sum": "total", "Kind": '"B2C"', "Mail": "buyer.email", "Bill": "billing.city",
        "Line": "line.position",
    }  # fmt: skip
    style = {"delimiter": "semicolon", "encoding": "windows-1252", "decimal_comma": True}
    outlet = exchange.outlet(format="csv", columns_out=columns, **style)
    address = [ADDRESS | {"name": "=HYPERLINK(1)\nx"}]
    yen = make_line("B", 1, currency="JPY", charges={"item": "1000"})
    parcels = [
        make_parcel(1, addresses=address, lines=[make_line(), make_line("B")]),
        make_parcel(2, "order.canceled", lines=[yen], total=money("1000", "JPY"), buyer=None),
        make_parcel(3, addresses=[ADDRESS | {"name": "Łódź"}]),
    ]
    outcomes = {one.parcel_id: one for one in outlet.deliver(parcels)}
    assert (outcomes[1], outcomes[2]) == (Taken(1), Taken(2))
    assert isinstance(outcomes[3], Refused)
    assert "U+0141, which windows-1252 lacks" in outcomes[3].reason
    canceled, _, orders, totals = exchange.names("out")
    text = (exchange.root / "out" / orders).read_bytes().decode("cp1252")
    header, *rows = csv.reader(text.splitlines(), delimiter=";")
    assert header == list(columns)
    first = ["100000001", "order.created", "'=HYPERLINK(1) x", "'+49 221 1234"]
    first += ["MUG", "3", "-1,00", "11,02"]
    assert rows == [
        [*first, "40,50", "B2C", "zoe@buyer.example", "", "1"],
        [*first[:4], "B", *first[5:], "40,50", "B2C", "zoe@buyer.example", "", "2"],
    ]
    assert "orders=1\nunits=6\namount.EUR=40.50\n" in (exchange.root / "out" / totals).read_text()
    assert canceled.startswith("cancellations-")
    assert ";1000;B2C;;;1" in (exchange.root / "out" / canceled).read_text("cp1252")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"columns_out": {"No": "nmber"}}, "did you mean number?"),
        ({"columns_out": {"SKU": "line.sku"}}, "no column says which order it is"),
        ({"columns_out": {}}, "there is no column"),
        ({"columns_in": {"order": "No"}}, "'order' is none of what comes back"),
        ({"columns_in": {"sku": "No", "order_number": "no"}}, "named more than once"),
        ({"outgoing": "orders"}, "absolute path"),
        ({"archive": "/srv/x", "errors": "/srv/x/"}, "another one"),
    ],
)
def test_settings_that_do_not_fit_are_refused_in_words(
    exchange: Exchange, changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        exchange.outlet(**changes)
    assert why in str(refused.value)


def test_stock_cancellations_and_refunds_come_back_in_the_other_sides_columns(exchange: Exchange) -> None:
    theirs = {"sku": "Artikel", "on_hand": "Bestand", "change": "Zugang", "as_of": "Stand"}
    theirs["amount"] = "Betrag"
    options = {"columns_in": theirs, "decimal_comma": True, "delimiter": "semicolon"}
    exchange.drop(
        "stock-1.csv",
        "\ufeffARTIKEL;Bestand;Zugang;Stand;location;Farbe\nA;5;;2026-05-01T08:00:00+02:00;MAIN;rot\n"
        "A;;-2;;;\nA;;-2;;;\nB;;;;;\nC;1;;gestern;;\n",
    )
    exchange.drop("cancellations.csv", "order_number;reason;key\n1;no_inventory;c-1\n2;;c-2\n")
    refunds_file = "order_number;reason;Artikel;Betrag\n1;returned;A;12,50\n2;other;;3\n3;other;;\n"
    exchange.drop("refunds.csv", refunds_file)
    found = exchange.take(**options)
    assert [type(one) for one in found] == [CanceledBack] + [RefundedBack] * 3 + [StockBack] * 3
    assert found[0] == CanceledBack("c-1", "1", "no_inventory")
    refunds = [one for one in found if isinstance(one, RefundedBack)]
    assert [one.amounts for one in refunds] == [{"A": Decimal("12.50")}, {}, {}]
    assert [one.amount for one in refunds] == [None, Decimal(3), None]
    stock = [one for one in found if isinstance(one, StockBack)]
    assert [(one.on_hand, one.change, one.location) for one in stock] == [
        (5, None, "MAIN"), (None, -2, None), (None, -2, None),
    ]  # fmt: skip
    assert stock[0].as_of is not None
    first = {one.key for one in found}
    assert len(first) == 7  # the same row twice happened twice
    assert "line 5 has one of on_hand and change" in exchange.reason("stock-1.csv")
    assert "'gestern' is no as_of" in exchange.reason("stock-1.csv")
    assert "line 3 has no reason" in exchange.reason("cancellations.csv")
    exchange.drop("stock-2.csv", "Artikel;Bestand\nA;1.000\nB;2,000\nC;-1\n")  # a thousand, or one?
    (count,) = exchange.take(**options)
    assert isinstance(count, StockBack)
    assert (count.sku, count.on_hand) == ("B", 2)
    assert "line 2: '1.000' is no on_hand" in exchange.reason("stock-2.csv")
    assert "line 4: '-1' is no on_hand: it is at least 0" in exchange.reason("stock-2.csv")
    (exchange.root / "in/archive/stock-2.csv").unlink()
    assert exchange.names("in/archive") == ["cancellations.csv", "refunds.csv", "stock-1.csv"]
    rest = (exchange.root / "in/errors/stock-1.csv").read_bytes().decode("utf-8")
    assert rest.splitlines() == ["ARTIKEL;Bestand;Zugang;Stand;location;Farbe", "B;;;;;", "C;1;;gestern;;"]
    # What was refunded or changed already is said to be, wherever it stands; a key or a time tells others.
    exchange.drop("refunds-2.csv", refunds_file + "1;returned;A;12,50\n", age=0)
    again = [one.key for one in exchange.take(**options, quiet_seconds=0)]
    assert (first & set(again), len(again)) == (set(again[:3]), 4)
    assert "line 2: the same refund was booked before: if it is another one" in (
        exchange.reason("refunds-2.csv")
    )


def test_changes_of_stock_are_booked_once_by_their_file_or_their_time(exchange: Exchange) -> None:
    changes, timed = "sku,change\nA,-2\n", "sku,change,as_of\nA,-2,2026-05-01T08:00:00Z\n"
    for name in ("stock-1.csv", "stock-2.csv", "stock-3.csv"):
        exchange.drop(name, timed if name == "stock-3.csv" else changes, age=0)
        exchange.take(quiet_seconds=0)
    assert exchange.names("in/archive") == ["stock-1.csv", "stock-3.csv"]
    assert exchange.reason("stock-2.csv").splitlines()[1] == (
        "line 2: the same file was booked before: if this happened again, give it an as_of"
    )
    exchange.drop("stock-4.csv", timed + "A,-2,2026-05-01T09:00:00Z\n", age=0)
    exchange.drop("stock-5.csv", changes + "B,-1\n", age=0)  # says the same of A, and means it
    exchange.drop("stock-1.csv", changes)  # the file of before, which was found lying about
    assert len({one.key for one in exchange.take(quiet_seconds=0)} & set(exchange.booked)) == 5
    assert (len(exchange.booked), exchange.problems) == (5, [])


def test_control_totals_are_checked_and_waited_for(exchange: Exchange) -> None:
    content = "sku,on_hand\nA,5\nB,7\n"
    right = f"records=2\nunits=12\nsha256={sha256(content.encode()).hexdigest()}\n"
    exchange.drop("stock-1.csv", content)
    assert exchange.take(require_totals=True) == []
    assert exchange.names("in") == ["stock-1.csv"]
    exchange.drop("stock-1.csv.totals", right)
    assert len(exchange.take(require_totals=True)) == 2
    assert exchange.names("in/archive") == ["stock-1.csv", "stock-1.csv.totals"]
    for number, totals, why in (
        (2, "units=13", "the control total units is 13, but the file comes to 12"),
        (3, "sha256=00", "that of another content"),
        (4, "", "is empty"),
        (5, "weight=3", "cannot be checked: known are records, units, sha256"),
    ):
        exchange.drop(f"stock-{number}.csv", content)
        exchange.drop(f"stock-{number}.csv.totals", totals)
        assert exchange.take() == []
        assert why in exchange.reason(f"stock-{number}.csv")
        assert f"stock-{number}.csv.totals" in exchange.names("in/errors")


def test_a_file_that_is_still_being_written_is_left_alone(exchange: Exchange) -> None:
    content = "sku,on_hand\nA,5\n"
    exchange.drop("stock-1.csv", content, age=0)
    for name in (".stock.csv", "stock.csv.part", "stock.csv.filepart", "notes.txt"):
        exchange.drop(name, content)
    (exchange.root / "in/stock-2.csv").symlink_to(exchange.root / "in/notes.txt")
    assert exchange.take() == []
    assert exchange.names("in") == [
        ".stock.csv", "notes.txt", "stock-1.csv", "stock-2.csv", "stock.csv.filepart", "stock.csv.part",
    ]  # fmt: skip
    assert len(exchange.take(quiet_seconds=0)) == 1
    # One that was replaced while it was booked is not archived unread.
    exchange.drop("stock-3.csv", content)
    outlet = exchange.outlet()
    for arrived in outlet.collect():
        if isinstance(arrived, Arrival):
            exchange.drop("stock-3.csv", content + "B,6\n")
            outlet.settle([Verdict(returned.key) for returned in arrived.returned])
    assert [one.sku for one in exchange.take() if isinstance(one, StockBack)] == ["A", "B"]
    exchange.drop("stock-3.csv", "\x00")
    exchange.drop("letters.csv", content)
    exchange.drop("stock-4.csv", b"sku,on_hand\n\xff,1\n")
    exchange.drop("stock-5.csv", "sku,on_hand\nA,1,2\n")
    exchange.drop("stock-9.csv", "color\nred\n")
    assert exchange.take() == []
    assert "it holds bytes that are no text" in exchange.reason("stock-3.csv")
    assert "none of the columns that are set" in exchange.reason("stock-9.csv")
    assert "shipments, stock, cancellations, refunds" in exchange.reason("letters.csv")
    assert "it is not in utf-8: byte 13" in exchange.reason("stock-4.csv")
    assert "3 values where the header has 2 columns" in exchange.reason("stock-5.csv")
    head = "order_number,carrier,tracking_number,sku,quantity\n"
    exchange.drop("shipments-0.csv", head + ",DHL,T,A,1\n1,DHL,T,A,0\n")
    assert exchange.take() == []
    assert exchange.reason("shipments-0.csv").splitlines()[1:] == [
        "line 2 has no order_number",
        "line 3: '0' is no quantity: it is at least 1; nothing of order 1 was booked",
    ]
    exchange.drop("stock-6.csv", "sku,on_hand,SKU\nA,1,B\n")
    exchange.drop("stock-7.csv", "sku,on_hand\n" + "A,1\n" * (MOST_ROWS + 1))
    exchange.drop("stock-8.csv", "\ufeffsku,on_hand,name\nA,1,Łódź\nA,x,Łódź\n")
    (count,) = exchange.take(encoding="windows-1252")  # though its mark says otherwise
    assert isinstance(count, StockBack)
    assert (count.sku, count.on_hand) == ("A", 1)
    assert (exchange.root / "in/errors/stock-8.csv").read_text("utf-8").splitlines()[1] == "A,x,Łódź"
    assert "names the column sku more than once" in exchange.reason("stock-6.csv")
    assert "at most 100000 rows" in exchange.reason("stock-7.csv")
    (exchange.root / "in/archive/stock-8.csv").unlink()
    exchange.drop("stock-3.csv", content)
    exchange.take()
    assert exchange.names("in/archive") == ["stock-1.csv", "stock-3.csv", "stock-3~2.csv"]
