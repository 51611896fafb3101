-- Words, and parts of words. The collation is not C.

-- titles that begin so
-- index products (title text_pattern_ops)
-- less products USING gin (title gin_trgm_ops)
SELECT id, title FROM products WHERE title LIKE 'w12 w77%';

-- names with something in them
-- index customers USING gin (name gin_trgm_ops)
-- less customers USING gist (name gist_trgm_ops)
SELECT id, name FROM customers WHERE name LIKE '%4ca42%';

-- names with something in them, in any case
-- index customers USING gin (name gin_trgm_ops)
SELECT id, name FROM customers WHERE name ILIKE '%C81E728%';

-- products by two words
-- index products USING gin (words)
-- less products USING gin (to_tsvector('simple', title || ' ' || body))
SELECT id, title FROM products WHERE words @@ 'w17 & w801'::tsquery;

-- active products by a rare word
-- index products USING gin (words)
SELECT id, title FROM products WHERE words @@ plainto_tsquery('simple', 'w19321') AND active ORDER BY price LIMIT 10;

-- messages by a word
-- index messages USING gin (to_tsvector('simple', body))
-- normalized none
SELECT id, subject FROM messages WHERE to_tsvector('simple', body) @@ to_tsquery('simple', 'v29321');

-- names like this
-- index customers USING gin (name gin_trgm_ops)
-- less customers USING gist (name gist_trgm_ops)
SELECT id, name FROM customers WHERE name % 'C4ca42 C81e728d';

-- names nearest to this
-- index customers USING gist (name gist_trgm_ops)
SELECT id, name FROM customers ORDER BY name <-> 'C4ca42 C81e728d' LIMIT 5;

-- subjects that match
-- index messages USING gin (subject gin_trgm_ops)
-- less messages USING gist (subject gist_trgm_ops)
SELECT id, subject FROM messages WHERE subject ~ 'c4ca4238';

-- phones that end so
-- index customers USING gin (phone gin_trgm_ops)
SELECT id, name FROM customers WHERE phone LIKE '%12345';

-- phones that begin so
-- index customers (phone varchar_pattern_ops)
-- also customers (phone text_pattern_ops)
SELECT id, name FROM customers WHERE phone LIKE '+150-12%';

-- numbers that begin so
-- index products (sku text_pattern_ops)
-- also products USING spgist (sku)
SELECT id, title FROM products WHERE sku LIKE 'SKU-00A%';

-- two columns with something in them
-- index customers USING gin (name gin_trgm_ops, email gin_trgm_ops)
-- also customers USING gin (name gin_trgm_ops); customers USING gin (email gin_trgm_ops)
SELECT id, name FROM customers WHERE name ILIKE '%c4ca42%' OR email ILIKE '%77777%';
