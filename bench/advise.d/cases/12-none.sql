-- Where no index pays: what one would try first is built and measured.

-- order by its key
-- guess orders (id) INCLUDE (total)
SELECT * FROM orders WHERE id = 777;

-- lines of an order
-- guess lines (order_id)
SELECT * FROM lines WHERE order_id = 777;

-- orders by their keys
-- guess orders USING hash (id)
SELECT * FROM orders WHERE id = ANY ('{1,77,777,7777}');

-- country by name
-- guess countries (name)
SELECT * FROM countries WHERE name = 'country 77';

-- orders that are done
-- guess orders (status)
-- guess orders (id) WHERE status = 'done'
SELECT * FROM orders WHERE status = 'done';

-- totals of everything
-- guess orders (total)
SELECT sum(total), avg(total), min(priority), max(shipped_at), count(note) FROM orders;

-- totals of what is done
-- guess orders (status)
SELECT warehouse, sum(total), max(placed_at), count(note), count(coupon) FROM orders WHERE status = 'done' GROUP BY warehouse;

-- everything joined
-- guess lines (product_id)
SELECT p.category_id, sum(l.price * l.quantity), count(*) FILTER (WHERE l.returned) FROM lines l JOIN products p ON p.id = l.product_id GROUP BY p.category_id;

-- any five
-- guess products (title)
SELECT id, title, body FROM products ORDER BY random() LIMIT 5;

-- views of pages
-- guess events (kind)
SELECT * FROM events WHERE kind = 'view' AND at < '2025-02-01';

-- all but one country
-- guess customers (country)
SELECT * FROM customers WHERE country <> 'aa';

-- names with a letter
-- guess customers USING gin (name gin_trgm_ops)
SELECT id, name, email FROM customers WHERE name LIKE '%a%';

-- a tag, asked the wrong way round
-- guess customers USING gin (tags)
SELECT id, name FROM customers WHERE 'i17' = ANY (tags);

-- places around, asked by distance
-- guess places USING gist (location)
SELECT id, name FROM places WHERE ST_Distance(location, ST_MakePoint(11.5, 48.1)::geography) < 2000;

-- a month by its name
-- guess orders (placed_at)
SELECT count(total), sum(total) FROM orders WHERE to_char(placed_at, 'YYYY-MM') = '2024-05';

-- any ten that are done
-- guess orders (status)
SELECT * FROM orders WHERE status = 'done' LIMIT 10;

-- without a coupon
-- guess orders (coupon)
SELECT id, total, placed_at, note FROM orders WHERE coalesce(coupon, '') = '';

-- no lockers nearby
-- guess places (kind)
SELECT id, name, location FROM places WHERE kind NOT IN ('depot');

-- an order is placed
-- guess orders (customer_id)
INSERT INTO orders VALUES (2000000, 777, 'open', 'web', 12.5, 'EUR', '2026-01-01', NULL, NULL, NULL, 0, 3, '0d7b03fc-0098-deab-5a48-49e38b36652b', NULL);

-- a hit is counted
-- guess counters (name)
INSERT INTO counters VALUES (7, 'counter 7', 1, '2026-01-01') ON CONFLICT (tenant, name) DO UPDATE SET hits = counters.hits + 1, changed_at = excluded.changed_at;

-- money moves
-- guess accounts (balance)
UPDATE accounts SET balance = balance - 10, changed_at = '2026-01-01' WHERE id = 77;

-- everyone gets interest
-- guess accounts (owner)
UPDATE accounts SET balance = balance * 1.01;

-- products in neither category
-- guess products (category_id)
SELECT id, title, body FROM products WHERE category_id NOT IN (SELECT id FROM categories WHERE parent_id = 1);

-- no table at all
SELECT n, n * n FROM generate_series(1, 100) AS n;

-- a day's rows by their number
-- guess orders (id, total)
SELECT sum(total), count(note) FROM orders WHERE id BETWEEN 700000 AND 701000;

-- a tenant's counter
-- guess counters (name)
SELECT hits FROM counters WHERE tenant = 77 AND name = 'counter 77';

-- events of a bit of everything
-- guess events (took_ms)
SELECT kind, avg(took_ms), count(DISTINCT session) FROM events WHERE took_ms >= 0 AND at < '2025-02-01' GROUP BY kind;
