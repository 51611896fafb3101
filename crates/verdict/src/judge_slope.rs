//! Judging a slope: fail, pass, or not enough evidence, with how much longer it takes.
//!
//! A limit that lies inside the interval decides nothing: the outcome is inconclusive, which fails no run, and the
//! evidence says how long a run would decide. The interval's width goes with T to the power −3/2, for a slope through
//! time T under noise of one kind.
//!
//! Five minutes of steady samples are the least, whatever the interval says. Memory grows in steps: an allocator takes
//! a few megabytes and fills them unseen, and a flat minute is a step, no proof. And a service that began a minute ago
//! still grows into its pools and caches, which is no leak. Earlier than that only what grows by more than a
//! quarter of its level fails: a leak that nobody has to wait for.

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use loadline_measure::{Run, Series, TagSet, Unit};
use loadline_units::{self as units, Scale};

use crate::budgets::Budget;
use crate::finding::Finding;
use crate::slope::{CONFIDENCE, Slope};
use crate::slope_unit::{Amount, Per, SlopeUnit};
use crate::steady::{WARM_UP, steady_part};
use crate::threshold::LimitUnit;
use crate::verdict::{Interval, Outcome};

/// With a shorter time than this between the first and the last sample nothing passes, and little fails.
const SHORTEST_S: u64 = 300;
/// What fails before that: growth by more than this share of the level it began at.
const PLAIN_GROWTH: f64 = 0.25;
/// Runs longer than this many times the judged one are not worth proposing.
const LONGEST_PROPOSAL: f64 = 20.0;

/// The steady part of a run, and the slopes of its gauges there, each estimated once.
pub(crate) struct Slopes<'r> {
    run: &'r Run,
    steady: Option<Range<u64>>,
    of_series: HashMap<Series, Option<Slope>>,
}

impl<'r> Slopes<'r> {
    pub(crate) fn new(run: &'r Run) -> Self {
        Self { run, steady: None, of_series: HashMap::new() }
    }

    fn steady(&mut self) -> Range<u64> {
        self.steady.get_or_insert_with(|| steady_part(self.run)).clone()
    }
}

/// Judges the slope of a gauge, whose series are these; `None` when it has no values at all.
pub(crate) fn judge_slope(
    slopes: &mut Slopes<'_>,
    budget: &Budget,
    series: &[Series],
    metric_unit: Unit,
) -> Option<Finding> {
    let run = slopes.run;
    let series: Vec<Series> =
        series.iter().copied().filter(|series| !run.gauge(*series).is_empty()).collect();
    let [one] = series.as_slice() else {
        return (!series.is_empty()).then(|| ambiguous(run, budget, &series));
    };
    let samples = run.gauge(*one);
    let steady = slopes.steady();
    let from = samples.partition_point(|(second, _)| *second < steady.start);
    let until = samples.partition_point(|(second, _)| *second < steady.end);
    let judged = samples.get(from..until).unwrap_or_default();
    let Some(slope) = *slopes.of_series.entry(*one).or_insert_with(|| Slope::of(judged)) else {
        return Some(Finding {
            outcome: Outcome::Inconclusive,
            observed: None,
            interval: None,
            exact: false,
            values: judged.len() as u64,
            evidence: format!(
                "the steady part of the run (users at their plateau, without the first tenth) has {} samples, too few or too scattered for a slope; run for {} or longer",
                judged.len(),
                shortest_run(run, &steady)
            ),
            certainty: None,
            more_s: None,
        });
    };
    let seconds = judged[judged.len() - 1].0 - judged[0].0 + 1;
    Some(decide(
        run,
        budget,
        metric_unit,
        &Steady { slope, seconds, from: judged[0].0, values: judged.len() as u64, part: steady },
    ))
}

/// The judged part and its slope.
struct Steady {
    slope: Slope,
    seconds: u64,
    from: u64,
    values: u64,
    part: Range<u64>,
}

impl Steady {
    /// Whether it moves so much that neither warm-up nor a step explains it.
    fn is_plain(&self) -> bool {
        (self.slope.estimate * self.seconds as f64).abs() > PLAIN_GROWTH * self.slope.ends.0.abs()
    }
}

fn decide(run: &Run, budget: &Budget, metric_unit: Unit, steady: &Steady) -> Finding {
    let (operator, limit) = (budget.threshold.operator, budget.threshold.limit);
    let unit = match limit.unit {
        Some(LimitUnit::Slope(unit)) => unit,
        _ => SlopeUnit { amount: Amount::Plain, per: Per::Hour },
    };
    let per_hour = |per_second: f64| per_second * 3600.0;
    let interval = Interval {
        low: per_hour(steady.slope.low()),
        high: per_hour(steady.slope.high()),
        confidence: CONFIDENCE,
    };
    let bound = limit.value();
    let holds = |slope: f64| operator.holds(slope.total_cmp(&bound));
    let (outcome, advice) = match (holds(interval.low), holds(interval.high)) {
        (keeps, other) if keeps == other && steady.seconds < SHORTEST_S && (keeps || !steady.is_plain()) => {
            let advice = format!(
                "; in less than {} a leak looks like warm-up, and steps look flat: run for {} or longer",
                units::duration_text(Duration::from_secs(SHORTEST_S)),
                shortest_run(run, &steady.part)
            );
            (Outcome::Inconclusive, advice)
        }
        (true, true) => (Outcome::Pass, String::new()),
        (false, false) => (Outcome::Fail, String::new()),
        _ => (Outcome::Inconclusive, proposal(run, steady, bound / 3600.0)),
    };
    let in_unit = |per_hour: f64| unit.of_per_hour(per_hour);
    let figures = [per_hour(steady.slope.estimate), interval.low, interval.high].map(in_unit);
    let decimals = decimals(figures.iter().chain([&limit.number]));
    let figure = |value: f64| units::decimals(value, decimals);
    let evidence = format!(
        "slope {} {unit} (99% interval {} … {} {unit}) over {}: {} samples, from {} to {}; limit {} {} {unit}{advice}",
        figure(figures[0]),
        figure(figures[1]),
        figure(figures[2]),
        stretch(steady.from, steady.seconds),
        units::count(steady.values),
        Scale::from(metric_unit).text(steady.slope.ends.0),
        Scale::from(metric_unit).text(steady.slope.ends.1),
        operator.text(),
        units::decimals(limit.number, 6),
    );
    Finding {
        outcome,
        observed: Some(per_hour(steady.slope.estimate)),
        interval: Some(interval),
        exact: false,
        values: steady.values,
        evidence,
        certainty: None,
        more_s: None,
    }
}

/// Several series: what rises is not clear.
fn ambiguous(run: &Run, budget: &Budget, series: &[Series]) -> Finding {
    let metric = &budget.selector.metric;
    let tags = |tags: &TagSet| {
        let pairs: Vec<String> = tags.iter().map(|(key, value)| format!("{key}:{value}")).collect();
        format!("`{metric}{{{}}}`", pairs.join(","))
    };
    let named: Vec<String> = series.iter().take(4).filter_map(|series| run.tags(*series)).map(tags).collect();
    Finding::none(format!(
        "a slope is of one series, and `{}` are {}; choose one, such as {}",
        budget.text.selector,
        series.len(),
        named.join(" or ")
    ))
}

/// How long a run would decide, if it goes on like this.
fn proposal(run: &Run, steady: &Steady, limit: f64) -> String {
    let distance = (steady.slope.estimate - limit).abs();
    // The margin shrinks with T^(-3/2); a little more, because the estimate moves, too.
    let factor = 1.1 * (steady.slope.margin / distance).powf(2.0 / 3.0);
    if !factor.is_finite() || factor > LONGEST_PROPOSAL {
        return "; the limit is in the interval, and too close to the slope for a longer run to tell: choose another limit"
            .to_owned();
    }
    let whole = whole_run(run, &steady.part, (steady.seconds as f64 * factor).max(SHORTEST_S as f64));
    format!("; the limit is in the interval: a run of about {whole} would decide")
}

/// The run that has enough steady seconds for a pass.
fn shortest_run(run: &Run, part: &Range<u64>) -> String {
    whole_run(run, part, SHORTEST_S as f64)
}

/// The minutes of a whole run, with ramps as in this one, for so many judged seconds.
fn whole_run(run: &Run, part: &Range<u64>, judged: f64) -> String {
    let plateau = (part.end - part.start) as f64 / (1.0 - WARM_UP);
    let ramps = (run.duration.as_secs_f64() - plateau).max(0.0);
    let minutes = ((ramps + judged / (1.0 - WARM_UP)) / 60.0).ceil();
    units::duration_text(Duration::from_mins(minutes as u64))
}

/// How long, and from when to when.
fn stretch(from: u64, seconds: u64) -> String {
    let text = |seconds: u64| units::duration_text(Duration::from_secs(seconds));
    format!("{} of the run, from {} to {}", text(seconds), text(from), text(from + seconds))
}

/// Decimals that show the largest of the figures with three digits.
fn decimals<'a>(figures: impl Iterator<Item = &'a f64>) -> usize {
    let largest = figures.fold(0.0_f64, |largest, figure| largest.max(figure.abs()));
    if largest > 0.0 { (2.0 - largest.log10().floor()).clamp(0.0, 9.0) as usize } else { 0 }
}
