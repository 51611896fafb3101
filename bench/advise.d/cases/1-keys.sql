-- Equality and ranges.

-- customer by address
-- index customers (email)
-- also customers USING hash (email)
SELECT * FROM customers WHERE email = 'User.1234@example.org';

-- order by reference
-- index orders (reference)
-- also orders USING hash (reference)
SELECT * FROM orders WHERE reference = '0d7b03fc-0098-deab-5a48-49e38b36652b';

-- orders by references
-- index orders (reference)
SELECT id, total FROM orders WHERE reference = ANY ('{0d7b03fc-0098-deab-5a48-49e38b36652b,6589366a-df50-64de-87d3-4d3f6c190066}'::uuid[]);

-- orders of a customer
-- index orders (customer_id)
SELECT * FROM orders WHERE customer_id = 150000;

-- orders of some customers
-- index orders (customer_id)
SELECT * FROM orders WHERE customer_id IN (150000, 160000, 170000, 180000, 190000);

-- a great customer's returned orders
-- index orders (customer_id, status)
-- also orders (status, customer_id)
SELECT * FROM orders WHERE customer_id = 3 AND status = 'returned';

-- lines of a product
-- index lines (product_id)
SELECT * FROM lines WHERE product_id = 60000;

-- pieces sold of the best seller
-- index lines (product_id) INCLUDE (quantity)
-- also lines (product_id, quantity)
SELECT sum(quantity) FROM lines WHERE product_id = 1;

-- lines of a range of products, counted
-- index lines (product_id)
SELECT count(*) FROM lines WHERE product_id BETWEEN 100000 AND 100900;

-- customers of a city
-- index customers (city)
-- also customers (city, country)
SELECT id, name FROM customers WHERE country = 'dq' AND city = 'city 2921';

-- products of a brand in a category
-- index products (brand, category_id)
-- also products (category_id, brand)
SELECT * FROM products WHERE brand = 'brand 1' AND category_id = 3;

-- readings of a device on some days
-- index readings (device, at)
SELECT * FROM readings WHERE device = 42 AND at >= '2025-04-01' AND at < '2025-04-15';

-- failed orders of a warehouse
-- index orders (status, warehouse)
-- also orders (warehouse, status)
-- also orders (warehouse) WHERE status = 'failed'
SELECT * FROM orders WHERE status = 'failed' AND warehouse = 39;

-- customers who left lately
-- index customers (deleted_at)
-- also customers (deleted_at) WHERE deleted_at IS NOT NULL
SELECT * FROM customers WHERE deleted_at > '2025-05-28';

-- product by number
-- index products (sku)
-- also products USING hash (sku)
SELECT * FROM products WHERE sku = 'SKU-C4CA4238A0';

-- an author's latest messages by day
-- index messages (author_id, sent_at)
SELECT * FROM messages WHERE author_id = 5 AND sent_at >= '2025-01-01' AND sent_at < '2025-02-01';

-- bad readings
-- index readings (id) WHERE quality = 'bad'
-- also readings (quality)
-- plain readings (quality)
SELECT * FROM readings WHERE quality = 'bad';

-- who was referred
-- index customers (referrer_id)
SELECT id, name FROM customers WHERE referrer_id = 5;

-- birthdays
-- index customers (born)
SELECT id, name, email FROM customers WHERE born = '1980-05-05';

-- uses of a coupon in a currency
-- index orders (coupon, currency)
-- also orders (coupon)
SELECT * FROM orders WHERE coupon = 'C17' AND currency = 'CHF';

-- dear products
-- index products (price)
SELECT * FROM products WHERE price > 1990;

-- orders of a sum
-- index orders (total)
SELECT * FROM orders WHERE total BETWEEN 4990 AND 4992;

-- either of two keys
-- index customers (email); customers (phone)
SELECT * FROM customers WHERE email = 'User.1234@example.org' OR phone = '+10-123456789';

-- nearly flat batteries
-- index readings (battery)
-- also readings (battery) WHERE battery < 1
SELECT * FROM readings WHERE battery < 1;

-- prices of a product
-- index prices (product_id)
SELECT * FROM prices WHERE product_id = 777;

-- networks of an owner
-- index networks (owner)
SELECT * FROM networks WHERE owner = 'owner 77';

-- bookings of a customer
-- index bookings (customer_id)
SELECT * FROM bookings WHERE customer_id = 4713;
