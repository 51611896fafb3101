-- Writes that look for their rows, and the keys that refer to them.

-- a note on an order
-- index orders (reference)
-- also orders USING hash (reference)
UPDATE orders SET note = 'seen' WHERE reference = '0d7b03fc-0098-deab-5a48-49e38b36652b';

-- free what a worker held
-- index jobs (locked_by)
-- also jobs (locked_by) WHERE locked_by IS NOT NULL
UPDATE jobs SET locked_by = NULL, attempts = attempts + 1 WHERE locked_by = 'worker 3';

-- delete old messages
-- index messages (sent_at)
-- also messages USING brin (sent_at)
DELETE FROM messages WHERE sent_at < '2024-01-02 12:00+00';

-- delete a customer
-- index orders (customer_id); bookings (customer_id); messages (author_id)
DELETE FROM customers WHERE id = 300001;

-- delete a product
-- index lines (product_id); prices (product_id)
DELETE FROM products WHERE id = 120001;

-- read a thread
-- index messages (thread_id)
-- also messages (thread_id) WHERE read_at IS NULL
UPDATE messages SET read_at = '2026-01-02' WHERE thread_id = 77 AND read_at IS NULL;

-- prices of a brand
-- index products (brand); prices (product_id)
UPDATE prices SET amount = amount * 1.1 FROM products WHERE products.id = prices.product_id AND products.brand = 'brand 700';

-- failed orders become jobs
-- index orders (id) WHERE status = 'failed'
-- also orders (status)
-- plain orders (status)
INSERT INTO jobs SELECT 10000000 + id, 'report', 'queued', placed_at, 0, NULL, '{}', NULL FROM orders WHERE status = 'failed';

-- forget a session
-- index events (session)
-- also events USING hash (session)
DELETE FROM events WHERE session = 'c4ca4238-a0b9-2382-0dcc-509a6f75849b';

-- merge a price
-- index prices (product_id)
MERGE INTO prices p USING (VALUES (777, date '2024-01-05', 12.5)) AS v (id, day, amount) ON p.product_id = v.id AND p.valid @> v.day WHEN MATCHED THEN UPDATE SET amount = v.amount;

-- clear a queue
-- index jobs (finished_at)
-- less jobs USING brin (finished_at)
DELETE FROM jobs WHERE finished_at < '2025-01-01 12:00+00';

-- a cancelled room
-- index bookings (room)
UPDATE bookings SET state = 'cancelled' WHERE room = 17 AND state = 'option';
