-- Few rows of many.

-- next job
-- index jobs (queue, run_at) WHERE state = 'queued'
-- also jobs (state, queue, run_at)
-- also jobs (run_at) WHERE state = 'queued'
-- plain jobs (state, queue, run_at)
SELECT id FROM jobs WHERE state = 'queued' AND queue = 'report' AND run_at <= '2026-01-01' ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED;

-- failed jobs
-- index jobs (id) WHERE state = 'failed'
-- also jobs (state)
-- plain jobs (state)
SELECT * FROM jobs WHERE state = 'failed';

-- jobs that are held
-- index jobs (locked_by) WHERE locked_by IS NOT NULL
-- also jobs (locked_by)
SELECT id, queue FROM jobs WHERE locked_by IS NOT NULL;

-- unread messages of an author
-- index messages (author_id) WHERE read_at IS NULL
-- also messages (author_id, read_at)
SELECT * FROM messages WHERE author_id = 1 AND read_at IS NULL;

-- unread messages, newest first
-- index messages (sent_at) WHERE read_at IS NULL
-- less messages (read_at, sent_at)
SELECT id, subject FROM messages WHERE read_at IS NULL ORDER BY sent_at DESC LIMIT 50;

-- flagged messages
-- index messages (id) WHERE flagged
-- also messages (flagged)
SELECT id, subject FROM messages WHERE flagged;

-- open orders of a warehouse
-- index orders (warehouse) WHERE status = 'open'
-- also orders (status, warehouse)
-- also orders (warehouse, status)
-- plain orders (status, warehouse)
SELECT * FROM orders WHERE status = 'open' AND warehouse = 30;

-- paid and not sent
-- index orders (placed_at) WHERE shipped_at IS NULL AND paid_at IS NOT NULL
-- less orders (placed_at) WHERE shipped_at IS NULL
-- less orders (shipped_at, placed_at)
SELECT id, placed_at FROM orders WHERE shipped_at IS NULL AND paid_at IS NOT NULL ORDER BY placed_at LIMIT 100;

-- uses of each coupon
-- index orders (coupon) WHERE coupon IS NOT NULL
-- also orders (coupon)
SELECT coupon, count(*) FROM orders WHERE coupon IS NOT NULL GROUP BY coupon;

-- customers who left, of a country
-- index customers (country) WHERE deleted_at IS NOT NULL
-- also customers (country, deleted_at)
-- less customers (deleted_at)
SELECT id, name FROM customers WHERE deleted_at IS NOT NULL AND country = 'gr';

-- sold out
-- index products (id) WHERE stock = 0
-- also products (stock)
-- plain products (stock)
SELECT id, sku FROM products WHERE stock = 0 AND active;
