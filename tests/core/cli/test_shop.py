"""`stores`, `statuses`, `customers` and `products`: the nouns that a shop begins with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from core.commerce.customers import Buyer
from tests.command_line import Entrepot

HEADER = "sku,name,price,currency,quantity,managed\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Writes a CSV file; its path."""

    def write(rows: str, header: str = HEADER, encoding: str = "utf-8") -> str:
        path = tmp_path / "products.csv"
        path.write_bytes((header + rows).encode(encoding))
        return str(path)

    return write


def test_a_new_shop_has_the_default_store(entrepot: Entrepot) -> None:
    (store,) = entrepot.json("stores", "list")
    assert (store["code"], store["currency"]) == ("default", "EUR")
    assert "default" in entrepot.ok("stores", "list")


def test_a_store_is_added_once(on_each: Entrepot) -> None:
    added = on_each.json("stores", "add", "japan", "--name", "日本", "--currency", "JPY", "--prefix", "JP")
    assert (added["code"], added["name"], added["currency"]) == ("japan", "日本", "JPY")
    assert added["next_order_number"].startswith("JP")
    assert added in on_each.json("stores", "list")
    assert len(on_each.json("stores", "list", "--limit", "1")) == 1
    assert "already" in on_each.refused("stores", "add", "japan")
    athens = on_each.json("locations", "add", "ATHENS", "--name", "Athens")
    assert on_each.json("locations", "list")[0] == athens
    assert "already" in on_each.refused("locations", "add", "ATHENS")


@pytest.mark.parametrize(
    "words",
    [["Upper"], ["x" * 33], [""], ["a b"], ["ok", "--currency", "EURO"], ["ok", "--currency", "XXX1"],
     ["ok", "--prefix", "P1"], ["ok", "--name", " "]],
)  # fmt: skip
def test_a_store_that_cannot_be_is_refused(entrepot: Entrepot, words: list[str]) -> None:
    entrepot.refused("stores", "add", *words)
    assert len(entrepot.json("stores", "list")) == 1


def test_statuses_are_the_standard_ones_and_the_merchants_own(on_each: Entrepot) -> None:
    codes = {row["code"]: row["is_final"] for row in on_each.json("statuses", "list")}
    assert codes == {
        "pending": False,
        "processing": False,
        "on_hold": False,
        "complete": True,
        "canceled": True,
        "closed": True,
    }
    added = on_each.json("statuses", "add", "check", "--label", "To be checked", "--like", "on_hold")
    assert added == {"code": "check", "label": "To be checked", "like": "on_hold", "is_final": False}
    assert added in on_each.json("statuses", "list")
    assert "already" in on_each.refused("statuses", "add", "check", "--label", "X", "--like", "pending")


@pytest.mark.parametrize(
    "words",
    [["Check", "--label", "X", "--like", "pending"], ["check", "--label", "", "--like", "pending"],
     ["check", "--label", "X", "--like", "complete"], ["check", "--label", "X", "--like", "check"]],
)  # fmt: skip
def test_a_status_that_cannot_be_is_refused(entrepot: Entrepot, words: list[str]) -> None:
    before = entrepot.json("statuses", "list")
    entrepot.refused("statuses", "add", *words)
    assert entrepot.json("statuses", "list") == before


def test_customers_of_a_new_shop_are_none(entrepot: Entrepot) -> None:
    assert entrepot.json("customers", "list") == []
    assert entrepot.ok("customers", "list") == "There is no customer yet.\n"


def test_customers_are_listed_with_their_addresses(
    on_each: Entrepot, order_on_each: Callable[..., str]
) -> None:
    buyer = Buyer("Erika Mustermann", "erika@example.com")
    number = order_on_each(customer_policy="build_new_customer_account", buyer=buyer)
    (customer,) = on_each.json("customers", "list")
    assert on_each.json("orders", "show", number)["customer_id"] == customer["id"]
    assert (customer["name"], customer["email"]) == ("Erika Mustermann", "erika@example.com")
    assert customer["store"] == "default"
    assert datetime.fromisoformat(customer["created_at"]).tzinfo is not None
    assert "erika@example.com" in on_each.ok("customers", "list")


def test_products_of_a_new_shop_are_none(entrepot: Entrepot) -> None:
    assert entrepot.json("products", "list") == []
    assert entrepot.ok("products", "list") == "There is no product yet.\n"


def test_products_are_imported_and_listed_with_their_stock(
    on_each: Entrepot, write: Callable[..., str], order_on_each: Callable[..., str]
) -> None:
    file = write("MUG,Becher «blau»,12.50,EUR,20,yes\nPDF,A download,5,EUR,,no\n")
    assert on_each.json("products", "import", file) == {"created": 2, "updated": 0, "unchanged": 0}
    assert on_each.json("products", "import", file) == {"created": 0, "updated": 0, "unchanged": 2}
    mug, pdf = on_each.json("products", "list")
    assert mug == {
        "sku": "MUG",
        "name": "Becher «blau»",
        "price": {"amount": "12.50", "currency": "EUR"},
        "managed": True,
        "enabled": True,
        "on_hand": 20,
        "reserved": 0,
        "available": 20,
    }
    assert (pdf["managed"], pdf["on_hand"]) == (False, 0)
    order_on_each(("MUG", 3))
    assert "Becher «blau»" in on_each.ok("products", "list")
    assert len(on_each.json("products", "list", "--limit", "1")) == 1


def test_quantity_is_what_is_on_hand_afterwards(entrepot: Entrepot, write: Callable[..., str]) -> None:
    entrepot.ok("products", "import", write("MUG,Mug,12.50,EUR,20,yes\n"))
    counts = entrepot.json("products", "import", write("MUG,Mug,12.50,EUR,5,yes\nCUP,Cup,1,EUR,1,yes\n"))
    assert counts == {"created": 1, "updated": 1, "unchanged": 0}
    assert [row["on_hand"] for row in entrepot.json("products", "list")] == [1, 5]
    assert "created: 0" in entrepot.ok("products", "import", write("MUG,Mug,12.50,EUR,5,yes\n"))


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ("MUG,Mug,twelve,EUR,20,yes\n", "line 3: 'twelve'"),
        ("MUG,Mug,12.50,EUR,-1,yes\n", "quantity"),
        ("MUG,Mug,12.50,EUR,1.5,yes\n", "quantity"),
        ("MUG,Mug,12.50,EUR,20,maybe\n", "yes or no"),
        ("MUG,Mug,12.505,EUR,20,yes\n", "more digits than EUR"),
        ("MUG,Mug,12.5,JPY,20,yes\n", "more digits than JPY"),
        ("MUG,Mug,12.50,EURO,20,yes\n", "EURO"),
        (",Mug,12.50,EUR,20,yes\n", "has no sku"),
        ("MUG,Mug,12.50,EUR,20\n", "5 values"),
        ("MUG,a,1,EUR,1,yes\nMUG,b,1,EUR,1,yes\n", "is in line 3 already"),
    ],
)
def test_a_file_with_a_mistake_is_refused_whole(
    entrepot: Entrepot, write: Callable[..., str], rows: str, complaint: str
) -> None:
    assert complaint in entrepot.refused("products", "import", write("OK,Ok,1,EUR,1,yes\n" + rows))
    assert entrepot.json("products", "list") == []


def test_a_file_that_is_no_list_of_products_is_refused(
    entrepot: Entrepot, write: Callable[..., str], tmp_path: Path
) -> None:
    assert "sku" in entrepot.refused("products", "import", write("", header=""))
    assert "name" in entrepot.refused("products", "import", write("a,b\n", header="sku,colour\n"))
    assert "UTF-8" in entrepot.refused(
        "products", "import", write("MUG,Bécher,1,EUR,1,yes\n", encoding="latin-1")
    )
    (tmp_path / "bytes.csv").write_bytes(b"sku\n\x00\xff\xfe")
    entrepot.refused("products", "import", str(tmp_path / "bytes.csv"))


def test_a_file_as_a_spreadsheet_writes_it_is_read(entrepot: Entrepot, write: Callable[..., str]) -> None:
    file = write(
        HEADER.replace(",", ";").replace("\n", "\r\n") + "MUG;Mug;12.50;EUR;2;yes\r\n", header="\ufeff"
    )
    entrepot.ok("products", "import", file)
    assert Decimal(entrepot.json("products", "list")[0]["price"]["amount"]) == Decimal("12.50")


def test_a_file_that_is_not_there_is_wrong_usage(entrepot: Entrepot, tmp_path: Path) -> None:
    assert "does not exist" in entrepot.wrong("products", "import", str(tmp_path / "missing.csv"))
    assert "is a directory" in entrepot.wrong("products", "import", str(tmp_path))


def test_import_is_shown_before_it_is_made(entrepot: Entrepot, write: Callable[..., str]) -> None:
    entrepot.ok("products", "import", write("MUG,Mug,12.50,EUR,20,yes\nTEA,Tea,1,EUR,1,yes\n"))
    file = write("MUG,Big mug,12.50,EUR,5,yes\nTEA,,,,,\nCUP,Cup,,,,\nBAD,,x,,,\n")
    shown = entrepot.json("products", "import", file, "--dry-run")
    counts = {name: shown[name] for name in ("added", "changed", "unchanged", "wrong")}
    assert counts == {"added": 1, "changed": 1, "unchanged": 1, "wrong": 1}
    assert shown["lines"][0]["changes"] == {"name": ["Mug", "Big mug"], "quantity": ["20", "5"]}
    out = entrepot.ok("products", "import", file, "--dry-run")
    assert "line 2 MUG changed: name: Mug → Big mug, quantity: 20 → 5\n" in out
    assert "line 5 BAD wrong: 'x' is not a decimal number" in out
    assert [row["on_hand"] for row in entrepot.json("products", "list")] == [20, 1]


def test_export_imports_again_unchanged(
    entrepot: Entrepot, write: Callable[..., str], tmp_path: Path
) -> None:
    entrepot.ok("products", "import", write("MUG,=Mug,12.50,EUR,20,yes\nTEA,Tea,,,1,no\n"))
    file = tmp_path / "out.csv"
    assert entrepot.ok("products", "export", str(file)) == ""
    assert "MUG,'=Mug,12.50,EUR,20,yes,yes" in file.read_text("utf-8")
    assert entrepot.ok("products", "export").splitlines() == file.read_text("utf-8").splitlines()
    counts = entrepot.json("products", "import", str(file))
    assert counts == {"created": 0, "updated": 0, "unchanged": 2}
    book = tmp_path / "customers.csv"
    book.write_text("email,name,line1\na@b.c,Ada,Street 1\n", "utf-8")
    assert entrepot.json("customers", "import", str(book), "--dry-run")["added"] == 1
    assert entrepot.json("customers", "import", str(book))["created"] == 1
    entrepot.ok("customers", "export", str(book))
    assert entrepot.json("customers", "import", str(book))["unchanged"] == 1
    book.write_text("email\nb@b.c\nnobody\n", "utf-8")
    assert "line 3" in entrepot.refused("customers", "import", str(book))
    assert len(entrepot.json("customers", "list")) == 1


def test_nouns_are_edited(entrepot: Entrepot, write: Callable[..., str], tmp_path: Path) -> None:
    entrepot.ok("products", "import", write("MUG,Mug,12.50,EUR,20,yes\n"))
    mug = entrepot.json("products", "set", "MUG", "--name", "Cup", "--price", "3", "--disabled")
    assert (mug["name"], mug["price"]["amount"], mug["enabled"], mug["managed"]) == (
        "Cup",
        "3.00",
        False,
        True,
    )
    assert entrepot.json("products", "count", "MUG", "7", "--note", "found some")["on_hand"] == 7
    assert entrepot.json("products", "list", "--search", "cup") == [
        entrepot.json("products", "show", "MUG")
    ]
    assert entrepot.json("products", "set", "MUG", "--price", "")["price"] is None
    assert "currency" in entrepot.refused("products", "set", "MUG", "--price", "1")
    store = entrepot.json("stores", "set", "default", "--prefix", "E", "--next-number", "7")
    assert store["next_order_number"] == "E7"
    entrepot.ok("statuses", "add", "check", "--label", "Check", "--like", "pending")
    status = entrepot.json("statuses", "set", "check", "--label", "Look", "--like", "on_hold")
    assert (status["label"], status["like"]) == ("Look", "on_hold")
    book = tmp_path / "customers.csv"
    book.write_text("email,name\na@b.c,Ada Lovelace\n", "utf-8")
    entrepot.ok("customers", "import", str(book))
    (ada,) = entrepot.json("customers", "list", "--search", "lovelace", "--store", "default")
    changed = entrepot.json("customers", "set", str(ada["id"]), "--email", "ada@b.c")
    assert changed == entrepot.json("customers", "show", str(ada["id"]))
    assert (changed["name"], changed["email"]) == ("Ada Lovelace", "ada@b.c")
