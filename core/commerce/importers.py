"""Everything that comes from CSV files."""

from __future__ import annotations

from core.commerce.customer_import import CustomerImport
from core.commerce.import_plans import Importer
from core.commerce.product_import import ProductImport

PRODUCTS = ProductImport()
CUSTOMERS = CustomerImport()
IMPORTERS: tuple[Importer, ...] = (PRODUCTS, CUSTOMERS)
