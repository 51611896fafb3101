-- Joins.

-- orders of an address
-- index customers (email); orders (customer_id)
SELECT o.* FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.email = 'User.150000@example.com';

-- who bought a product
-- index lines (product_id)
SELECT o.customer_id, o.placed_at, l.quantity FROM lines l JOIN orders o ON o.id = l.order_id WHERE l.product_id = 60000 ORDER BY o.placed_at DESC;

-- returned products of a brand
-- index products (brand); lines (product_id) WHERE returned
-- also products (brand); lines (product_id)
SELECT p.id, p.title FROM products p WHERE p.brand = 'brand 700' AND EXISTS (SELECT FROM lines l WHERE l.product_id = p.id AND l.returned);

-- customers of a city who never ordered
-- index orders (customer_id); customers (city)
SELECT c.id, c.name FROM customers c WHERE c.city = 'city 2921' AND NOT EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id);

-- all of an order
-- index orders (reference)
-- also orders USING hash (reference)
SELECT o.id, l.number, p.title, l.price FROM orders o JOIN lines l ON l.order_id = o.id JOIN products p ON p.id = l.product_id WHERE o.reference = '0d7b03fc-0098-deab-5a48-49e38b36652b';

-- customers and their messages
-- index messages (author_id)
SELECT c.name, m.subject FROM customers c LEFT JOIN messages m ON m.author_id = c.id WHERE c.id BETWEEN 200000 AND 200020;

-- last order of each of a city
-- index customers (city); orders (customer_id, placed_at)
SELECT c.id, (SELECT max(o.placed_at) FROM orders o WHERE o.customer_id = c.id) FROM customers c WHERE c.city = 'city 2921';

-- wholesalers with bookings
-- index bookings (customer_id)
SELECT c.id, c.name, b.room FROM customers c JOIN bookings b ON b.customer_id = c.id WHERE c.id IN (200, 400, 600, 800, 1000);

-- failed orders with their customers
-- index orders (id) WHERE status = 'failed'
-- also orders (status)
-- plain orders (status)
SELECT o.id, c.email FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.status = 'failed' AND o.placed_at >= '2025-06-01';

-- what a brand costs in a country
-- index products (brand); prices (product_id, country)
-- also products (brand); prices (product_id)
SELECT p.id, r.amount FROM products p JOIN prices r ON r.product_id = p.id WHERE p.brand = 'brand 700' AND r.country = 'ac';

-- events of the customers of a city
-- index customers (city); events (customer_id)
SELECT e.kind, count(*) FROM customers c JOIN events e ON e.customer_id = c.id WHERE c.city = 'city 2921' GROUP BY e.kind;

-- referred by the referred
-- index customers (referrer_id)
SELECT b.id, b.name FROM customers a JOIN customers b ON b.referrer_id = a.id WHERE a.referrer_id BETWEEN 1 AND 100;
