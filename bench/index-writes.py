"""The rounds of bench/index-writes: one psql session per round, its processor time read from /proc."""
import os
import statistics
import subprocess

PLACE, ROWS, ROUNDS = os.environ["exec_place"], int(os.environ["ROWS"]), int(os.environ["ROUNDS"])
TICK_US = 1e6 / os.sysconf("SC_CLK_TCK")
COLUMNS = """
  id bigint, random int, ordered int, at timestamptz, name text, doc jsonb, tags int[], words tsvector,
  spot geography(point), flat point, during int4range"""
VALUES = """
  SELECT i, hashint4(i), i, timestamptz '2025-01-01' + i * interval '1 minute', md5(i::text) || ' ' || md5((i * 7)::text),
    jsonb_build_object('a', i % 1000, 'b', md5((i % 5000)::text), 'c', jsonb_build_object('d', i % 10)),
    ARRAY[i % 100, i % 1009, i % 7919], to_tsvector('simple', md5((i % 3000)::text) || ' ' || md5((i % 700)::text) || ' word ' || i % 50),
    ST_MakePoint(hashint4(i) % 180, hashint4(i + 1) % 90)::geography, point(hashint4(i) % 10000, hashint4(i + 1) % 10000),
    int4range(i % 100000, i % 100000 + 10)
  FROM generate_series({first}, {last}) AS i"""
INDEXES = {
    "none": None,
    "btree, random int": "btree (random)",
    "btree, ascending int": "btree (ordered)",
    "btree, text": "btree (name)",
    "hash, random int": "hash (random)",
    "brin": "brin (at)",
    "gin jsonb_ops": "gin (doc)",
    "gin jsonb_path_ops": "gin (doc jsonb_path_ops)",
    "gin array_ops": "gin (tags)",
    "gin tsvector_ops": "gin (words)",
    "gin gin_trgm_ops": "gin (name gin_trgm_ops)",
    "gist geography": "gist (spot)",
    "gist point": "gist (flat)",
    "gist range": "gist (during)",
    "gist gist_trgm_ops": "gist (name gist_trgm_ops)",
    "spgist point": "spgist (flat)",
    "spgist text": "spgist (name)",
}


def psql(*statements):
    words = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", PLACE, "-U", "postgres", "-d", "postgres"]
    for statement in statements:
        words += ["-c", statement]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def spent(index):
    """Microseconds of the processor and bytes of log, of one row."""
    build = f"CREATE INDEX ON t USING {index}" if index else "SELECT"
    # utime and stime are fields 14 and 15 of all, 12 and 13 of those behind the process's name.
    fields = "string_to_array(regexp_replace(pg_read_file('/proc/' || pg_backend_pid() || '/stat'), '^.*[)] ', ''), ' ')"
    clock = f"SELECT 'clock', s[12]::bigint + s[13]::bigint FROM (SELECT {fields} AS s) AS f"
    log = "SELECT 'log', pg_current_wal_insert_lsn() - '0/0'"
    out = psql(
        "SET client_min_messages = error", "DROP TABLE IF EXISTS t", f"CREATE TABLE t ({COLUMNS})",
        f"INSERT INTO t {VALUES.format(first=1, last=ROWS)}", build, "CREATE TEMP TABLE more (LIKE t)", f"INSERT INTO more {VALUES.format(first=ROWS + 1, last=2 * ROWS)}",
        clock, log, "INSERT INTO t SELECT * FROM more", clock, log,
    )
    figures = [line.split("|") for line in out.splitlines() if "|" in line]
    clocks = [float(value) for name, value in figures if name == "clock"]
    logs = [float(value) for name, value in figures if name == "log"]
    return (clocks[1] - clocks[0]) * TICK_US / ROWS, (logs[1] - logs[0]) / ROWS


psql("CREATE EXTENSION postgis", "CREATE EXTENSION pg_trgm")
found = {name: [] for name in INDEXES}
for _ in range(ROUNDS):
    for name, index in INDEXES.items():
        found[name].append(spent(index))
median = {name: tuple(statistics.median(one[at] for one in rounds) for at in (0, 1)) for name, rounds in found.items()}
print(f"{'index':24} {'us a row':>9} {'bytes of log':>13}   median of {ROUNDS}, less {median['none'][0]:.2f} us and {median['none'][1]:.0f} bytes without")
for name in INDEXES:
    if name != "none":
        us, log = (median[name][at] - median["none"][at] for at in (0, 1))
        print(f"{name:24} {us:9.2f} {log:13.0f}")
