"""What sets of indexes are worth to a statement: built, and measured in turn, round by round.

All sets are there at once; before each measurement those that are not meant are dropped in a transaction that is rolled
back, which also undoes what the statement wrote.
"""

import re, statistics, time
from dataclasses import dataclass

from server import values

# An index pays if it saves a tenth, and more than can be felt by nobody.
SHARE, FLOOR_MS = 0.10, 0.05
# As good as another: within a quarter, or within what a clock can tell, or it saves all but a hundredth of what that saves.
AS_GOOD, AS_GOOD_MS, NEARLY_ALL = 1.25, 0.05, 0.99


@dataclass
class Measured:
    ms: float
    pages: int
    rows: int
    used: frozenset  # names of the indexes in the plan
    bytes: int = 0
    cost: float = 0.0
    shape: str = ""  # of the plan: what is done to which table by which index
    turns: tuple = ()  # milliseconds, round by round

    def pays(self, none):
        return self.ms < (1 - SHARE) * none.ms and none.ms - self.ms > FLOOR_MS

    def as_good_as(self, other, none):
        nearly = none.ms - self.ms >= NEARLY_ALL * (none.ms - other.ms) > 0
        return nearly or self.ms <= AS_GOOD * other.ms + AS_GOOD_MS


def clear(server, database):
    """Drops what a run that was ended has left in a folder that is kept; before anybody is asked for advice."""
    left = server.psql(database, "SELECT indexrelid::regclass FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relname ~ '^bench_[0-9]+$' AND NOT relispartition", rows=True).split()
    server.psql(database, "".join(f"DROP INDEX {name};" for name in left))


class Builder:
    """Indexes of one database, each built once as long as it is wanted."""

    def __init__(self, server, database):
        self.server, self.database, self.built, self.parent, self.number = server, database, {}, {}, 0

    def build(self, text):
        """Name, bytes and definition of the index `text`; a RuntimeError where PostgreSQL refuses it."""
        if text not in self.built:
            self.number += 1
            name = f"bench_{self.number}"
            self.server.psql(self.database, f"CREATE INDEX {name} ON {text}")
            tree = f"SELECT '{name}'::regclass AS relid UNION SELECT relid FROM pg_partition_tree('{name}')"
            said = self.server.psql(self.database, f"SELECT sum(pg_relation_size(relid)), (SELECT indrelid::regclass FROM pg_index WHERE indexrelid = '{name}'::regclass), string_agg(relid::regclass::text, ' ') FROM ({tree}) AS tree; SELECT pg_get_indexdef('{name}'::regclass)", rows=True).splitlines()
            bytes_, table, every = said[0].split("|")
            self.parent.update({part: name for part in every.split()})
            self.built[text] = (name, int(bytes_), said[1])
            # An expression has no statistics before the next ANALYZE.
            if re.search(r"\w\(|\(\(", re.sub(r"(?i)\binclude\b.*|\bwhere\b.*", "", text).split(" ", 1)[1]):
                self.server.psql(self.database, f"ANALYZE {table}")
        return self.built[text]

    def drop(self, keep=()):
        for text in [text for text in self.built if text not in keep]:
            self.server.psql(self.database, f"DROP INDEX {self.built.pop(text)[0]}")

    def measure(self, statement, sets, rounds=None):
        """Each of `sets` (lists of texts; an empty one is: no index) measured on `statement`, medians of interleaved rounds:
        so many, or as many as its time permits."""
        names = [frozenset(self.build(text)[0] for text in one) for one in sets]
        every = frozenset(name for name, _, _ in self.built.values())
        spent = time.monotonic()
        seen = [self.round(statement, names, every)]  # the first only warms up
        spent = time.monotonic() - spent
        rounds = rounds or (2 if spent > 6 else 3 if spent > 1.5 else 5 if spent > 0.8 else 9)
        seen = [self.round(statement, names, every) for _ in range(rounds)]
        found = []
        for number, one in enumerate(sets):
            mine = [turn[number] for turn in seen]
            found.append(Measured(statistics.median(item[0] for item in mine), mine[-1][1], mine[-1][2], mine[-1][3], sum(self.build(text)[1] for text in one), *mine[-1][4:], tuple(item[0] for item in mine)))
        return found

    def round(self, statement, names, every):
        script = ["SET statement_timeout = '60s';"]
        for one in names:
            away = sorted(every - one)
            script.append("BEGIN;" + "".join(f"DROP INDEX {name};" for name in away))
            # Twice: the first fills the caches that the drop emptied.
            explain = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {statement};"
            script.append("SAVEPOINT s;" + explain + "ROLLBACK TO s;" + explain + "ROLLBACK;")
        said = values(self.server.psql(self.database, "\n".join(script), rows=True))
        return [self.reading(one[0]) for one in said[1::2]]

    def reading(self, plan):
        top = plan["Plan"]
        used, shape = set(), []

        def walk(node):
            shape.append(" ".join(str(node.get(key, "")) for key in ("Node Type", "Join Type", "Strategy", "Alias", "Index Name", "Workers Planned")))
            if "Index Name" in node:
                used.add(self.parent.get(node["Index Name"], node["Index Name"]))
            shape.append("(")
            for child in node.get("Plans", []):
                walk(child)
            shape.append(")")

        walk(top)
        return plan["Execution Time"], top.get("Shared Hit Blocks", 0) + top.get("Shared Read Blocks", 0), top["Actual Rows"], frozenset(used), top["Total Cost"], " ".join(shape)
