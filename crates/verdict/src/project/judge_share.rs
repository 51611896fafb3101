//! Judging a share against what is allowed, and saying why.

use loadline_measure::{Run, Unit};
use loadline_units::{self as units, Scale};

use super::allowed::{Allowed, Quantity};
use super::budget::ProjectBudget;
use super::part::Part;
use super::stretch::Stretches;
use super::tally::{Second, Tally};
use crate::judge::{Finding, Interval, Outcome};
use crate::share::{ShareInterval, share_interval};
use crate::slope::CONFIDENCE;

/// A share against what is allowed.
pub(crate) fn judge_share(
    run: &Run,
    budget: &ProjectBudget,
    tally: &Tally<'_>,
    stretches: &Stretches<'_>,
    unit: Unit,
) -> Option<Finding> {
    let allowed = &budget.allowed;
    let permitted = permitted(allowed);
    let counts =
        |window: &[Second]| window.iter().map(|second| (second.bad, second.total)).collect::<Vec<_>>();
    let worst = stretches.worst_share()?;
    let apart = match budget.part {
        Part::Sliding(length) => (run.duration.as_secs_f64() / length.as_secs_f64()).max(1.0),
        _ => 1.0,
    };
    let confidence = 1.0 - (1.0 - CONFIDENCE) / apart;
    let interval = share_interval(&counts(worst), confidence)?;
    let (bad, total) = worst.iter().fold((0, 0), |(bad, total), s| (bad + s.bad, total + s.total));
    // What happened is a fact: beyond the limit fails, however few values there were. Whether a pass would happen again
    // is an inference, and open while the interval holds the limit.
    let outcome = if is_beyond(bad, total, permitted) {
        Outcome::Fail
    } else if interval.high <= permitted {
        Outcome::Pass
    } else {
        Outcome::Inconclusive
    };
    let shown = shown(budget, tally, bad, total);
    let evidence = evidence(budget, &shown, &interval, (bad, total), permitted, worst, unit, outcome);
    let floor = shown.floor;
    let turned = |share: f64| if floor { 1.0 - share } else { share };
    let (low, high) = (turned(interval.low), turned(interval.high));
    let is_share = allowed.quantity.quantile().is_none();
    Some(Finding {
        outcome,
        observed: Some(shown.figure),
        // A percentile's interval would be in milliseconds; what was counted is a share, and the evidence has it.
        interval: is_share.then_some(Interval {
            low: low.min(high),
            high: low.max(high),
            confidence: CONFIDENCE,
        }),
        exact: tally.exact,
        values: total,
        evidence,
    })
}

/// Whether more values are bad than may be. A share such as 1 % has no exact binary form, so a count right at the limit
/// is compared with a little room.
fn is_beyond(bad: u64, total: u64, permitted: f64) -> bool {
    bad as f64 > permitted * total as f64 * (1.0 + 1e-9)
}

/// The share of values that may be bad.
fn permitted(allowed: &Allowed) -> f64 {
    match allowed.quantity.quantile() {
        Some(quantile) => 1.0 - quantile,
        None if allowed.is_floor() => 1.0 - allowed.limit,
        None => allowed.limit,
    }
}

/// The figure that stands for the share.
struct Shown {
    figure: f64,
    floor: bool,
}

fn shown(budget: &ProjectBudget, tally: &Tally<'_>, bad: u64, total: u64) -> Shown {
    let floor = budget.allowed.is_floor();
    let share = bad as f64 / (total as f64).max(1.0);
    let Some(quantile) = budget.allowed.quantity.quantile() else {
        return Shown { figure: if floor { 1.0 - share } else { share }, floor };
    };
    let figure = tally.trend.and_then(|trend| trend.quantile(quantile));
    Shown { figure: figure.unwrap_or_default(), floor: false }
}

#[expect(clippy::too_many_arguments, reason = "one sentence of all that was found")]
fn evidence(
    budget: &ProjectBudget,
    shown: &Shown,
    interval: &ShareInterval,
    (bad, total): (u64, u64),
    permitted: f64,
    worst: &[Second],
    unit: Unit,
    outcome: Outcome,
) -> String {
    let allowed = &budget.allowed;
    let place = match budget.part {
        Part::Whole => String::new(),
        Part::Steady => " in the steady part".to_owned(),
        Part::Sliding(length) => {
            let from = worst.first().map_or(0, |second| second.number);
            format!(" in the worst {}, from second {from}", units::duration_text(length))
        }
    };
    let counted = match allowed.quantity {
        Quantity::Percentile(_) => format!(
            "{} = {}; {} of {} ({}) are above {}",
            allowed.quantity,
            Scale::from(unit).text(shown.figure),
            units::count(bad),
            units::count(total),
            units::percent(interval.share),
            Scale::from(unit).exact(allowed.limit),
        ),
        Quantity::Errors => format!(
            "{} of {} requests failed ({})",
            units::count(bad),
            units::count(total),
            units::percent(interval.share)
        ),
        _ if shown.floor => format!(
            "{} of {} ({})",
            units::count(total - bad),
            units::count(total),
            units::percent(1.0 - interval.share)
        ),
        _ => format!("{} of {} ({})", units::count(bad), units::count(total), units::percent(interval.share)),
    };
    let (low, high, may) = if shown.floor {
        (1.0 - interval.high, 1.0 - interval.low, format!("at least {}", Scale::Share.exact(1.0 - permitted)))
    } else {
        (interval.low, interval.high, format!("at most {}", Scale::Share.exact(permitted)))
    };
    let advice = match outcome {
        Outcome::Inconclusive => needed(interval, permitted),
        Outcome::Fail if interval.low <= permitted => {
            ": beyond the limit, by no more than chance may do".to_owned()
        }
        _ => String::new(),
    };
    format!(
        "{counted}{place}; 99% interval {} … {}, allowed is {may}{}{advice}",
        units::percent(low),
        units::percent(high),
        correlated(interval),
    )
}

/// What resemblance between the seconds has cost.
fn correlated(interval: &ShareInterval) -> String {
    if interval.design_effect < 1.5 {
        return String::new();
    }
    format!(
        "; the seconds resemble each other, so they count as {} independent values",
        units::count(interval.effective as u64)
    )
}

/// How much it would take to decide.
fn needed(interval: &ShareInterval, permitted: f64) -> String {
    let distance = (interval.share - permitted).abs();
    let spread = (permitted * (1.0 - permitted)).sqrt();
    // Two-sided 99 %: the interval's half width is 2.58 standard errors.
    let independent = if permitted > 0.0 && distance > 0.0 {
        // With nothing beyond the limit the exact bound needs ln(0.005) / ln(1 - permitted) values.
        let none_bad = if interval.share == 0.0 { (0.005_f64).ln() / (1.0 - permitted).ln() } else { 0.0 };
        none_bad.max(if interval.share == 0.0 { 0.0 } else { (2.58 * spread / distance).powi(2) })
    } else {
        f64::INFINITY
    };
    let values = independent * interval.design_effect.max(1.0);
    if values.is_finite() && values < 1e9 {
        format!(": too few to tell, about {} values would decide", units::count((values * 1.1).ceil() as u64))
    } else {
        ": the limit is too close to tell, choose another or accept this".to_owned()
    }
}
