"""Furnishing an empty Tryton as a small German shop would have it: what its own staff does by hand."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from plugins.erp_bridge.client.tryton_sessions import TrytonSession

MODULES = ("sale", "stock", "sale_shipment_cost", "stock_package_shipping")
CARRIER = "DHL"
ON_HAND = 1000
COMPANY = "Entrepot Demo GmbH"
#: Who has a key for the REST API: one books what Entrepot hands over, the other ships it.
ORDERS, WAREHOUSE = "orders", "warehouse"
_COUNTRIES = {
    "AT": "Austria", "BE": "Belgium", "DE": "Germany", "ES": "Spain", "FR": "France",
    "GB": "United Kingdom", "IE": "Ireland", "IT": "Italy", "NL": "Netherlands", "PL": "Poland",
    "SE": "Sweden", "US": "United States",
}  # fmt: skip


def furnish(office: TrytonSession) -> dict[str, str]:
    """Set an empty database up; the REST key of each user."""
    company = _found_company(office)
    office.context = {"company": company}
    revenue, expense = _open_books(office, company)
    tax = _add_tax(office, company)
    office.create(
        "product.category",
        {
            "name": "Goods",
            "accounting": True,
            "account_revenue": revenue,
            "account_expense": expense,
            "customer_taxes": [["add", [tax]]],
        },
    )
    add_products(office, [("CARRIAGE", "Carriage", "0")], kind="service")
    carriage = office.find("product.product", [["code", "=", "CARRIAGE"]])[0]["id"]
    party = office.create("party.party", {"name": CARRIER})[0]
    office.create("carrier", {"party": party, "carrier_product": carriage})
    office.create("stock.package.type", {"name": "Box"})
    return {name: _add_user(office, company, name) for name in (ORDERS, WAREHOUSE)}


def add_products(
    office: TrytonSession, products: Iterable[tuple[str, str, str]], kind: str = "goods"
) -> None:
    """Add products (SKU, name, price), goods with stock on hand."""
    unit = office.find("product.uom", [["name", "=", "Unit"]])[0]["id"]
    category = office.find("product.category", [["name", "=", "Goods"]])[0]["id"]
    skus = []
    for sku, name, price in products:
        skus.append(sku)
        office.create(
            "product.template",
            {
                "name": name,
                "type": kind,
                "default_uom": unit,
                "sale_uom": unit,
                "salable": True,
                "list_price": Decimal(price),
                "account_category": category,
                "products": [["create", [{"suffix_code": sku}]]],
            },
        )
    if kind == "goods":
        _receive(office, skus, unit)


def _receive(office: TrytonSession, skus: list[str], unit: int) -> None:
    """Have stock of them, as after an inventory."""
    source = office.find("stock.location", [["type", "=", "lost_found"]])[0]["id"]
    storage = office.find("stock.location", [["code", "=", "STO"]])[0]["id"]
    moves = [
        {
            "product": product["id"],
            "unit": unit,
            "quantity": ON_HAND,
            "from_location": source,
            "to_location": storage,
            "company": office.context["company"],
        }
        for product in office.find("product.product", [["code", "in", skus]])
    ]
    office.press("stock.move", office.create("stock.move", *moves), "do")


def _found_company(office: TrytonSession) -> int:
    euro = {"name": "Euro", "symbol": "€", "code": "EUR", "digits": 2, "rounding": Decimal("0.01")}
    currency = office.create("currency.currency", euro)[0]
    office.create("country.country", *({"name": _COUNTRIES[code], "code": code} for code in _COUNTRIES))
    germany = office.find("country.country", [["code", "=", "DE"]])[0]["id"]
    address = {"street_unstructured": "Hafenstr. 1", "city": "Hamburg", "country": germany}
    party = office.create("party.party", {"name": COMPANY, "addresses": [["create", [address]]]})[0]
    company = office.create("company.company", {"party": party, "currency": currency})[0]
    office.write("res.user", office.user_id, {"companies": [["add", [company]]], "company": company})
    return company


def _open_books(office: TrytonSession, company: int) -> tuple[int, int]:
    """Make the universal chart of accounts; the accounts of revenue and expense."""
    chart = office.find("account.account.template", [["parent", "=", None]])[0]["id"]
    office.run_wizard(
        "account.create_chart",
        ("create_account", {"account": {"company": company, "account_template": chart}}),
    )
    by_party: list[Any] = [["party_required", "=", True]]
    revenue, expense = _account(office, "revenue"), _account(office, "expense")
    accounts = {
        "default_account_receivable": _account(office, "receivable", by_party),
        "default_account_payable": _account(office, "payable", by_party),
        "default_category_account_revenue": revenue,
        "default_category_account_expense": expense,
    }
    office.write("account.configuration", 1, accounts)
    return revenue, expense


def _account(office: TrytonSession, kind: str, more: Iterable[Any] = ()) -> int:
    domain = [[f"type.{kind}", "=", True], ["closed", "!=", True], *more]
    return int(office.find("account.account", domain)[0]["id"])


def _add_tax(office: TrytonSession, company: int) -> int:
    owed = office.find(
        "account.account",
        [
            ["closed", "!=", True],
            ["type.statement", "=", "balance"],
            ["type.receivable", "=", False],
            ["type.payable", "=", False],
        ],
    )[0]["id"]
    tax = {
        "name": "VAT 19%",
        "description": "VAT 19%",
        "type": "percentage",
        "rate": Decimal("0.19"),
        "invoice_account": owed,
        "credit_note_account": owed,
        "company": company,
    }
    return office.create("account.tax", tax)[0]


def _add_user(office: TrytonSession, company: int, name: str) -> str:
    """Add a user who may sell and ship; its key for the REST API."""
    groups = office.find("res.group", [["name", "in", ["Sales", "Stock"]]])
    user = {
        "name": name,
        "login": name,
        "companies": [["add", [company]]],
        "company": company,
        "groups": [["add", [group["id"] for group in groups]]],
    }
    user_id = office.create("res.user", user)[0]
    application = office.create("res.user.application", {"application": "rest", "user": user_id})[0]
    found = office.find("res.user.application", [["id", "=", application]], ["key"])
    return str(found[0]["key"])
