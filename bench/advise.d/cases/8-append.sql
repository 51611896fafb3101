-- Rows in the order of time: a few pages of summary do, or a tree.

-- a day of readings
-- index readings USING brin (at)
-- also readings (at)
SELECT avg(value), max(battery) FROM readings WHERE at >= '2025-03-01' AND at < '2025-03-02';

-- a week of readings by device
-- index readings USING brin (at)
-- also readings (at)
SELECT device, count(*), avg(value) FROM readings WHERE at >= '2025-03-01' AND at < '2025-03-08' GROUP BY device;

-- a month of orders
-- index orders USING brin (placed_at)
-- also orders (placed_at)
SELECT warehouse, sum(total) FROM orders WHERE placed_at >= '2024-05-01' AND placed_at < '2024-06-01' GROUP BY warehouse;

-- a day of messages
-- index messages (sent_at)
-- less messages USING brin (sent_at)
SELECT author_id, subject FROM messages WHERE sent_at >= '2025-01-05' AND sent_at < '2025-01-06';

-- an hour of events
-- index events (at)
-- less events USING brin (at)
SELECT kind, count(*) FROM events WHERE at >= '2025-04-05 10:00+00' AND at < '2025-04-05 11:00+00' GROUP BY kind;

-- slow events of a month
-- index events (took_ms)
-- less events (at, took_ms)
SELECT id, took_ms FROM events WHERE at >= '2025-04-01' AND at < '2025-05-01' AND took_ms > 8900;
