//! One run against one run: how each spreads within itself, and how far apart two runs of the same build are.
//!
//! The second part no run can see. It is known from ten runs of the past, or from rounds of a build against itself on
//! this machine; without either it is assumed to be large, so that only what is gross is called worse.

use loadline_measure::{Figure, FigureUnit};

use super::blocks::{ALIKE, Spread};
use super::evidence::error_of_two_shares;
use super::rounds::{Comparison, Gate};
use super::scaled::Scaled as _;
use crate::stats::{holm, t_cdf, t_quantile};
use crate::verdict::Outcome;

/// The deviation between runs that is assumed of a typical latency or of throughput: shared machines have 5 to 10 %.
const ASSUMED: f64 = 0.1;
/// … of a latency that one request in twenty exceeds, …
const ASSUMED_HIGH: f64 = 0.15;
/// … of one that fewer do, …
const ASSUMED_TAIL: f64 = 0.25;
/// … and of a share.
const ASSUMED_SHARE: f64 = 0.01;
/// What is known for certain has as many degrees of freedom as matter.
const MANY: f64 = 1e6;

/// So many values beyond a percentile are the fewest that can show that it is worse.
const BEYOND: f64 = 5.0;

/// Which percentile a figure is, if it is one.
fn percent(figure: &Figure) -> Option<f64> {
    figure.quantity.strip_prefix('p').and_then(|digits| digits.parse().ok())
}

/// How far apart two runs of the same build are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Between {
    /// The standard deviation of their difference, on the figure's scale.
    pub(super) difference: f64,
    /// The degrees of freedom it was estimated with.
    pub(super) freedom: f64,
}

impl Between {
    /// From the deviation of single runs, of so many.
    pub(super) fn runs(deviation: f64, runs: usize) -> Self {
        Self { difference: deviation * std::f64::consts::SQRT_2, freedom: runs as f64 - 1.0 }
    }

    /// From rounds that took turns, of so many. Runs at other times differ by more than those: by half of what is
    /// assumed of them otherwise.
    pub(super) fn rounds(floor: &Figure, figure: &Figure) -> Self {
        let times = Self::assumed(figure).difference / 2.0;
        Self { difference: floor.value.hypot(times), freedom: floor.values as f64 - 1.0 }
    }

    /// What is assumed of a figure that nobody knows more of.
    pub(super) fn assumed(figure: &Figure) -> Self {
        let deviation = match (&figure.scale.unit, percent(figure)) {
            (FigureUnit::Share, _) => ASSUMED_SHARE,
            (_, Some(percent)) if percent > 95.0 => ASSUMED_TAIL,
            (_, Some(percent)) if percent > 75.0 => ASSUMED_HIGH,
            _ => ASSUMED,
        };
        Self { difference: deviation * std::f64::consts::SQRT_2, freedom: MANY }
    }
}

/// A figure of two runs.
#[derive(Debug, Clone)]
pub(super) struct Pairing<'f> {
    pub(super) figure: &'f Figure,
    /// The values that the smaller of the two runs has of it.
    pub(super) fewest: u64,
    pub(super) base: Spread,
    pub(super) head: Spread,
    pub(super) between: Between,
}

impl Pairing<'_> {
    /// By how much the head is worse, and the standard error of that.
    fn difference(&self) -> (f64, f64) {
        let Self { base, head, between, .. } = self;
        let shares = match (base.share, head.share) {
            (Some(base), Some(head)) => error_of_two_shares(base, head, ALIKE),
            _ => 0.0,
        };
        let within = base.error.hypot(head.error).max(shares);
        (head.badness - base.badness, within.hypot(between.difference))
    }

    /// Whether it is a percentile that only a few values lie beyond: in runs of thirty requests the p99 is the slowest
    /// of all, which says something of that request, and nothing of the build.
    fn is_of_few(&self) -> bool {
        let beyond = |percent: f64| self.fewest as f64 * (1.0 - percent / 100.0);
        percent(self.figure).is_some_and(|percent| beyond(percent) < BEYOND)
    }

    /// The probability of such a difference, or a larger one, if the truth were the margin.
    fn p_above(&self, margin: f64) -> f64 {
        let (difference, error) = self.difference();
        if error.is_infinite() || self.is_of_few() {
            1.0
        } else {
            1.0 - t_cdf((difference - margin) / error, self.between.freedom)
        }
    }

    /// … or a smaller one.
    fn p_below(&self, margin: f64) -> f64 {
        let (difference, error) = self.difference();
        if error.is_infinite() { 1.0 } else { t_cdf((difference - margin) / error, self.between.freedom) }
    }
}

/// Compares all figures of two runs.
pub(super) fn compare_pairings(pairings: &[Pairing<'_>], gate: &Gate) -> Vec<Comparison> {
    let p: Vec<f64> =
        pairings.iter().map(|pairing| pairing.p_above(gate.margin(&pairing.figure.scale))).collect();
    let compared = pairings.iter().zip(holm(&p)).map(|(pairing, p)| {
        let (scale, margin) = (&pairing.figure.scale, gate.margin(&pairing.figure.scale));
        let outcome = if p <= gate.level {
            Outcome::Fail
        } else if pairing.p_below(margin) <= gate.level {
            Outcome::Pass
        } else {
            Outcome::Inconclusive
        };
        let (difference, error) = pairing.difference();
        let reach = t_quantile(1.0 - gate.level, pairing.between.freedom) * error;
        let (first, second) = (scale.change(difference - reach), scale.change(difference + reach));
        Comparison {
            subject: pairing.figure.subject.clone(),
            quantity: pairing.figure.quantity.clone(),
            scale: scale.clone(),
            base: scale.of_badness(pairing.base.badness),
            head: scale.of_badness(pairing.head.badness),
            change: scale.change(difference),
            low: first.min(second),
            high: first.max(second),
            confidence: 1.0 - 2.0 * gate.level,
            p,
            rounds: 1,
            outcome,
        }
    });
    compared.collect()
}

#[cfg(test)]
mod tests {
    use loadline_measure::FigureScale;

    use super::*;

    fn compared(scale: &FigureScale, base: f64, head: f64, between: Option<f64>) -> Comparison {
        let spread = |figure: f64| {
            let share = scale.by_difference().then_some((figure * 1_000.0, 1_000.0));
            Spread { badness: scale.badness(figure), error: 0.005, share }
        };
        let figure = Figure {
            subject: "search".to_owned(),
            quantity: "p50".to_owned(),
            value: head,
            scale: scale.clone(),
            values: 100,
        };
        let between = between.map_or(Between::assumed(&figure), |deviation| Between::runs(deviation, 30));
        let pairing =
            Pairing { figure: &figure, fewest: 100, base: spread(base), head: spread(head), between };
        compare_pairings(&[pairing], &Gate::default()).remove(0)
    }

    #[test]
    fn the_slowest_of_a_few_requests_is_no_percentile() {
        let figure = |quantity: &str| Figure {
            subject: "search".to_owned(),
            quantity: quantity.to_owned(),
            value: 50.0,
            scale: FigureScale::LATENCY,
            values: 30,
        };
        for (quantity, fewest, outcome) in [
            ("p99", 30, Outcome::Inconclusive),
            ("p99", 499, Outcome::Inconclusive),
            ("p99", 500, Outcome::Fail),
            ("p95", 99, Outcome::Inconclusive),
            ("p95", 100, Outcome::Fail),
            ("p50", 10, Outcome::Fail),
        ] {
            let figure = figure(quantity);
            let spread =
                |value| Spread { badness: FigureScale::LATENCY.badness(value), error: 0.01, share: None };
            let (base, head) = (spread(10.0), spread(50.0));
            let pairing = Pairing { figure: &figure, fewest, base, head, between: Between::runs(0.01, 30) };
            let compared = compare_pairings(&[pairing], &Gate::default());
            assert_eq!(compared[0].outcome, outcome, "{quantity} of {fewest}");
        }
    }

    #[test]
    fn without_a_past_only_what_is_gross_is_worse() {
        let slower = |by: f64, between| compared(&FigureScale::LATENCY, 10.0, 10.0 * by, between).outcome;
        assert_eq!(slower(1.2, None), Outcome::Inconclusive);
        assert_eq!(slower(1.97, None), Outcome::Fail);
        assert_eq!(slower(1.2, Some(0.01)), Outcome::Fail);
        assert_eq!(slower(1.2, Some(0.05)), Outcome::Inconclusive);
        assert_eq!(slower(1.0, None), Outcome::Inconclusive, "an assumption proves nothing equal");
        let fewer = compared(&FigureScale::THROUGHPUT, 100.0, 80.0, Some(0.01));
        assert_eq!(fewer.outcome, Outcome::Fail);
        assert!(fewer.low < fewer.change && fewer.change < fewer.high && (fewer.change - 0.8).abs() < 1e-9);
        assert_eq!(compared(&FigureScale::THROUGHPUT, 80.0, 100.0, Some(0.01)).outcome, Outcome::Pass);
        let errors = compared(&FigureScale::ERRORS, 0.0, 0.1, Some(0.01));
        assert_eq!(errors.outcome, Outcome::Fail);
        assert!((errors.change - 0.1).abs() < 1e-12);
        assert_eq!(compared(&FigureScale::ERRORS, 0.0, 0.5, None).outcome, Outcome::Fail);
    }
}
