"""Products and customers in a browser: files are looked at first, and show how far they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.commerce import file_imports
from core.commerce.catalog import find_product
from core.context import Context
from tests.browser.conftest import Site, check_page, press


def hand_in(page: Page, file: Path, text: str) -> None:
    """Choose a file on the page for it."""
    file.write_text(text, "utf-8")
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Show what will change").click()
    page.wait_for_url("**/import/*")


def test_products_are_imported_after_a_look_at_what_changes(
    site: Site, wide_page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = wide_page
    monkeypatch.setattr(file_imports.working, "PORTION", 2)
    site.shop.stock("MUG", 5)
    page.goto(f"{site.url}/products/import")
    check_page(page)
    hand_in(page, tmp_path / "list.csv", "sku,name,quantity\nMUG,Mug,7\nTEA,Tea,1\nBAD,Bad,x\nCUP,,\n")
    expect(page.get_by_label("The file is being looked through")).to_be_visible()
    check_page(page)
    site.shop.work()
    expect(page.get_by_text("'x' is not a quantity")).to_be_visible()  # without loading the page
    check_page(page)
    page.get_by_role("link", name="Changed 1").click()
    expect(page.get_by_text("Product MUG")).to_be_visible()
    check_page(page)
    press(page.get_by_role("button", name="Import 3 lines"))
    site.shop.work()
    expect(page.get_by_text("Imported", exact=True)).to_be_visible()
    assert site.shop.on_hand("MUG") == 7
    page.goto(f"{site.url}/products?q=mug")
    page.get_by_role("link", name="MUG").click()
    expect(page.get_by_text("product import")).to_be_visible()
    check_page(page)


def test_customers_are_imported_found_and_edited(site: Site, wide_page: Page, tmp_path: Path) -> None:
    page = wide_page
    page.goto(f"{site.url}/customers")
    page.get_by_role("link", name="Import CSV").first.click()
    hand_in(page, tmp_path / "customers.csv", "email,name,line1\nada@example.com,Ada Lovelace,Street 1\n")
    press(page.get_by_role("button", name="Import 1 line"))
    page.goto(f"{site.url}/customers")
    page.get_by_label("Whole email or words of the name").fill("lovelace")
    press(page.get_by_role("button", name="Search"))
    check_page(page)
    press(page.get_by_role("link", name="Ada Lovelace"))
    check_page(page)
    page.get_by_role("link", name="Edit address 1").click()
    page.get_by_label("City").fill("London")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The address is saved.")).to_be_visible()
    expect(page.get_by_text("London")).to_be_visible()


def test_product_of_an_unknown_sku_is_made_from_its_address(site: Site, phone_page: Page) -> None:
    page = phone_page
    page.goto(f"{site.url}/products/new?sku=POT-1")
    expect(page.get_by_label("SKU")).to_have_value("POT-1")
    check_page(page)
    page.get_by_label("Name").fill("Pot")
    page.get_by_role("button", name="Create product").click()
    expect(page.get_by_role("heading", name="POT-1")).to_be_visible()

    def look(ctx: Context) -> bool:
        return find_product(ctx.session, "POT-1") is not None

    assert site.shop.read(look)
