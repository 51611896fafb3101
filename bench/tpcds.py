"""TPC-DS: its tables with their primary keys, and its 99 queries as DuckDB's extension makes them, for PostgreSQL.

DUCKDB is a Python that has the packages `duckdb` and `duckdb-ext-tpcds`; data and queries are made when they are needed
and are no part of this project.
"""

import json, os, re, subprocess

KEYS = {
    "call_center": "cc_call_center_sk",
    "catalog_page": "cp_catalog_page_sk",
    "catalog_returns": "cr_item_sk, cr_order_number",
    "catalog_sales": "cs_item_sk, cs_order_number",
    "customer": "c_customer_sk",
    "customer_address": "ca_address_sk",
    "customer_demographics": "cd_demo_sk",
    "date_dim": "d_date_sk",
    "household_demographics": "hd_demo_sk",
    "income_band": "ib_income_band_sk",
    "inventory": "inv_date_sk, inv_item_sk, inv_warehouse_sk",
    "item": "i_item_sk",
    "promotion": "p_promo_sk",
    "reason": "r_reason_sk",
    "ship_mode": "sm_ship_mode_sk",
    "store": "s_store_sk",
    "store_returns": "sr_item_sk, sr_ticket_number",
    "store_sales": "ss_item_sk, ss_ticket_number",
    "time_dim": "t_time_sk",
    "warehouse": "w_warehouse_sk",
    "web_page": "wp_web_page_sk",
    "web_returns": "wr_item_sk, wr_order_number",
    "web_sales": "ws_item_sk, ws_order_number",
    "web_site": "web_site_sk",
}
MAKE = """
import duckdb, duckdb_ext, glob, json, sys
folder, scale = sys.argv[1:]
with duckdb.connect() as it:
    [extension] = glob.glob(f"{list(duckdb_ext.__path__)[0]}/extensions/*/*/tpcds.duckdb_extension")
    it.execute("SET enable_progress_bar = false")
    it.execute(f"LOAD '{extension}'")
    if folder != "-":
        it.execute(f"CALL dsdgen(sf={float(scale)})")
        tables = {}
        for table, column, of in it.execute("SELECT table_name, column_name, data_type FROM information_schema.columns ORDER BY table_name, ordinal_position").fetchall():
            tables.setdefault(table, []).append(f"{column} {of}")
        for table in tables:
            it.execute(f"COPY {table} TO '{folder}/{table}.csv' (HEADER)")
        print(json.dumps(tables))
    else:
        print(json.dumps([text for _, text in it.execute("SELECT query_nr, query FROM tpcds_queries() ORDER BY 1").fetchall()]))
"""
# A statement that takes longer without indexes would be all that is measured.
LONGEST_MS = 4000


def make(*words):
    return json.loads(subprocess.run([os.environ["DUCKDB"], "-c", MAKE, *words], check=True, capture_output=True, text=True).stdout)


def fill(psql, folder, scale):
    """Makes the tables in the database that `psql` talks to, and fills them from files made in `folder`."""
    for table, columns in make(folder, str(scale)).items():
        psql(f"CREATE TABLE {table} ({', '.join(columns)}, PRIMARY KEY ({KEYS[table]}));\n\\copy {table} FROM '{folder}/{table}.csv' CSV HEADER")


def statements(psql):
    """The queries that PostgreSQL takes and that end in time without an index; says how many do not. QUERIES in the
    environment: only those of these numbers."""
    found, refused, long = [], [], []
    wanted = {int(one) for one in os.environ.get("QUERIES", "").split()}
    for number, text in enumerate(make("-", "0"), 1):
        if wanted and number not in wanted:
            continue
        text = re.sub(r"\s+", " ", text).strip().rstrip(";").strip()
        try:
            psql(f"SET statement_timeout = {LONGEST_MS}; {text} \\g /dev/null")
            found.append(text)
        except RuntimeError as error:
            (long if "statement timeout" in str(error) else refused).append(number)
    print(f"tpcds: {len(found)} queries; {len(refused)} are not PostgreSQL's SQL ({', '.join(map(str, refused))}); {len(long)} take more than {LONGEST_MS / 1000:.0f} s without an index ({', '.join(map(str, long))})", flush=True)
    return found
