-- A marketplace of some twelve million rows: skew, correlation, documents, arrays, text, ranges, places, addresses,
-- partitions and views. Only the keys have indexes. One session with a fixed seed makes the same rows each time.
SELECT setseed(0.42);
SET synchronous_commit = off;
CREATE EXTENSION postgis;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION btree_gist;
CREATE EXTENSION pg_stat_statements;

CREATE TABLE countries (code char(2) PRIMARY KEY, name text NOT NULL, continent text NOT NULL);
INSERT INTO countries
SELECT chr(97 + i / 26) || chr(97 + i % 26), 'country ' || i, (ARRAY['europe', 'asia', 'africa', 'america', 'oceania'])[1 + i % 5]
FROM generate_series(0, 199) AS i;

CREATE TABLE categories (id int PRIMARY KEY, parent_id int, name text NOT NULL);
INSERT INTO categories SELECT i, nullif(i / 10, 0), 'category ' || i FROM generate_series(1, 800) AS i;

-- 300,000 customers: half in one country, the city follows the country, one in two hundred is a wholesaler, few are gone.
CREATE TABLE customers (
    id bigint PRIMARY KEY,
    email text NOT NULL,
    name text NOT NULL,
    country char(2) NOT NULL REFERENCES countries,
    city text NOT NULL,
    kind text NOT NULL,
    referrer_id bigint,
    phone varchar(20),
    born date,
    tags text[] NOT NULL,
    settings jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    deleted_at timestamptz
);
INSERT INTO customers
SELECT i, 'User.' || i || '@' || (ARRAY['example.com', 'example.org', 'mail.test'])[1 + i % 3],
    initcap(substr(md5((i * 7 % 90001)::text), 1, 6)) || ' ' || initcap(substr(md5((i % 20011)::text), 1, 8)),
    chr(97 + c / 26) || chr(97 + c % 26), 'city ' || (c * 31 + (power(random(), 3) * 30)::int),
    CASE WHEN i % 200 = 0 THEN 'wholesale' WHEN i % 10 = 3 THEN 'guest' ELSE 'person' END,
    CASE WHEN random() < 0.2 THEN 1 + (random() * 299998)::int END,
    '+' || 10 + c || '-' || (random() * 1e9)::bigint,
    CASE WHEN random() < 0.7 THEN date '1940-01-01' + (random() * 25000)::int END,
    ARRAY['t' || (power(random(), 4) * 40)::int, 'i' || (random() * 4000)::int],
    jsonb_build_object('plan', (ARRAY['free', 'free', 'free', 'free', 'plus', 'pro'])[1 + (random() * 5)::int], 'theme', (ARRAY['dark', 'light'])[1 + i % 2],
        'limits', jsonb_build_object('seats', (random() * 50)::int), 'partner', 'p' || (random() * 3000)::int),
    timestamptz '2022-01-01 00:00+00' + i * interval '7 minutes', timestamptz '2026-01-01 00:00+00' - random() ^ 3 * interval '1400 days',
    CASE WHEN i % 97 = 0 THEN timestamptz '2025-06-01 00:00+00' - random() * interval '300 days' END
FROM (SELECT i, (power(random(), 3) * 199)::int AS c FROM generate_series(1, 300000) AS i) AS x;

-- One whom nobody refers to.
INSERT INTO customers VALUES (300001, 'nobody@mail.test', 'Nobody', 'aa', 'city 0', 'guest', NULL, NULL, NULL, '{}', '{}', '2025-12-31', '2025-12-31', NULL);

CREATE TABLE products (
    id int PRIMARY KEY,
    sku text NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    words tsvector NOT NULL,
    category_id int NOT NULL REFERENCES categories,
    brand text NOT NULL,
    price numeric(10, 2) NOT NULL,
    stock int NOT NULL,
    rating real,
    sizes int[] NOT NULL,
    attributes jsonb NOT NULL,
    valid daterange NOT NULL,
    active boolean NOT NULL,
    changed_at timestamptz NOT NULL
);
INSERT INTO products
SELECT i, 'SKU-' || upper(substr(md5(i::text), 1, 10)), title, body, to_tsvector('simple', title || ' ' || body),
    1 + (power(random(), 2) * 799)::int, 'brand ' || (power(random(), 2) * 1500)::int, (power(random(), 4) * 2000 + 1)::numeric(10, 2),
    (random() * 500)::int, CASE WHEN random() < 0.6 THEN (1 + random() * 4)::real END,
    ARRAY[(random() * 60)::int, (random() * 60)::int, (random() * 2000)::int],
    jsonb_build_object('color', 'c' || (random() * 200)::int, 'weight', (random() * 5000)::int, 'eco', random() < 0.004, 'material', jsonb_build_array('m' || (random() * 900)::int, 'm' || (random() * 900)::int)),
    daterange((date '2020-01-01' + (random() * 2100)::int), NULL) * daterange(NULL, date '2020-01-10' + (i % 2200)), random() < 0.9,
    timestamptz '2026-01-01 00:00+00' - random() * interval '900 days'
FROM (
    SELECT i, 'w' || (power(random(), 2) * 3000)::int || ' ' || 'w' || (random() * 20000)::int || ' ' || substr(md5((i * 3)::text), 1, 7) AS title,
        (SELECT string_agg('w' || (power(random(), 3) * 20000)::int, ' ') FROM generate_series(1, 14 + i % 3)) AS body
    FROM generate_series(1, 120000) AS i
) AS x;

-- One that nobody bought.
INSERT INTO products VALUES (120001, 'SKU-NONE', 'none', 'none', 'none', 1, 'brand 0', 1, 0, NULL, '{}', '{}', 'empty', false, '2025-12-31');

-- 1.5 million orders, in the order of time; 97 % are done, a handful of customers order most.
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers,
    status text NOT NULL,
    channel text NOT NULL,
    total numeric(12, 2) NOT NULL,
    currency char(3) NOT NULL,
    placed_at timestamptz NOT NULL,
    paid_at timestamptz,
    shipped_at timestamptz,
    coupon text,
    priority smallint NOT NULL,
    warehouse int NOT NULL,
    reference uuid NOT NULL,
    note text
);
INSERT INTO orders
SELECT i, 1 + (power(random(), 2.5) * 299998)::bigint,
    CASE WHEN i > 1495000 THEN 'open' WHEN r < 0.97 THEN 'done' WHEN r < 0.985 THEN 'returned' WHEN r < 0.998 THEN 'cancelled' ELSE 'failed' END,
    (ARRAY['web', 'web', 'web', 'app', 'app', 'shop', 'phone'])[1 + (random() * 6)::int], (power(random(), 5) * 5000 + 3)::numeric(12, 2), (ARRAY['EUR', 'EUR', 'EUR', 'USD', 'CHF'])[1 + (random() * 4)::int],
    at, CASE WHEN r < 0.95 THEN at + random() * interval '2 hours' END, CASE WHEN i < 1496000 AND r < 0.985 THEN at + random() * interval '5 days' END,
    CASE WHEN random() < 0.03 THEN 'C' || (random() * 900)::int END, (power(random(), 6) * 9)::smallint, (power(random(), 2) * 40)::int,
    md5(i::text || 'r')::uuid, CASE WHEN random() < 0.1 THEN 'please ' || substr(md5(random()::text), 1, 20) END
FROM (SELECT i, random() AS r, timestamptz '2023-01-01 00:00+00' + i * interval '63 seconds' AS at FROM generate_series(1, 1500000) AS i) AS x;

CREATE TABLE lines (
    order_id bigint NOT NULL REFERENCES orders,
    number int NOT NULL,
    product_id int NOT NULL REFERENCES products,
    quantity int NOT NULL,
    price numeric(10, 2) NOT NULL,
    returned boolean NOT NULL,
    PRIMARY KEY (order_id, number)
);
INSERT INTO lines
SELECT o, n, 1 + (power(random(), 2) * 119998)::int, 1 + (power(random(), 4) * 20)::int, (random() * 300)::numeric(10, 2), random() < 0.01
FROM generate_series(1, 1500000) AS o, generate_series(1, 1 + (o % 3)::int) AS n;

-- 2 million events in monthly partitions.
CREATE TABLE events (
    id bigint NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    customer_id bigint,
    session uuid NOT NULL,
    took_ms int NOT NULL,
    address inet NOT NULL,
    data jsonb NOT NULL,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
SELECT format('CREATE TABLE events_%s PARTITION OF events FOR VALUES FROM (%L) TO (%L)', to_char(m, 'YYYY_MM'), m, m + interval '1 month')
FROM generate_series(timestamptz '2025-01-01 00:00+00', timestamptz '2025-10-01 00:00+00', interval '1 month') AS m \gexec
INSERT INTO events
SELECT i, timestamptz '2025-01-01 00:00+00' + i * interval '13 seconds',
    (ARRAY['view', 'view', 'view', 'view', 'view', 'view', 'click', 'click', 'search', 'login'])[1 + (random() * 9)::int], CASE WHEN random() < 0.6 THEN 1 + (power(random(), 2) * 299998)::bigint END,
    md5((i / 9)::text)::uuid, (power(random(), 8) * 9000)::int, ('10.' || (random() * 255)::int || '.' || (random() * 255)::int || '.' || (random() * 255)::int)::inet,
    jsonb_build_object('page', '/p/' || (random() * 30000)::int, 'ab', (random() * 3)::int, 'ref', CASE WHEN random() < 0.002 THEN 'campaign' ELSE 'direct' END)
FROM generate_series(1, 2000000) AS i;

-- 2.5 million readings, appended in the order of time.
CREATE TABLE readings (
    id bigint PRIMARY KEY,
    device int NOT NULL,
    at timestamptz NOT NULL,
    value double precision NOT NULL,
    battery smallint NOT NULL,
    quality text NOT NULL
);
INSERT INTO readings
SELECT i, (random() * 1999)::int, timestamptz '2025-01-01 00:00+00' + i * interval '10 seconds' + random() * interval '20 seconds', random() * 40, 100 - (power(random(), 3) * 100)::int, CASE WHEN random() < 0.001 THEN 'bad' ELSE 'good' END
FROM generate_series(1, 2500000) AS i;

CREATE TABLE places (
    id int PRIMARY KEY,
    name text NOT NULL,
    kind text NOT NULL,
    location geography(Point, 4326) NOT NULL,
    spot geometry(Point, 4326) NOT NULL,
    corner point NOT NULL,
    ages int4range NOT NULL,
    open boolean NOT NULL
);
INSERT INTO places
SELECT i, 'place ' || substr(md5(i::text), 1, 9) || ' ' || i % 500, (ARRAY['shop', 'shop', 'shop', 'locker', 'locker', 'depot'])[1 + (random() * 5)::int], p::geography, p, point(ST_X(p), ST_Y(p)), int4range(a, a + 1 + (power(random(), 3) * 12)::int), random() < 0.8
FROM (SELECT i, ST_SetSRID(ST_MakePoint(6 + random() * 9, 47 + random() * 8), 4326) AS p, (random() * 80)::int AS a FROM generate_series(1, 250000) AS i) AS x;

CREATE TABLE zones (id int PRIMARY KEY, name text NOT NULL, area geometry(Polygon, 4326) NOT NULL, fee numeric(8, 2) NOT NULL);
INSERT INTO zones
SELECT i, 'zone ' || i, ST_Buffer(ST_SetSRID(ST_MakePoint(6 + random() * 9, 47 + random() * 8), 4326), 0.02 + random() * 0.05, 4), (random() * 20)::numeric(8, 2)
FROM generate_series(1, 60000) AS i;

CREATE TABLE bookings (
    id bigint PRIMARY KEY,
    room int NOT NULL,
    customer_id bigint NOT NULL REFERENCES customers,
    during tstzrange NOT NULL,
    guests int NOT NULL,
    state text NOT NULL
);
INSERT INTO bookings
SELECT i, (random() * 2999)::int, 1 + (random() * 299998)::bigint, tstzrange(at, at + interval '1 day' * (1 + (power(random(), 2) * 10)::int)), 1 + (random() * 5)::int, CASE WHEN random() < 0.9 THEN 'confirmed' ELSE 'option' END
FROM (SELECT i, timestamptz '2024-01-01 00:00+00' + random() * interval '900 days' AS at FROM generate_series(1, 400000) AS i) AS x;

CREATE TABLE messages (
    id bigint PRIMARY KEY,
    thread_id int NOT NULL,
    author_id bigint NOT NULL REFERENCES customers,
    sent_at timestamptz NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    read_at timestamptz,
    flagged boolean NOT NULL
);
INSERT INTO messages
SELECT i, (power(random(), 1.5) * 90000)::int, 1 + (power(random(), 2) * 299998)::bigint, timestamptz '2024-01-01 00:00+00' + i * interval '90 seconds' + random() * interval '1 day',
    'subject ' || substr(md5(i::text), 1, 12), (SELECT string_agg('v' || (power(random(), 3) * 30000)::int, ' ') FROM generate_series(1, 10 + (i % 5)::int)),
    CASE WHEN random() < 0.985 THEN timestamptz '2026-01-01 00:00+00' END, random() < 0.003
FROM generate_series(1, 500000) AS i;

-- A queue: nearly everything in it is finished.
CREATE TABLE jobs (
    id bigint PRIMARY KEY,
    queue text NOT NULL,
    state text NOT NULL,
    run_at timestamptz NOT NULL,
    attempts int NOT NULL,
    locked_by text,
    arguments jsonb NOT NULL,
    finished_at timestamptz
);
INSERT INTO jobs
SELECT i, (ARRAY['mail', 'mail', 'mail', 'image', 'report'])[1 + (random() * 4)::int],
    CASE WHEN i > 599000 THEN 'queued' WHEN i % 1500 = 0 THEN 'failed' ELSE 'finished' END, timestamptz '2025-01-01 00:00+00' + i * interval '30 seconds', (power(random(), 9) * 5)::int,
    CASE WHEN i % 40000 = 0 THEN 'worker ' || i % 7 END, jsonb_build_object('order', (random() * 1500000)::int, 'retry', i % 5), CASE WHEN i <= 599000 THEN timestamptz '2025-01-01 00:00+00' + i * interval '30 seconds' END
FROM generate_series(1, 600000) AS i;

CREATE TABLE networks (id int PRIMARY KEY, block cidr NOT NULL, owner text NOT NULL);
INSERT INTO networks SELECT i, set_masklen(('10.' || i / 256 % 256 || '.' || i % 256 || '.' || (i / 65536) * 64)::inet, 26)::cidr, 'owner ' || i % 900 FROM generate_series(0, 199999) AS i;

CREATE TABLE prices (product_id int NOT NULL REFERENCES products, valid daterange NOT NULL, amount numeric(10, 2) NOT NULL, country char(2) NOT NULL);
INSERT INTO prices
SELECT p, daterange(date '2023-01-01' + n * 100, date '2023-01-01' + n * 100 + 100), (random() * 900)::numeric(10, 2), chr(97) || chr(97 + (random() * 4)::int)
FROM generate_series(1, 120000) AS p, generate_series(0, 5) AS n;

CREATE TABLE accounts (id int PRIMARY KEY, owner text NOT NULL, balance numeric(14, 2) NOT NULL, changed_at timestamptz NOT NULL);
INSERT INTO accounts SELECT i, 'owner ' || i, 1000, timestamptz '2025-01-01 00:00+00' FROM generate_series(1, 5000) AS i;

-- Counters in 8 hash partitions, with a unique key besides the primary one for upserts.
CREATE TABLE counters (tenant int NOT NULL, name text NOT NULL, hits bigint NOT NULL, changed_at timestamptz NOT NULL, PRIMARY KEY (tenant, name)) PARTITION BY HASH (tenant);
SELECT format('CREATE TABLE counters_%s PARTITION OF counters FOR VALUES WITH (MODULUS 8, REMAINDER %s)', n, n) FROM generate_series(0, 7) AS n \gexec
INSERT INTO counters SELECT t, 'counter ' || n, (random() * 1e6)::bigint, timestamptz '2025-01-01 00:00+00' + random() * interval '300 days' FROM generate_series(1, 2000) AS t, generate_series(1, 200) AS n;

CREATE VIEW open_orders AS SELECT o.id, o.customer_id, o.placed_at, o.total, c.name, c.country FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.status = 'open';
CREATE VIEW customer_mail AS SELECT id, lower(email) AS address, name, country FROM customers WHERE deleted_at IS NULL;
CREATE VIEW product_sales AS SELECT p.id, p.title, p.brand, l.order_id, l.quantity, l.price FROM products p JOIN lines l ON l.product_id = p.id;
CREATE MATERIALIZED VIEW brand_days AS
SELECT p.brand, o.placed_at::date AS day, count(*) AS lines, sum(l.price * l.quantity) AS amount FROM lines l JOIN orders o ON o.id = l.order_id JOIN products p ON p.id = l.product_id WHERE o.id % 6 = 0 GROUP BY 1, 2;
