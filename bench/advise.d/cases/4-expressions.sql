-- Keys that are computed. What a normalized text has lost no one can bring back: `normalized none`.

-- customer by address in any case
-- index customers (lower(email))
SELECT * FROM customers WHERE lower(email) = 'user.77@mail.test';

-- product by number in any case
-- index products (upper(sku))
SELECT id FROM products WHERE upper(sku) = upper('sku-c4ca4238a0');

-- names that begin so, in any case
-- index customers (lower(name) text_pattern_ops)
SELECT id, name FROM customers WHERE lower(name) LIKE 'c4ca4%';

-- great lines
-- index lines ((price * quantity))
-- also lines ((price * quantity)) WHERE price * quantity > 6100
SELECT * FROM lines WHERE price * quantity > 6100;

-- born in a year
-- index customers ((extract(year FROM born)))
-- normalized none
SELECT id, name FROM customers WHERE extract(year FROM born) = 1941 AND extract(month FROM born) = 2;

-- settled or placed
-- index orders (coalesce(paid_at, placed_at))
SELECT id FROM orders WHERE coalesce(paid_at, placed_at) >= '2025-12-20';

-- message by its hash
-- index messages (md5(body))
-- also messages USING hash (md5(body))
SELECT id FROM messages WHERE md5(body) = 'd41d8cd98f00b204e9800998ecf8427e';

-- latest bookings by their beginning
-- index bookings (lower(during))
SELECT * FROM bookings ORDER BY lower(during) DESC LIMIT 10;

-- slow payers
-- index orders ((paid_at - placed_at))
SELECT id FROM orders WHERE paid_at - placed_at > interval '119 minutes 55 seconds';

-- long titles
-- index products (length(title))
SELECT id, title FROM products WHERE length(title) < 11;

-- partner of a customer
-- index customers ((settings ->> 'partner'))
-- also customers USING hash ((settings ->> 'partner'))
-- normalized none
SELECT id, name FROM customers WHERE settings ->> 'partner' = 'p17';

-- heavy products
-- index products (((attributes ->> 'weight')::int))
-- normalized none
SELECT id FROM products WHERE (attributes ->> 'weight')::int > 4990;
