-- Documents and arrays.

-- customers of a partner
-- index customers USING gin (settings jsonb_path_ops)
-- also customers USING gin (settings)
SELECT id, name FROM customers WHERE settings @> '{"partner": "p17"}';

-- seats of a plan
-- index customers USING gin (settings jsonb_path_ops)
SELECT id FROM customers WHERE settings @> '{"limits": {"seats": 7}, "partner": "p1117"}';

-- products of a material, by path
-- index products USING gin (attributes jsonb_path_ops)
-- also products USING gin (attributes)
SELECT id FROM products WHERE attributes @? '$.material[*] ? (@ == "m17")';

-- products of a material, by key
-- index products USING gin ((attributes -> 'material'))
-- normalized none
SELECT id FROM products WHERE attributes -> 'material' ? 'm17';

-- green products
-- index products USING gin (attributes jsonb_path_ops)
-- also products USING gin (attributes)
SELECT id, title FROM products WHERE attributes @> '{"eco": true}';

-- customers with a tag
-- index customers USING gin (tags)
SELECT id, name FROM customers WHERE tags @> '{i17}';

-- customers with either tag
-- index customers USING gin (tags)
SELECT id, name FROM customers WHERE tags && '{i17,i18,i19}';

-- customers of a country with a tag
-- index customers USING gin (tags)
SELECT id, name FROM customers WHERE tags @> ARRAY['i200'] AND country = 'aa';

-- products in odd sizes
-- index products USING gin (sizes)
SELECT id, title FROM products WHERE sizes && '{1999,1998}';

-- products in two sizes
-- index products USING gin (sizes)
SELECT id, title FROM products WHERE sizes @> '{17,1717}';

-- events of the campaign
-- index events USING gin (data jsonb_path_ops)
-- also events USING gin (data)
SELECT id, at FROM events WHERE data @> '{"ref": "campaign"}' AND at >= '2025-03-01' AND at < '2025-04-01';

-- the jobs of an order
-- index jobs USING gin (arguments jsonb_path_ops)
SELECT id, state FROM jobs WHERE arguments @> '{"order": 777}';
