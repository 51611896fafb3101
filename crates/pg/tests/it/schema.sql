-- A table with columns for every access method, and one with partitions.
CREATE EXTENSION pg_trgm;
CREATE EXTENSION pageinspect;
CREATE TABLE t (id bigint PRIMARY KEY, a int, b text, c timestamptz, list int[], doc jsonb, r int4range, p point, ip inet,
    name text, words tsvector);
INSERT INTO t SELECT i, i * 37 % 1000, md5((i / 3)::text), '2025-01-01'::timestamptz + i * interval '1 minute',
    ARRAY[i % 50, i % 77, i * 31 % 500], jsonb_build_object('k', i % 100, 'v', md5((i % 1000)::text)),
    int4range(i % 10000, i % 10000 + 10), point(i * 37 % 1000, i * 91 % 1000), ('10.' || i % 200 || '.' || i % 250 || '.1')::inet,
    md5(i::text) || ' abc' || i % 1000, to_tsvector('simple', 'word' || i % 300 || ' term' || i % 7000)
    FROM generate_series(1, 30000) AS i;
CREATE TABLE days (at timestamptz NOT NULL, v int) PARTITION BY RANGE (at);
CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2025-01-01') TO ('2025-01-11');
CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM ('2025-01-11') TO ('2025-02-01');
INSERT INTO days SELECT '2025-01-01'::timestamptz + i * interval '1 minute', i % 900 FROM generate_series(1, 40000) AS i;
VACUUM ANALYZE t;
VACUUM ANALYZE days;
