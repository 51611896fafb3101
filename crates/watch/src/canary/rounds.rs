//! From what two versions did in each round to a comparison: the same pairs and the same statistics as those of two
//! builds that take turns.
//!
//! Compared are, of each endpoint, the share that failed, the share that took longer than each limit of its budgets,
//! and percentiles where each round has enough requests for them. How many requests came is up to whoever routes them,
//! and is not compared. What the base answers and the head does not is open, never passed.

use loadline_measure::FigureScale;
use loadline_prometheus::Answer;
use loadline_units::Scale;
use loadline_verdict::{Comparison, Endpoints, Gate, Outcome, Rounds, compare_rounds};

use crate::labelled::Labelled;
use crate::objective::Objective;
use crate::settings::Settings;

use super::asked::{CanaryReads, PERCENTS};
use super::buckets::At;
use super::counted::{Requests, counted};
use super::pace::{FEWEST_ROUNDS, Pace};

/// So many requests of a round must lie beyond a percentile, on both sides: of ten requests the p99 is the slowest one.
const BEYOND: f64 = 5.0;
/// So many standard errors are both sides of an interval of 99 %.
const Z: f64 = 2.576;

/// What was answered to the queries of one version.
pub type Answers = Vec<(CanaryReads, Answer)>;

/// Two versions, compared.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Canary {
    /// Figure by figure.
    pub comparisons: Vec<Comparison>,
    /// All figures, round by round.
    pub figures: Vec<Rounds>,
    /// Requests of the base and of the head, in all rounds.
    pub requests: (f64, f64),
    /// What has to be said beside it.
    pub remarks: Vec<String>,
}

/// Compares two versions by what a Prometheus answered of each.
pub fn canary(
    settings: &Settings,
    endpoints: &Endpoints,
    objectives: &[Objective],
    pace: &Pace,
    (base, head): (&Answers, &Answers),
    gate: &Gate,
) -> Canary {
    let labelled = Labelled::of(settings, endpoints);
    let limits = limits(settings, objectives);
    let ends_s = pace.ends_s();
    let of = |answers: &Answers| {
        let pairs: Vec<(f64, f64)> = limits.iter().map(|limit| (limit.ms, limit.at)).collect();
        counted(&settings.names, &labelled, answers, &ends_s, &pairs)
    };
    let (base, head) = (of(base), of(head));
    let nothing = vec![Requests::default(); ends_s.len()];
    let mut made = Canary::default();
    let mut asides = Asides::default();
    for (number, endpoint) in endpoints.iter().enumerate() {
        let sides = [&base, &head].map(|side| side.get(&number).unwrap_or(&nothing));
        let [of_base, of_head] = sides.map(|side| side.iter().map(|round| round.total).sum::<f64>());
        made.requests.0 += of_base;
        made.requests.1 += of_head;
        match (of_base > 0.0, of_head > 0.0) {
            (false, false) => asides.neither.push(endpoint.name.clone()),
            (false, true) => asides.new.push(endpoint.name.clone()),
            (true, false) => {
                asides.gone.push(endpoint.name.clone());
                made.figures.push(errors(&endpoint.name, sides));
            }
            (true, true) => {
                let own = objectives.iter().filter(|objective| objective.endpoint == endpoint.name);
                let own: Vec<f64> = own.filter_map(Objective::limit_ms).collect();
                made.figures.push(errors(&endpoint.name, sides));
                for (place, limit) in limits.iter().enumerate().filter(|(_, limit)| own.contains(&limit.ms)) {
                    made.figures.extend(over(&endpoint.name, sides, (place, limit.ms), &mut asides));
                }
                for place in 0..PERCENTS.len() {
                    let per_ms = settings.names.unit.per_ms();
                    made.figures.extend(percentile(&endpoint.name, sides, (place, per_ms), &mut asides));
                }
            }
        }
    }
    made.comparisons = compare_rounds(&made.figures, gate);
    for (figure, comparison) in made.figures.iter().zip(&mut made.comparisons) {
        widen(figure, comparison, gate);
        // Silence is no pass, and nobody knows that it is a failure.
        if comparison.outcome == Outcome::NoData {
            comparison.outcome = Outcome::Inconclusive;
        }
    }
    made.remarks = asides.words();
    made
}

/// A share of a few requests is as uncertain as they are few, however many the other version had: of 37 requests none
/// fails one time in seven where every twentieth does.
///
/// Source: Agresti and Caffo, Simple and effective confidence intervals for proportions, The American Statistician
/// 2000: one more failed, and one more not.
fn widen(figure: &Rounds, comparison: &mut Comparison, gate: &Gate) {
    if !figure.scale.by_difference() || !comparison.change.is_finite() {
        return;
    }
    let known = figure.head.iter().zip(&figure.head_values).filter(|(share, _)| share.is_finite());
    let (bad, all) = known
        .fold((0.0, 0.0), |(bad, all), (share, values)| (bad + share * *values as f64, all + *values as f64));
    let share = (bad + 1.0) / (all + 2.0);
    let reach = Z * (share * (1.0 - share) / (all + 2.0)).sqrt();
    comparison.low = comparison.low.min(comparison.change - reach);
    comparison.high = comparison.high.max(comparison.change + reach);
    if comparison.outcome == Outcome::Pass && comparison.high > gate.share_delta {
        comparison.outcome = Outcome::Inconclusive;
    }
}

/// A limit of a budget.
struct Limit {
    ms: f64,
    /// In the metric's unit.
    at: f64,
}

fn limits(settings: &Settings, objectives: &[Objective]) -> Vec<Limit> {
    let mut all: Vec<f64> = objectives.iter().filter_map(Objective::limit_ms).collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    all.into_iter().map(|ms| Limit { ms, at: ms * settings.names.unit.per_ms() }).collect()
}

/// The rounds of both sides: base and head.
type Sides<'r> = [&'r Vec<Requests>; 2];

fn shares(
    endpoint: &str,
    quantity: &str,
    sides: Sides<'_>,
    bad: impl Fn(&Requests) -> Option<f64>,
) -> Rounds {
    let of = |side: &[Requests]| -> (Vec<f64>, Vec<u64>) {
        let share = |round: &Requests| match bad(round) {
            Some(bad) if round.total > 0.0 => (bad / round.total).clamp(0.0, 1.0),
            _ => f64::NAN,
        };
        (side.iter().map(share).collect(), side.iter().map(|round| round.total.round() as u64).collect())
    };
    let ((base, base_values), (head, head_values)) = (of(sides[0]), of(sides[1]));
    let empty = Rounds::new(endpoint, quantity, &FigureScale::ERRORS);
    Rounds { base, head, base_values, head_values, ..empty }
}

fn errors(endpoint: &str, sides: Sides<'_>) -> Rounds {
    shares(endpoint, "errors", sides, |round| Some(round.failed))
}

fn over(endpoint: &str, sides: Sides<'_>, (place, ms): (usize, f64), asides: &mut Asides) -> Option<Rounds> {
    let of = |round: &Requests| round.over.get(place).copied().flatten();
    let (limit, rounds) = (Scale::Time.exact(ms), || sides.into_iter().flatten());
    if rounds().all(|round| of(round).is_none()) {
        asides.beyond.push(format!("{endpoint} {limit}"));
        return None;
    }
    if rounds().any(|round| of(round).is_some_and(|(_, doubt)| doubt > 0.0)) {
        asides.estimated.push(format!("{endpoint} {limit}"));
    }
    Some(shares(endpoint, &format!("over {limit}"), sides, |round| of(round).map(|(bad, _)| bad)))
}

fn percentile(
    endpoint: &str,
    sides: Sides<'_>,
    (place, per_ms): (usize, f64),
    asides: &mut Asides,
) -> Option<Rounds> {
    let percent = PERCENTS[place];
    let needed = BEYOND / (1.0 - percent / 100.0).min(percent / 100.0);
    let quantity = format!("p{percent}");
    let mut figure = Rounds::new(endpoint, &quantity, &FigureScale::LATENCY);
    let (mut enough, mut above) = (0, 0);
    for (base, head) in sides[0].iter().zip(sides[1]) {
        let many = base.total.min(head.total) >= needed;
        enough += usize::from(many);
        let pair = base.percentiles[place].zip(head.percentiles[place]).filter(|_| many);
        let (in_base, in_head) = match pair {
            None => (f64::NAN, f64::NAN),
            // Nothing says which is higher.
            Some((At::Above(_), At::Above(_))) => {
                above += 1;
                (f64::NAN, f64::NAN)
            }
            Some((base, head)) => (base.at() / per_ms, head.at() / per_ms),
        };
        if let Some((At::Within { bounds, .. }, At::Within { bounds: other, .. })) = pair
            && bounds == other
            && bounds.0 < bounds.1
        {
            let [low, high] = [bounds.0, bounds.1].map(|at| Scale::Time.exact(at / per_ms));
            asides
                .within
                .get_or_insert_with(|| format!("{endpoint} {quantity} lies between {low} and {high}"));
        }
        figure.base.push(in_base);
        figure.head.push(in_head);
        figure.base_values.push(base.total.round() as u64);
        figure.head_values.push(head.total.round() as u64);
    }
    if enough < FEWEST_ROUNDS {
        // The median is compared whatever came, so that few requests leave it open; of the others there is nothing to
        // say.
        if percent > 50.0 {
            asides.few.push(format!("{endpoint} {quantity} (needs {} in a round)", needed.round()));
            return None;
        }
        figure.base.fill(f64::NAN);
    } else if enough - above < FEWEST_ROUNDS {
        asides.above.push(format!("{endpoint} {quantity}"));
        return None;
    }
    Some(figure)
}

impl At {
    fn at(self) -> f64 {
        match self {
            Self::Within { at, .. } | Self::Above(at) => at,
        }
    }
}

/// What has to be said beside it, by kind.
#[derive(Default)]
struct Asides {
    gone: Vec<String>,
    new: Vec<String>,
    neither: Vec<String>,
    few: Vec<String>,
    beyond: Vec<String>,
    above: Vec<String>,
    estimated: Vec<String>,
    within: Option<String>,
}

impl Asides {
    fn words(self) -> Vec<String> {
        let mut words = Vec::new();
        let mut say = |names: &[String], begins: &str, ends: &str| {
            if !names.is_empty() {
                let more =
                    if names.len() > 4 { format!(" and {} more", names.len() - 4) } else { String::new() };
                let first = names.iter().take(4).cloned().collect::<Vec<_>>().join(", ");
                words.push(format!("{begins}{first}{more}{ends}"));
            }
        };
        say(&self.gone, "no requests in the canary, so open: ", "");
        say(&self.new, "only in the canary, so not compared: ", "");
        say(&self.neither, "no requests in either, so not compared: ", "");
        say(&self.few, "too few requests for ", "");
        say(&self.beyond, "no bucket is as high as the limit, so not compared: ", "");
        say(&self.above, "above all buckets in both, so not compared: ", "");
        say(&self.estimated, "estimated between buckets, none is at the limit: ", "");
        if let Some(within) = self.within {
            words.push(format!(
                "percentiles are read between the buckets of the histogram ({within}); what took longer than a budget's limit is counted"
            ));
        }
        words
    }
}

#[cfg(test)]
#[path = "rounds_tests.rs"]
mod tests;
