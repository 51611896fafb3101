//! What a run says against itself: what it is not to be trusted in, and what it misses.

use std::fmt::Write as _;

use loadline_measure::{MISSING, MISSING_METRIC, MISSING_WHY, Run};
use loadline_units::count;

/// Metrics that are named of those that miss values for one reason.
const NAMED: usize = 4;

/// Each in a line.
pub(crate) fn warnings(run: &Run) -> Vec<String> {
    let saturated = run.meta.saturation.iter().map(ToString::to_string);
    let incomplete = run.incomplete().map(|what| format!("the run {what}"));
    let folded = run.folded();
    let folded = folded.iter().map(|key| format!("{}, {} samples in all", key.what(), count(key.samples)));
    let steered = run.meta.steered.iter().map(ToString::to_string);
    saturated.chain(steered).chain(incomplete).chain(folded).chain(missing(run)).collect()
}

/// Metrics that miss values, a line for each reason: a server that was away for a second takes twenty with it.
fn missing(run: &Run) -> Vec<String> {
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    let Some(id) = run.schema().find(MISSING) else { return Vec::new() };
    for (_, tags, _) in run.series().filter(|(series, ..)| series.metric == id) {
        let metric = tags.get(MISSING_METRIC).unwrap_or_default().to_owned();
        let why = tags.get(MISSING_WHY).unwrap_or_default();
        match reasons.iter_mut().find(|(known, _)| known == why) {
            Some((_, metrics)) => metrics.push(metric),
            None => reasons.push((why.to_owned(), vec![metric])),
        }
    }
    reasons.iter().map(|(why, metrics)| line(metrics, why)).collect()
}

fn line(metrics: &[String], why: &str) -> String {
    let mut line = String::new();
    let named = if metrics.len() > NAMED + 1 { NAMED } else { metrics.len() };
    for (at, metric) in metrics[..named].iter().enumerate() {
        let mark = match at {
            0 => "",
            _ if at + 1 == metrics.len() => " and ",
            _ => ", ",
        };
        let _ = write!(line, "{mark}`{metric}`");
    }
    if named < metrics.len() {
        let _ = write!(line, " and {} more", metrics.len() - named);
    }
    let misses = if metrics.len() == 1 { "misses" } else { "miss" };
    format!("{line} {misses} values: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_said_once_with_some_of_what_it_took() {
        let metrics: Vec<String> = (1..=7).map(|at| format!("db_{at}")).collect();
        let said = [1, 2, 5, 7].map(|many| line(&metrics[..many], "it was away"));
        assert_eq!(
            said,
            [
                "`db_1` misses values: it was away",
                "`db_1` and `db_2` miss values: it was away",
                "`db_1`, `db_2`, `db_3`, `db_4` and `db_5` miss values: it was away",
                "`db_1`, `db_2`, `db_3`, `db_4` and 3 more miss values: it was away",
            ]
        );
    }
}
