"""Figures of scipy and statsmodels that comparisons of two builds are tested against: made once, kept as JSON.

    pip install scipy statsmodels && python3 comparison.py > comparison.json

The alpha spent at each look is worked out by numerical integration of its derivative, independently of the formula that
is tested; the Hodges-Lehmann estimate is brute force over all pairs with numpy.
"""

import json
import math
import sys

import numpy
import scipy
import statsmodels
from scipy import integrate, stats
from statsmodels.stats.multitest import multipletests

random = numpy.random.default_rng(20261128)
cases = []
for rounds, change, noise in [(2, 0.1, 0.02), (6, 0.0, 0.05), (12, 0.1, 0.02), (12, 0.05, 0.1), (24, -0.1, 0.3), (48, 0.02, 0.01)]:
    base = numpy.exp(random.normal(3.0, 0.2, rounds))
    head = base * numpy.exp(random.normal(math.log1p(change), noise, rounds))
    logs = numpy.log(head / base)
    margin = math.log1p(0.05)
    interval = stats.ttest_1samp(logs, 0.0).confidence_interval(0.99)
    pairs = [(logs[i] + logs[j]) / 2 for i in range(rounds) for j in range(i, rounds)]
    cases.append({
        "base": base.tolist(),
        "head": head.tolist(),
        "p_above": float(stats.ttest_1samp(logs, margin, alternative="greater").pvalue),
        "p_below": float(stats.ttest_1samp(logs, margin, alternative="less").pvalue),
        "low": float(interval.low),
        "high": float(interval.high),
        "hodges_lehmann": float(numpy.median(pairs)),
    })

holm = []
for size in [1, 3, 10, 40]:
    p = random.beta(0.5, 2.0, size)
    holm.append({"p": p.tolist(), "adjusted": multipletests(p, method="holm")[1].tolist()})

spending = []
for first, most in [(12, 48), (5, 12), (12, 12), (3, 40)]:
    looks = list(range(first, most, first)) + [most]
    rate = lambda t: (math.e - 1) / (1 + (math.e - 1) * t)
    ends = [0.0] + [look / most for look in looks]
    shares = [0.005 * integrate.quad(rate, left, right)[0] for left, right in zip(ends, ends[1:])]
    spending.append({"first": first, "most": most, "looks": looks, "shares": shares})

versions = {"scipy": scipy.__version__, "statsmodels": statsmodels.__version__, "numpy": numpy.__version__}
json.dump({"made_with": versions, "paired": cases, "holm": holm, "spending": spending}, sys.stdout, indent=1)
print()
