-- A shop with a bit of everything that a planner looks at: skew, correlation, partitions, arrays, ranges, documents,
-- places, inheritance, row-level security, and names that need care.
CREATE EXTENSION postgis;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION btree_gist;
CREATE EXTENSION citext;
CREATE EXTENSION pg_stat_statements;
CREATE ROLE monitor LOGIN IN ROLE pg_monitor, pg_read_all_data;
CREATE ROLE poor LOGIN;
CREATE ROLE app LOGIN;
CREATE SCHEMA "Odd ""schema""; DROP TABLE x";
CREATE TYPE status AS ENUM ('open', 'paid', 'sent', 'returned');
CREATE DOMAIN quantity AS integer CHECK (VALUE > 0);

CREATE TABLE customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gone text,
    email citext NOT NULL UNIQUE,
    name text NOT NULL,
    country text NOT NULL,
    city text NOT NULL,
    tags text[],
    created_at timestamptz NOT NULL,
    location geography(Point, 4326),
    profile jsonb NOT NULL,
    address inet
);
INSERT INTO customers (email, name, country, city, tags, created_at, location, profile, address)
SELECT 'user' || i || '@example.com', md5(i::text) || ' ' || md5((i / 7)::text),
    (ARRAY['de', 'de', 'de', 'de', 'de', 'fr', 'fr', 'it', 'us'])[1 + i % 9],
    (ARRAY['berlin', 'berlin', 'hamburg', 'bonn', 'berlin', 'paris', 'lyon', 'rome', 'boston'])[1 + i % 9],
    CASE WHEN i % 10 > 0 THEN ARRAY['tag' || i % 7, 'tag' || i % 113, 'rare' || i % 5000] END,
    timestamptz '2024-01-01 00:00+00' + i * interval '20 minutes',
    ST_MakePoint(5 + (i * 37 % 1000) / 100.0, 45 + (i * 91 % 1000) / 100.0)::geography,
    jsonb_build_object('plan', CASE WHEN i % 50 = 0 THEN 'gold' ELSE 'free' END, 'age', i % 80, 'langs', jsonb_build_array('l' || i % 30)),
    ('10.' || i % 200 || '.' || i % 250 || '.1')::inet
FROM generate_series(1, 40000) AS i;
ALTER TABLE customers DROP COLUMN gone;
CREATE INDEX customers_name_trgm ON customers USING gin (name gin_trgm_ops);
CREATE INDEX customers_name_trgm_gist ON customers USING gist (city gist_trgm_ops);
CREATE INDEX customers_lower ON customers (lower(name) text_pattern_ops);
CREATE INDEX customers_place ON customers USING gist (location);
CREATE INDEX customers_tags ON customers USING gin (tags);
CREATE INDEX customers_profile ON customers USING gin (profile jsonb_path_ops);
CREATE INDEX customers_plan ON customers ((profile ->> 'plan')) WHERE (profile ->> 'plan') <> 'free';
CREATE INDEX customers_country_created ON customers (country, created_at DESC) INCLUDE (email);
CREATE INDEX customers_created_brin ON customers USING brin (created_at);
CREATE INDEX customers_address ON customers USING spgist (address);
CREATE INDEX customers_email_hash ON customers USING hash (email);
CREATE STATISTICS customers_where (ndistinct, dependencies, mcv) ON country, city FROM customers;
CREATE STATISTICS customers_age ON ((profile ->> 'age')::int), (length(name)) FROM customers;

CREATE TABLE products (
    id int PRIMARY KEY,
    title text NOT NULL,
    body text NOT NULL,
    search tsvector GENERATED ALWAYS AS (to_tsvector('english', title || ' ' || body)) STORED,
    price numeric(10, 2) NOT NULL,
    valid int4range NOT NULL,
    spans int4multirange NOT NULL,
    colors int[] NOT NULL,
    embedding point NOT NULL
);
INSERT INTO products (id, title, body, price, valid, spans, colors, embedding)
SELECT i, 'product ' || i || ' ' || (ARRAY['shoe', 'boot', 'hat', 'coat'])[1 + i % 4],
    (SELECT string_agg('word' || (i * k) % 3000, ' ') FROM generate_series(1, 12) AS k),
    (i % 500) + 0.99, int4range(i % 1000, i % 1000 + 1 + i % 60),
    int4multirange(int4range(i % 100, i % 100 + 5), int4range(200 + i % 100, 300)),
    ARRAY[i % 12, i % 31, i % 97], point(i % 100, i % 37)
FROM generate_series(1, 12000) AS i;
CREATE INDEX products_search ON products USING gin (search);
CREATE INDEX products_colors ON products USING gin (colors);
CREATE INDEX products_valid ON products USING gist (valid);
CREATE INDEX products_point ON products USING spgist (embedding);
CREATE INDEX products_price ON products (price);

CREATE TABLE orders (
    id bigint NOT NULL,
    customer_id bigint NOT NULL REFERENCES customers,
    status status NOT NULL,
    channel text NOT NULL,
    created_at timestamptz NOT NULL,
    total numeric(10, 2) NOT NULL,
    note text,
    PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);
CREATE TABLE orders_2024 PARTITION OF orders FOR VALUES FROM ('2024-01-01 00:00+00') TO ('2025-01-01 00:00+00');
CREATE TABLE orders_2025h1 PARTITION OF orders FOR VALUES FROM ('2025-01-01 00:00+00') TO ('2025-07-01 00:00+00');
CREATE TABLE orders_2025h2 PARTITION OF orders FOR VALUES FROM ('2025-07-01 00:00+00') TO ('2026-01-01 00:00+00');
CREATE TABLE orders_rest PARTITION OF orders DEFAULT;
INSERT INTO orders
SELECT i, 1 + (i::bigint * i) % 40000, (CASE WHEN i % 100 < 90 THEN 'sent' WHEN i % 100 < 96 THEN 'paid' WHEN i % 100 < 99 THEN 'open' ELSE 'returned' END)::status,
    CASE WHEN i % 100 >= 96 THEN 'shop' ELSE (ARRAY['web', 'web', 'phone'])[1 + i % 3] END,
    timestamptz '2024-01-01 00:00+00' + i * interval '10 minutes', (i % 977) + 0.5,
    CASE WHEN i % 20 = 0 THEN 'note ' || i END
FROM generate_series(1, 120000) AS i;
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX orders_open ON orders (created_at) WHERE status = 'open';
CREATE INDEX orders_month ON orders (date_trunc('month', created_at AT TIME ZONE 'UTC'));
CREATE STATISTICS orders_how (ndistinct, dependencies, mcv) ON status, channel FROM orders;
CREATE STATISTICS orders_2024_how (mcv) ON status, channel FROM orders_2024;

CREATE TABLE items (
    order_id bigint NOT NULL,
    line smallint NOT NULL,
    product_id int NOT NULL REFERENCES products,
    quantity quantity NOT NULL,
    price numeric(10, 2) NOT NULL,
    PRIMARY KEY (order_id, line)
);
INSERT INTO items
SELECT i, k, 1 + (i * 31 + k * 17) % CASE WHEN i % 3 = 0 THEN 10 ELSE 12000 END, 1 + i % 4, (i % 500) + 0.99
FROM generate_series(1, 60000) AS i, generate_series(1, 2) AS k;
CREATE INDEX items_product ON items (product_id) INCLUDE (quantity);

CREATE TABLE areas (id int PRIMARY KEY, name text NOT NULL, shape geometry(Polygon, 4326) NOT NULL);
INSERT INTO areas SELECT i, 'area ' || i, ST_MakeEnvelope(5 + (i % 50) / 5.0, 45 + (i / 50) / 5.0, 5.3 + (i % 50) / 5.0, 45.3 + (i / 50) / 5.0, 4326)
FROM generate_series(0, 2499) AS i;
CREATE INDEX areas_shape ON areas USING gist (shape);

CREATE TABLE bookings (room int NOT NULL, during tstzrange NOT NULL, guest text, EXCLUDE USING gist (room WITH =, during WITH &&));
INSERT INTO bookings
SELECT i % 50, tstzrange(timestamptz '2025-01-01 00:00+00' + (i / 50) * interval '3 hours', timestamptz '2025-01-01 00:00+00' + (i / 50) * interval '3 hours' + interval '2 hours'), 'guest ' || i
FROM generate_series(0, 9999) AS i;

CREATE TABLE events (at timestamptz NOT NULL, kind int NOT NULL, payload text);
CREATE TABLE events_old (archived boolean) INHERITS (events);
INSERT INTO events SELECT timestamptz '2025-01-01 00:00+00' + i * interval '1 minute', (sqrt(i * 1.0))::int, repeat('x', i % 50) FROM generate_series(1, 20000) AS i;
INSERT INTO events_old SELECT timestamptz '2024-01-01 00:00+00' + i * interval '1 minute', i % 5, NULL, true FROM generate_series(1, 15000) AS i;
CREATE INDEX events_at ON events (at);
CREATE INDEX events_old_at ON events_old (at);
CREATE INDEX events_kind ON events (kind DESC NULLS LAST);

CREATE TABLE documents (id int PRIMARY KEY, tenant int NOT NULL, secret boolean NOT NULL, body text);
INSERT INTO documents SELECT i, (i % 1000) * (i % 3), i % 7 = 0, md5(i::text) FROM generate_series(1, 20000) AS i;
CREATE INDEX documents_tenant ON documents (tenant);
ALTER TABLE documents ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenants ON documents FOR ALL TO app USING (tenant = current_setting('app.tenant', true)::int AND NOT secret);

CREATE TABLE "Odd ""schema""; DROP TABLE x"."ta'ble; --" ("co""l; $$" int, "naïve ' \ col" text);
INSERT INTO "Odd ""schema""; DROP TABLE x"."ta'ble; --" SELECT i, 'it''s \ "x" {' || i % 40 || '}' FROM generate_series(1, 5000) AS i;
CREATE INDEX "in'dex ""q""; --" ON "Odd ""schema""; DROP TABLE x"."ta'ble; --" ("naïve ' \ col");

CREATE VIEW totals AS SELECT o.id, o.customer_id, o.created_at, sum(i.quantity * i.price) AS total
    FROM orders o JOIN items i ON i.order_id = o.id GROUP BY o.id, o.customer_id, o.created_at;
CREATE MATERIALIZED VIEW sold AS SELECT product_id, count(*) AS times, sum(quantity) AS pieces FROM items GROUP BY product_id;
CREATE UNIQUE INDEX sold_product ON sold (product_id);
CREATE FUNCTION cheap(most numeric) RETURNS SETOF products LANGUAGE sql STABLE AS 'SELECT * FROM products WHERE price < most';
CREATE FUNCTION initials(name text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper(left(name, 2))';
CREATE INDEX customers_initials ON customers (initials(name));
CREATE UNLOGGED TABLE never_analyzed (a int, b text);
INSERT INTO never_analyzed SELECT i, md5(i::text) FROM generate_series(1, 3000) AS i;

GRANT USAGE ON SCHEMA public, "Odd ""schema""; DROP TABLE x" TO app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public, "Odd ""schema""; DROP TABLE x" TO app;
