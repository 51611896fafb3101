//! What is said while a search goes on: what is tried, what came of it, and between which loads the line is.

use loadline_capacity::live::Evidence;
use loadline_capacity::search::{Call, Known, Purpose};
use loadline_capacity::told::{amount, seconds};
use loadline_units as units;

/// What comes next, before it is tried.
pub(crate) fn trying(known: &Known, purpose: Purpose, load: f64, most_s: f64, words: &str) -> String {
    let what = match purpose {
        Purpose::WarmUp => "warming up at",
        Purpose::Bracket | Purpose::Narrow | Purpose::Turn => "trying",
        Purpose::Confirm => "confirming",
        Purpose::Above => "a tenth more:",
        Purpose::Calm => "waiting until it is calm, at",
        Purpose::Burst => "twice as much:",
        Purpose::Recover => "recovering at",
    };
    let left = known.terms.at_most_s - known.elapsed_s;
    format!("{what} {} {words} for {} at most; {} left", amount(load), seconds(most_s), seconds(left))
}

/// What came of it.
pub(crate) fn tried(known: &Known, evidence: &Evidence, words: &str) -> Option<String> {
    let step = known.steps.last()?;
    let load = format!("{} {words}", amount(step.load));
    let answered = evidence.p95_ms > 0.0;
    let p95 =
        if answered { format!("p95 {}", units::time(evidence.p95_ms)) } else { "no answers".to_owned() };
    let text = match step.purpose {
        Purpose::WarmUp => format!("  warmed up at {load}: {p95}"),
        Purpose::Calm if step.calm_from_s.is_some() => return None,
        Purpose::Calm => format!("  not calm yet at {load}: {p95}"),
        Purpose::Burst => format!("  burst of {load}: {p95}, errors {}", units::percent(evidence.errors)),
        Purpose::Recover => match step.calm_from_s {
            Some(after) => format!("  recovered at {load} after {}", seconds(after)),
            None => format!("  not recovered at {load} in {}", seconds(step.measured_s)),
        },
        Purpose::Bracket | Purpose::Narrow | Purpose::Turn | Purpose::Confirm | Purpose::Above => {
            let why = step.worst(&known.requirements).map(|place| known.requirements[place].name.clone());
            let said = match known.call(step) {
                Call::Holds => "✓ carried".to_owned(),
                Call::Leans => "✓ carried, it seems".to_owned(),
                Call::Strains => format!("✗ {} too high, it seems", why.unwrap_or_default()),
                Call::Breaks if step.growing => "✗ what is under way grows".to_owned(),
                Call::Breaks => match why {
                    Some(name) => format!("✗ {name} too high"),
                    None => "✗ nothing was answered".to_owned(),
                },
            };
            format!("  {load}: {said}; {p95}; {}", bracket(known, words))
        }
    };
    let saturated = if step.saturated.is_some() { "; the load generator could not keep up" } else { "" };
    Some(text + saturated)
}

/// Between what the line is, by now.
fn bracket(known: &Known, words: &str) -> String {
    if let Some(line) = known.line() {
        return format!("the line is between {} and {} {words}", amount(line.low), amount(line.high));
    }
    let telling = known.telling();
    let carried = telling.iter().filter(|step| known.call(step).is_carried()).map(|step| step.load);
    match carried.max_by(f64::total_cmp) {
        Some(load) => format!("the line is above {} {words}", amount(load)),
        None => "nothing is carried yet".to_owned(),
    }
}
