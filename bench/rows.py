"""What a shop of so many orders consists of, each table in one statement, computed from the order's number.

In braces stand what `bench.seeding` fills in: the counts, and what SQLite and PostgreSQL write differently.
Tables that the shop prunes by itself hold what it keeps: a quarter of events, a week of jobs. What people
have to look at is as much in a small shop as in a large one.
"""

from __future__ import annotations

_COUNT = """WITH RECURSIVE counter(n) AS
  (SELECT CAST(1 AS bigint) UNION ALL SELECT n + 1 FROM counter WHERE n < {%s})"""
_SHIPPED = "FROM orders WHERE status IN ('complete', 'closed')"
_RECENT = "FROM orders WHERE id > {orders} - {orders} / 8"

CUSTOMERS = """
INSERT INTO customers (id, store_id, name, email, email_index, match_index, email_is_placeholder,
  buyer_contact_allowed, origin, created_at)
SELECT id + 1, (SELECT min(id) FROM stores), name, email, email_index, email_index, FALSE, FALSE, 'amazon',
  {start}
FROM bench_buyers
"""
CUSTOMER_WORDS = """
INSERT INTO name_words (subject, word)
SELECT 'customer:' || CAST(id + 1 AS varchar(20)), first_word FROM bench_buyers
UNION ALL SELECT 'customer:' || CAST(id + 1 AS varchar(20)), last_word FROM bench_buyers
"""
CUSTOMER_ADDRESSES = """
INSERT INTO customer_addresses (id, customer_id, name, country) SELECT id + 1, id + 1, name, 'DE'
FROM bench_buyers
"""
PRODUCTS = f"""
INSERT INTO products (id, sku, name, price, currency, is_managed, is_enabled, created_at)
{_COUNT % "products"}
SELECT n, 'SKU-' || CAST(1000000 + n AS varchar(20)), 'Shirt kind' || CAST(n % 100 AS varchar(20)),
  100000, 'EUR', TRUE, TRUE, {{start}}
FROM counter
"""
PRODUCT_WORDS = "INSERT INTO product_words (word, product_id) " + " UNION ALL ".join(
    f"SELECT {word}, id FROM products"
    for word in ("lower(sku)", "lower(substr(name, 7))", "'shirt'", "'sku'")
)  # fmt: skip
STOCK = """
INSERT INTO stock_levels (product_id, location_id, on_hand, reserved)
SELECT id, (SELECT min(id) FROM locations), 1000, 0 FROM products
"""
ORDERS = f"""
INSERT INTO orders (id, number, store_id, status, currency, total, stated_total, charges_total, customer_id,
  buyer_name, buyer_email, buyer_email_index, email_is_placeholder, buyer_contact_allowed, channel,
  channel_account_id, marketplace, external_id, fulfilled_by, payment_is_captured, placed_at, ship_by,
  created_at)
{_COUNT % "orders"}
SELECT n, CAST(1000000 + n AS varchar(20)), (SELECT min(id) FROM stores),
  CASE WHEN n > {{orders}} - {{open}} THEN 'processing' WHEN n % 33 = 0 THEN 'canceled'
    WHEN n % 20 = 1 THEN 'closed' ELSE 'complete' END,
  CASE WHEN n % 10 = 0 THEN 'GBP' ELSE 'EUR' END,
  (n * 7919 % 50000 + 500) * 100, (n * 7919 % 50000 + 500) * 100, (n * 7919 % 50000 + 500) * 100,
  CASE WHEN n % 2 = 0 THEN buyer.id + 1 ELSE NULL END,
  buyer.name, buyer.email, buyer.email_index, FALSE, FALSE,
  CASE WHEN n % 10 = 3 THEN NULL ELSE 'amazon' END, CASE WHEN n % 10 = 3 THEN NULL ELSE 1 END,
  CASE WHEN n % 10 = 3 THEN NULL ELSE 'A1PA6795UKMFR9' END,
  CASE WHEN n % 10 = 3 THEN NULL ELSE '302-' || CAST(1000000 + n AS varchar(20)) || '-1234567' END,
  'merchant', TRUE, {{placed}}, CASE WHEN n % 10 = 3 THEN NULL ELSE {{ship_by}} END, {{placed}}
FROM counter JOIN bench_buyers buyer ON buyer.id = n * 31 % {{buyers}}
"""
ORDER_WORDS = """
INSERT INTO order_words (order_id, word, placed_at)
SELECT orders.id, first_word, placed_at
FROM orders JOIN bench_buyers buyer ON buyer.id = orders.id * 31 % {buyers}
UNION ALL SELECT orders.id, last_word, placed_at
FROM orders JOIN bench_buyers buyer ON buyer.id = orders.id * 31 % {buyers}
"""
ORDER_ADDRESSES = """
INSERT INTO order_addresses (id, order_id, kind, name, line1, postal_code, city, country)
SELECT id, id, 'shipping', buyer_name, buyer_name, buyer_name, buyer_name, 'DE' FROM orders
"""
ORDER_LINES = """
INSERT INTO order_lines (id, order_id, position, product_id, sku, name, unit_price, quantity,
  quantity_shipped, quantity_canceled)
SELECT orders.id, orders.id, 1, products.id, sku, name, total, 1,
  CASE WHEN status IN ('complete', 'closed') THEN 1 ELSE 0 END,
  CASE status WHEN 'canceled' THEN 1 ELSE 0 END
FROM orders JOIN products ON products.id = orders.id % {products} + 1
"""
CHARGES = """
INSERT INTO charges (id, order_id, line_id, kind, amount) SELECT id, id, id, 'price', total FROM orders
"""
HISTORY = """
INSERT INTO order_status_changes (order_id, old_status, new_status, reason, actor, changed_at)
SELECT id, NULL, 'processing', 'placed', 'core', placed_at FROM orders
UNION ALL SELECT id, 'processing', status, 'shipped', 'core', placed_at FROM orders
WHERE status <> 'processing'
"""
SHIPMENTS = f"""
INSERT INTO shipments (id, order_id, origin, shipped_at, created_at, actor)
SELECT id, id, 'merchant', placed_at, placed_at, 'core' {_SHIPPED}
"""
PACKAGES = f"""
INSERT INTO packages (id, shipment_id, carrier, tracking_number)
SELECT id, id, 'DHL', 'T' || number {_SHIPPED}
"""
PACKAGE_LINES = f"""
INSERT INTO package_lines (id, package_id, order_line_id, quantity) SELECT id, id, id, 1 {_SHIPPED}
"""
RESERVATIONS = """
INSERT INTO reservations (product_id, location_id, holder, quantity, reason, created_at)
SELECT product_id, (SELECT min(id) FROM locations), 'order:' || CAST(order_id AS varchar(20)), 1, 'placed',
  {start} FROM order_lines
UNION ALL
SELECT product_id, (SELECT min(id) FROM locations), 'order:' || CAST(order_id AS varchar(20)), -1,
  'shipped', {start} FROM order_lines WHERE quantity_shipped + quantity_canceled > 0
"""
MOVEMENTS = """
INSERT INTO stock_movements (product_id, location_id, quantity, reason, reference, actor, created_at)
SELECT product_id, (SELECT min(id) FROM locations), -1, 'shipped',
  'order:' || CAST(order_id AS varchar(20)),
  'core', {start} FROM order_lines WHERE quantity_shipped > 0
"""
CHANNEL_ORDERS = """
INSERT INTO channel_orders (id, account_id, marketplace, external_id, status, fulfilled_by, placed_at,
  updated_at, ship_by, currency, total, units_unshipped, buyer_name, payload, order_id, counts_as_new,
  is_due, stored_at)
SELECT orders.id, 1, marketplace, external_id,
  CASE status WHEN 'processing' THEN 'Unshipped' WHEN 'canceled' THEN 'Canceled' ELSE 'Shipped' END,
  fulfilled_by, placed_at, placed_at, ship_by, currency, total,
  CASE status WHEN 'processing' THEN 1 ELSE 0 END, buyer_name, buyer.payload, orders.id, TRUE, FALSE,
  placed_at
FROM orders JOIN bench_buyers buyer ON buyer.id = 0 WHERE external_id IS NOT NULL
"""
CONFIRMATIONS = f"""
INSERT INTO channel_confirmations (channel_order_id, package_id, reference, state, created_at, accepted_at)
SELECT id, id, '1', 'accepted', placed_at, placed_at {_SHIPPED} AND external_id IS NOT NULL
"""
TRACE = """
INSERT INTO channel_trace (account_id, external_id, code, data, happened_at, last_at, times)
SELECT 1, external_id, 'arrived', '{{"status": "Unshipped", "fulfilled_by": "merchant"}}', placed_at,
  placed_at, 1
FROM channel_orders
"""
RUNS = f"""
INSERT INTO channel_sync_runs (account_id, started_at, ended_at, seen, imported, updated, skipped, held,
  failed)
{_COUNT % "runs"} SELECT 1, {{start}}, {{start}}, 5, 5, 0, 0, 0, 0 FROM counter
"""
EVENTS = f"""
INSERT INTO events (id, name, subject, payload, created_at, actor)
SELECT id, 'order_created', 'order:' || CAST(id AS varchar(20)), '{{{{}}}}', created_at, 'core' {_RECENT}
"""
DELIVERIES = """
INSERT INTO deliveries (event_id, plugin, subject, state, attempts, times_told, delivered_at)
SELECT id, 'erp_bridge', subject, 'delivered', 1, 1, created_at FROM events
UNION ALL SELECT id, 'guest_checkout', subject,
  CASE WHEN id % {rare} = 0 THEN 'parked' ELSE 'delivered' END, 1, 1, created_at FROM events
"""
JOBS = """
INSERT INTO jobs (name, args, state, priority, run_at, attempts, created_at, ended_at)
SELECT CASE WHEN id % 3 = 0 THEN 'channels.poll_account' ELSE 'channels.confirm_package' END,
  '{{}}', CASE WHEN id % {rare} = 0 THEN 'failed' ELSE 'done' END, 0, created_at, 1, created_at, created_at
FROM orders WHERE id > {orders} - {orders} / 20
"""
AUDIT = """
INSERT INTO audit_log (at, actor, action, subject, detail)
SELECT placed_at, 'operator:1', 'personal_data.seen', 'order:' || number, '{{}}' FROM orders
"""
PROBLEMS = """
INSERT INTO problems (kind, cause, subject, message, data, first_at, last_at, resolved_at, urgency)
SELECT 'confirmation_failed', CAST(id % 400 AS varchar(20)), 'order:' || CAST(id AS varchar(20)),
  'The channel refused it.', '{{}}', placed_at, placed_at,
  CASE WHEN status = 'processing' AND id % 5 = 0 THEN NULL ELSE placed_at END, 3
FROM orders WHERE id > {orders} - {orders} / 20
"""
#: By table, in the order that they refer to each other.
STATEMENTS = {
    "customers": CUSTOMERS, "name_words": CUSTOMER_WORDS, "customer_addresses": CUSTOMER_ADDRESSES,
    "products": PRODUCTS, "product_words": PRODUCT_WORDS, "stock_levels": STOCK,
    "orders": ORDERS, "order_words": ORDER_WORDS, "order_addresses": ORDER_ADDRESSES,
    "order_lines": ORDER_LINES, "charges": CHARGES, "order_status_changes": HISTORY,
    "shipments": SHIPMENTS, "packages": PACKAGES, "package_lines": PACKAGE_LINES,
    "reservations": RESERVATIONS, "stock_movements": MOVEMENTS, "channel_orders": CHANNEL_ORDERS,
    "channel_confirmations": CONFIRMATIONS, "channel_trace": TRACE, "channel_sync_runs": RUNS,
    "events": EVENTS, "deliveries": DELIVERIES, "jobs": JOBS, "audit_log": AUDIT, "problems": PROBLEMS,
}  # fmt: skip
