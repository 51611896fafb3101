"""Looks at made-up histories with Apache Otava, beside what was found in them (see bench/trend).

Reads lines of JSON as `--example trend -- draw` writes them; prints a table. "Found" is a change point within three runs
of the change; of a drift, any; "after" the median of the runs on the new level it took, looked at after each run.
"""

import json
import logging
import statistics
import sys
from collections import OrderedDict

from otava.analysis import compute_change_points

logging.disable(logging.WARNING)
NEAR = 3


def places(values):
    found, _ = compute_change_points(values, window_len=50, max_pvalue=0.001, min_magnitude=0.0)
    return [point.index for point in found]


def near(found, at, drift):
    return bool(found) if drift else any(abs(place - at) <= NEAR for place in found)


def first(values, at):
    for end in range(at + 1, min(len(values), at + 40) + 1):
        if near(places(values[:end]), at, False):
            return end - at
    return None


def after(firsts):
    found = sorted(one for one in firsts if one is not None)
    if len(found) * 2 <= len(firsts):
        return "–"
    return str(statistics.median_low(sorted(one if one is not None else 10**9 for one in firsts)))


kinds = OrderedDict()
for line in sys.stdin:
    one = json.loads(line)
    kinds.setdefault(one["kind"], []).append(one)
width = max(map(len, kinds))
print(f"{'':{width}}  {'Loadline':^26}  {'Apache Otava':^26}")
print(f"{'':{width}}  {'found':>6} {'false':>8} {'after':>9}   {'found':>6} {'false':>8} {'after':>9}")
for kind, series in kinds.items():
    cells = []
    for ours in (True, False):
        found = alarms = 0
        firsts = []
        for one in series:
            at, values, drift = one["change"], one["values"], kind.startswith("drift")
            seen = one["places"] if ours else places(values)
            if at is None:
                alarms += bool(seen)
                continue
            found += near(seen, at, drift)
            alarms += 0 if drift else any(abs(place - at) > NEAR for place in seen)
            if not drift:
                firsts.append(one["first"] if ours else first(values, at))
        count, changed = len(series), series[0]["change"] is not None
        cells.append(f"{found / count if changed else float('nan'):>6.3f} {alarms / count:>8.3f} {after(firsts) if firsts else '–':>9}")
    print(f"{kind:{width}}  " + "   ".join(cells).replace("nan", "  –"), flush=True)
