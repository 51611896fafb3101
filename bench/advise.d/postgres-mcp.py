"""postgres-mcp's tuning adviser without its server: statements in a JSON list on the standard input, indexes out.

Runs in an environment of its own, which has postgres-mcp 0.3.0.
"""

import asyncio, json, sys, typing

import typing_extensions

# It wants a newer Python for nothing but this name.
if not hasattr(typing, "override"):
    typing.override = typing_extensions.override

from postgres_mcp.index.dta_calc import DatabaseTuningAdvisor
from postgres_mcp.sql import DbConnPool, SqlDriver


async def main(url, seconds):
    pool = DbConnPool(url)
    await pool.pool_connect()
    adviser = DatabaseTuningAdvisor(SqlDriver(pool), max_runtime_seconds=int(seconds))
    result = await adviser.analyze_workload(query_list=json.load(sys.stdin))
    if result.error:
        sys.exit(result.error)
    print(json.dumps([f"CREATE INDEX ON {one.table} USING {one.using} ({', '.join(one.columns)})" for one in result.recommendations]))
    await pool.close()


asyncio.run(main(*sys.argv[1:]))
