"""`entrepot doctor`: well, and each way of not being well."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from core.problems import raise_problem
from core.testing import install_plugin
from tests.command_line import Entrepot, open_shop

CHECKS = ["packages", "migrations", "keys", "copies", "plugins", "reservations", "problems"]


def complaints(entrepot: Entrepot, **environment: str) -> dict[str, str]:
    """What the doctor complains of, with status 1 if there is anything."""
    result = entrepot("doctor", "--json", **environment)
    rows = {row["check"]: row for row in result.json}
    assert list(rows) == CHECKS
    ill = {name: row["found"] for name, row in rows.items() if not row["is_well"]}
    assert (result.status, result.err) == (1 if ill else 0, "")
    return ill


def execute(entrepot: Entrepot, statement: str) -> None:
    """Change the database behind everybody's back."""
    live = open_shop(entrepot)
    with live.engine.begin() as connection:
        connection.execute(text(statement))
    live.close()


def test_doctor_finds_a_new_shop_well(on_each: Entrepot) -> None:
    assert complaints(on_each) == {}
    assert "well" in on_each.ok("doctor")


def test_doctor_names_the_upgrade_before_the_first_one(new: Entrepot) -> None:
    ill = complaints(new)
    assert set(ill) == {*CHECKS} - {"packages"}
    assert all("entrepot db upgrade" in found for found in ill.values())


def test_doctor_finds_tables_that_are_behind(on_each: Entrepot) -> None:
    execute(on_each, "UPDATE alembic_version_core SET version_num = '0000'")
    assert "the tables of core are behind" in complaints(on_each)["migrations"]


def test_doctor_finds_a_database_that_is_away(new: Entrepot) -> None:
    new.secrets.append("hunter2")
    ill = complaints(new, ENTREPOT_DATABASE_URL="postgresql://me:hunter2@127.0.0.1:1/shop")
    assert "the database cannot be used" in ill["migrations"]


def test_doctor_finds_keys_that_do_not_fit(on_each: Entrepot) -> None:
    ill = complaints(on_each, ENTREPOT_SECRET_KEYS=Fernet.generate_key().decode())
    assert "do not open this database" in ill.pop("keys")
    assert set(ill.values()) == {"not looked at, see keys"}
    assert "32 random bytes" in complaints(on_each, ENTREPOT_SECRET_KEYS="short")["keys"]


def test_keys_that_are_missing_are_told_once_and_never_made_anew(new: Entrepot) -> None:
    new.ok("db", "upgrade")
    file = Path(new.environment["ENTREPOT_HOME"]) / "secret.keys"
    kept = file.read_bytes()
    file.unlink()
    ill = complaints(new)
    assert "the secret keys of this database are missing: restore its key file" in ill.pop("keys")
    assert set(ill.values()) == {"not looked at, see keys"}
    for call in ("db upgrade", "stores list", "run --port 0"):
        assert "are missing: restore" in new.refused(*call.split())
    assert not file.exists()
    file.write_bytes(kept)
    assert complaints(new) == {}


def test_keys_are_not_made_for_a_database_that_others_wrote(on_each: Entrepot, tmp_path: Path) -> None:
    assert "are missing: restore" in on_each.refused("stores", "list", ENTREPOT_SECRET_KEYS="")
    assert not (tmp_path / "secret.keys").exists()


def test_doctor_finds_a_plugin_that_is_set_aside(entrepot: Entrepot, tmp_path: Path) -> None:
    source = "from core import Plugin\nplugin = Plugin('notes', 'Notes', '1')\n"
    with install_plugin(tmp_path, "notes", {"notes.py": source}):
        entrepot.ok("plugins", "enable", "notes")
    assert "notes is set aside: no installed distribution offers it" in complaints(entrepot)["plugins"]


def test_doctor_finds_a_reserved_quantity_that_is_not_the_sum_of_its_ledger(
    on_each: Entrepot, tmp_path: Path
) -> None:
    file = tmp_path / "products.csv"
    file.write_text("sku,quantity\nMUG,5\nCUP,5\n", "utf-8")
    on_each.ok("products", "import", str(file))
    execute(on_each, "UPDATE stock_levels SET reserved = 3 WHERE product_id = 1")
    assert complaints(on_each)["reservations"].startswith("1 product has a reserved quantity")


def test_doctor_tells_open_problems(on_each: Entrepot) -> None:
    live = open_shop(on_each)
    with live.current().writing("test") as ctx:
        raise_problem(ctx, "unknown_sku", "MUG", "channel_order:1", "There is no product with the SKU MUG.")
    live.close()
    assert complaints(on_each) == {"problems": "There is no product with the SKU MUG."}


def test_doctor_finds_another_distribution_with_our_names(entrepot: Entrepot, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path / "site"
        metadata = folder / "intruder-1.0.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: intruder\nVersion: 1.0\n", "utf-8")
        (metadata / "top_level.txt").write_text("core\n", "utf-8")
        patch.syspath_prepend(folder)
        assert "'core' is also shipped by intruder" in complaints(entrepot)["packages"]


def test_doctor_names_a_copy_until_it_is_confirmed(on_each: Entrepot) -> None:
    assert "confirmed already" in on_each.ok("db", "confirm")
    on_each.ok("db", "upgrade")
    execute(on_each, "UPDATE installation SET confirmed_addresses = '[\"postgresql://there:5432/shop\"]'")
    found = complaints(on_each)["copies"]
    assert "confirmed as postgresql://there:5432/shop" in found
    assert "`entrepot db confirm`" in found
    assert "from now on" in on_each.ok("db", "confirm")
    assert complaints(on_each) == {}
