//! Judging a share against what is allowed, and saying why.

use std::ops::Range;

use loadline_measure::{Run, Unit};
use loadline_units::{self as units, Scale};

use super::allowed::{Allowed, Quantity};
use super::budget::ProjectBudget;
use super::counted::Second;
use super::part::Part;
use super::stretch::Stretches;
use super::tally::Tally;
use crate::finding::Finding;
use crate::percentile;
use crate::share::{Certainty, Counted, Inference, certainty};
use crate::slope::CONFIDENCE;
use crate::verdict::{Interval, Outcome};

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
    let worst = stretches.worst_share(permitted)?;
    let apart = match budget.part {
        Part::Sliding(length) => (run.duration.as_secs_f64() / length.as_secs_f64()).max(1.0),
        _ => 1.0,
    };
    let kind = match (allowed.quantity.quantile(), tally.resemblance) {
        (Some(_), Some(resemblance)) => Counted::Latencies(resemblance),
        (_, resemblance) => Counted::Events(resemblance),
    };
    // Where none may be bad, or all may, no run proves it; a share in between can be inferred on.
    let between = permitted.clamp(1e-9, 1.0 - 1e-9);
    let inference = certainty(&counts(worst), kind, between, apart)?;
    let (bad, total) = worst.iter().fold((0, 0), |(bad, total), s| (bad + s.bad, total + s.total));
    // What happened is a fact: beyond the limit fails, however few values there were. Whether it would happen again is
    // an inference, which stands beside it.
    let outcome = if is_beyond(bad, total, permitted) { Outcome::Fail } else { Outcome::Pass };
    let highest = tally.highest.as_ref().map(|seconds| within(&tally.seconds, seconds));
    let values = highest.map_or(total, |highest| highest.iter().map(|second| second.total).sum());
    let shown = shown(budget, tally, bad, if highest.is_some() { values } else { total });
    let doubtful: u64 = worst.iter().map(|second| second.doubtful).sum();
    let fact = fact(budget, &shown, (bad, doubtful, total), permitted, (worst, highest), unit);
    let evidence = format!("{fact}{}", words(outcome, &inference, shown.floor));
    let turned = |share: f64| if shown.floor { 1.0 - share } else { share };
    let (low, high) = (turned(inference.low), turned(inference.high));
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
        exact: doubtful == 0,
        values,
        evidence,
        certainty: Some(inference.certainty),
        more_s: inference.more,
    })
}

/// Whether more values are bad than may be. A share such as 1 % has no exact binary form, so a count right at the limit
/// is compared with a little room.
pub(super) fn is_beyond(bad: u64, total: u64, permitted: f64) -> bool {
    bad as f64 > permitted * total as f64 * (1.0 + 1e-9)
}

/// The share of values that may be bad.
pub(super) fn permitted(allowed: &Allowed) -> f64 {
    match allowed.quantity.quantile() {
        Some(quantile) => 1.0 - quantile,
        None if allowed.is_floor() => 1.0 - allowed.limit,
        None => allowed.limit,
    }
}

/// Those of ascending seconds that lie in a stretch.
fn within<'s>(seconds: &'s [Second], stretch: &Range<u64>) -> &'s [Second] {
    let from = seconds.partition_point(|second| second.number < stretch.start);
    let length = seconds[from..].partition_point(|second| second.number < stretch.end);
    &seconds[from..from + length]
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
    let figure = tally.trend.and_then(|trend| {
        let answered = trend.count();
        // The limit decides nothing here: the figure is shown beside what was counted.
        percentile::compare(trend, total.saturating_sub(answered), quantile, f64::INFINITY)
    });
    Shown { figure: figure.map_or(f64::INFINITY, |compared| compared.value), floor: false }
}

/// What was counted, and what is allowed. The percentile of a sliding window that holds everywhere may be highest in
/// another stretch than the one with most values above the limit.
fn fact(
    budget: &ProjectBudget,
    shown: &Shown,
    (bad, doubtful, total): (u64, u64, u64),
    permitted: f64,
    (worst, highest): (&[Second], Option<&[Second]>),
    unit: Unit,
) -> String {
    let allowed = &budget.allowed;
    let mut share = units::percent_of(bad, total);
    let from = |seconds: &[Second]| seconds.first().map_or(0, |second| second.number);
    let elsewhere = highest.filter(|highest| *highest != worst);
    let place = match budget.part {
        Part::Whole => String::new(),
        Part::Steady => " in the steady part".to_owned(),
        Part::Sliding(length) => {
            let (length, from) = (units::duration_text(length), from(worst));
            match elsewhere {
                None => format!(" in the worst {length}, from second {from}"),
                Some(_) if bad == 0 => format!(" in the {length} from second {from}, and none in any other"),
                Some(_) => format!(" in the {length} that has most of them, from second {from}"),
            }
        }
    };
    let where_highest = match (elsewhere, budget.part) {
        (Some(highest), Part::Sliding(length)) => {
            format!(
                " where it is highest, in the {} from second {}",
                units::duration_text(length),
                from(highest)
            )
        }
        _ => String::new(),
    };
    let (mut bad_text, total_text) = (units::count(bad), units::count(total));
    if doubtful > 0 {
        // Nobody counted at this limit: what is known are buckets.
        bad_text = format!("{} to {bad_text}", units::count(bad - doubtful));
        share = format!("{} … {share}, estimated, ±0.14%", units::percent_of(bad - doubtful, total));
    }
    let counted = match allowed.quantity {
        Quantity::Percentile(_) => format!(
            "{} = {}{where_highest}; {bad_text} of {total_text} ({share}) are above {}",
            allowed.quantity,
            Scale::from(unit).text(shown.figure),
            Scale::from(unit).exact(allowed.limit),
        ),
        Quantity::Errors => format!("{bad_text} of {total_text} requests failed ({share})"),
        _ if shown.floor => format!(
            "{} of {total_text} ({})",
            units::count(total - bad),
            units::percent_of(total - bad, total)
        ),
        _ => format!("{bad_text} of {total_text} ({share})"),
    };
    let unanswered: u64 = worst.iter().map(|second| second.unanswered).sum();
    let unanswered = match unanswered {
        0 => String::new(),
        some => format!(", {} of them never answered", units::count(some)),
    };
    let may = if shown.floor {
        format!("at least {}", Scale::Share.exact(1.0 - permitted))
    } else {
        format!("at most {}", Scale::Share.exact(permitted))
    };
    format!("{counted}{unanswered}{place}; allowed is {may}")
}

/// Fewer independent values than this say nothing of how many more it takes.
const SHORT: f64 = 100.0;

/// What is inferred from it.
fn words(outcome: Outcome, inference: &Inference, floor: bool) -> String {
    let (low, high) =
        if floor { (1.0 - inference.high, 1.0 - inference.low) } else { (inference.low, inference.high) };
    let interval = format!("99% interval {} … {}", units::percent(low), units::percent(high));
    let again = match (outcome, inference.certainty) {
        (Outcome::Fail, Certainty::Certain) => "another run would fail too".to_owned(),
        (Outcome::Fail, Certainty::Likely) => "another run would likely fail too".to_owned(),
        (Outcome::Fail, Certainty::Open) => {
            "it was beyond the limit by no more than chance may do".to_owned()
        }
        (_, Certainty::Certain) => "another run would keep it too".to_owned(),
        (_, Certainty::Likely) => "another run would likely keep it too".to_owned(),
        (_, Certainty::Open) => "whether another run would keep it is open".to_owned(),
    };
    let more = match (inference.certainty, inference.more) {
        (Certainty::Certain, _) => String::new(),
        (_, Some(more)) => format!(": about {} more would settle it", units::time((more / 5.0).ceil() * 5e3)),
        (_, None) if inference.effective < SHORT => {
            ": the run is too short to say how much longer it takes".to_owned()
        }
        (_, None) => ": the limit is too close to tell".to_owned(),
    };
    format!("; {again} ({interval}{}){more}", resembling(inference))
}

/// What resemblance between the seconds has cost.
fn resembling(inference: &Inference) -> String {
    if inference.design_effect < 1.5 {
        return String::new();
    }
    format!(
        "; its seconds may resemble each other, so that its values count as {}",
        units::count(inference.effective.max(1.0) as u64)
    )
}
