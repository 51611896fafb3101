-- Sorting, paging, greatest and least.

-- newest orders
-- index orders (placed_at)
SELECT * FROM orders ORDER BY placed_at DESC LIMIT 20;

-- a customer's newest orders
-- index orders (customer_id, placed_at)
SELECT * FROM orders WHERE customer_id = 3 ORDER BY placed_at DESC LIMIT 10;

-- the next page
-- index orders (placed_at, id)
-- also orders (placed_at)
SELECT id, placed_at, total FROM orders WHERE (placed_at, id) < ('2024-06-01', 700000) ORDER BY placed_at DESC, id DESC LIMIT 20;

-- a thread
-- index messages (thread_id)
-- also messages (thread_id, sent_at)
SELECT * FROM messages WHERE thread_id = 77 ORDER BY sent_at;

-- a page of the longest thread
-- index messages (thread_id, sent_at)
SELECT * FROM messages WHERE thread_id = 0 AND sent_at < '2025-01-01' ORDER BY sent_at DESC LIMIT 20;

-- most urgent, then oldest
-- index orders (priority DESC, placed_at)
-- also orders (priority, placed_at DESC)
SELECT * FROM orders ORDER BY priority DESC, placed_at LIMIT 50;

-- best rated
-- index products (rating DESC NULLS LAST)
-- also products (rating NULLS FIRST)
SELECT id, title, rating FROM products ORDER BY rating DESC NULLS LAST LIMIT 20;

-- greatest order
-- index orders (total)
SELECT max(total) FROM orders;

-- last reading of a device
-- index readings (device, at)
SELECT max(at) FROM readings WHERE device = 5;

-- last value of a device
-- index readings (device, at)
SELECT at, value FROM readings WHERE device = 5 ORDER BY at DESC LIMIT 1;

-- how many customers ordered
-- index orders (customer_id)
SELECT count(DISTINCT customer_id) FROM orders;

-- customers who order most
-- index orders (customer_id)
SELECT customer_id, count(*) FROM orders GROUP BY customer_id ORDER BY 2 DESC LIMIT 10;

-- a page by offset
-- index customers (created_at)
SELECT id, name, created_at FROM customers ORDER BY created_at OFFSET 200 LIMIT 20;

-- cheapest of a category
-- index products (category_id, price)
-- also products (category_id, price) WHERE active
SELECT id, title, price FROM products WHERE category_id = 1 AND active ORDER BY price LIMIT 20;

-- three orders each of fifty customers
-- index orders (customer_id, placed_at)
SELECT c.id, o.id, o.total FROM customers c CROSS JOIN LATERAL (SELECT * FROM orders WHERE customer_id = c.id ORDER BY placed_at DESC LIMIT 3) o WHERE c.id BETWEEN 1 AND 50;

-- last value of every device
-- index readings (device, at DESC) INCLUDE (value)
-- less readings (device, at) INCLUDE (value)
-- also readings (device, at DESC, value)
SELECT DISTINCT ON (device) device, at, value FROM readings ORDER BY device, at DESC;

-- oldest open or failed orders
-- index orders (placed_at) WHERE status IN ('open', 'failed')
-- plain orders (status)
SELECT * FROM orders WHERE status IN ('open', 'failed') ORDER BY placed_at LIMIT 20;

-- last seen customers of a kind
-- index customers (kind, seen_at)
-- less customers (seen_at)
SELECT id, name FROM customers WHERE kind = 'wholesale' ORDER BY seen_at DESC LIMIT 25;

-- latest of a channel and a currency
-- index orders (channel, currency, placed_at)
-- also orders (currency, channel, placed_at)
-- also orders (placed_at)
SELECT id, total FROM orders WHERE channel = 'phone' AND currency = 'CHF' ORDER BY placed_at DESC LIMIT 10;
