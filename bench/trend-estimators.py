"""What scipy, statsmodels, numpy and ruptures make of the numbers that the tests of `crates/verdict` hold (see
bench/trend). pip install scipy statsmodels ruptures"""

import numpy as np
import ruptures
import scipy.stats as stats
import statsmodels.api as models
from ruptures.base import BaseCost
from statsmodels.robust import scale
from statsmodels.stats.multitest import multipletests
from statsmodels.tsa.stattools import acf

wild = [1.2, 0.7, 2.9, 1.4, 1.1, 0.2, 1.9, 1.3, 55.0, 0.8]
print("spread: median_abs_deviation", stats.median_abs_deviation(wild, scale="normal"))
print("Qn: qn_scale", scale.qn_scale(np.array(wild)))
print("Hodges-Lehmann", np.median([(a + b) / 2 for i, a in enumerate(wild) for b in wild[i:]]))
resembling = [1.0, 2.0, 1.5, 2.5, 2.2, 3.1, 2.9, 3.5, 1.1, 0.4, 1.7, 2.6]
print("resemblance: acf", acf(resembling, nlags=1, fft=False)[1])
for count, phi in [(8, 0.5), (3, 0.2), (50, 0.7)]:
    lags = np.abs(np.subtract.outer(np.arange(count), np.arange(count)))
    print("variance of a mean", count, phi, (phi**lags).mean())
print("weekdays: f_oneway", stats.f_oneway([1, 2, 2, 3.5], [3, 4, 4, 5], [6, 6.5, 7, 7, 6]).pvalue)
print("chance: t.sf", 2 * stats.t.sf(3.3, 7))
values = [1.0, 1.2, 0.9, 1.1, 1.5, 2.1, 2.4, 3.0, 3.1, 2.9, 3.0, 5.0, 5.1, 4.9, 5.2]
columns = np.zeros((len(values), 3))
for at in range(len(values)):
    gone = min(max((at - 3) / 5, 0), 1)
    columns[at] = [1 - gone, gone, 0] if at < 11 else [0, 0, 1]
fit = models.OLS(values, columns).fit()
print("levels: OLS", fit.params, fit.ssr, fit.normalized_cov_params.tolist())
for k, n, a, b in [(1, 1000, 0.5, 10000.5), (3, 500, 0.5, 5000.5), (12, 1000, 20.5, 4000.0), (40, 2000, 3.0, 300.0)]:
    print("errors: betabinom.sf", k, n, a, b, stats.betabinom.sf(k - 1, n, a, b))
p = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205]
print("many figures: fdr_bh", multipletests(p, method="fdr_bh", alpha=0.05)[1].tolist())
print("slope: theilslopes", stats.theilslopes([1.0, 2.5, 2.0, 4.1, 5.5], [0, 1, 2, 3, 5])[0])


class Bounded(BaseCost):
    """The cost of a level when no value costs more than 9."""

    model, min_size = "bounded", 1

    def fit(self, signal):
        self.signal = signal
        return self

    def error(self, start, end):
        part = self.signal[start:end, 0]
        grid = np.linspace(part.min(), part.max(), 2001)
        return np.minimum((part[:, None] - grid) ** 2, 9).sum(0).min()


rng = np.random.default_rng(12)
series = np.round(np.concatenate([rng.normal(0, 1, 14), rng.normal(4, 1, 9), rng.normal(1, 1, 12)]), 2)
series[5], series[18] = 40.0, -30.0
print("partition: ruptures.Pelt", series.tolist())
print("  ", ruptures.Pelt(custom_cost=Bounded(), min_size=1, jump=1).fit(series.reshape(-1, 1)).predict(pen=10.0))
