-- Views, common tables, partitions.

-- open orders of a country, by a view
-- index orders (customer_id) WHERE status = 'open'
-- also orders (status)
-- plain orders (status)
SELECT * FROM open_orders WHERE country = 'dl';

-- address in any case, by a view
-- index customers (lower(email))
-- also customers (lower(email)) WHERE deleted_at IS NULL
SELECT * FROM customer_mail WHERE address = 'user.77@mail.test';

-- sales of a brand, by a view
-- index products (brand); lines (product_id)
SELECT title, sum(quantity) FROM product_sales WHERE brand = 'brand 700' GROUP BY title;

-- days of a brand, from a materialized view
-- index brand_days (brand, day)
-- less brand_days (brand)
SELECT day, amount FROM brand_days WHERE brand = 'brand 17' AND day BETWEEN '2024-01-01' AND '2024-01-31';

-- all referred, however far
-- index customers (referrer_id)
WITH RECURSIVE tree AS (SELECT id, 1 AS depth FROM customers WHERE id = 5 UNION ALL SELECT c.id, t.depth + 1 FROM customers c JOIN tree t ON c.referrer_id = t.id WHERE t.depth < 4) SELECT depth, count(*) FROM tree GROUP BY depth;

-- a common table that is used twice
-- index orders (customer_id)
WITH mine AS MATERIALIZED (SELECT * FROM orders WHERE customer_id = 777) SELECT (SELECT count(*) FROM mine), (SELECT max(total) FROM mine);

-- events of a customer in all partitions
-- index events (customer_id)
SELECT * FROM events WHERE customer_id = 299000;

-- events of a session in one partition
-- index events (session)
-- also events USING hash (session)
SELECT * FROM events WHERE session = 'c4ca4238-a0b9-2382-0dcc-509a6f75849b' AND at >= '2025-01-01' AND at < '2025-01-03';

-- greatest counters
-- index counters (hits)
SELECT tenant, name, hits FROM counters WHERE hits > 999990;

-- orders and bookings of a customer
-- index orders (customer_id); bookings (customer_id)
SELECT 'order' AS what, id FROM orders WHERE customer_id = 4711 UNION ALL SELECT 'booking', id FROM bookings WHERE customer_id = 4711;

-- newest events of a kind
-- index events (kind, at)
-- also events (at)
SELECT id, at FROM events WHERE kind = 'login' ORDER BY at DESC LIMIT 20;

-- orders of those who were referred
-- index customers (referrer_id); orders (customer_id)
WITH referred AS (SELECT id FROM customers WHERE referrer_id = 17) SELECT count(*), sum(total) FROM orders WHERE customer_id IN (SELECT id FROM referred);
