//! The same histories for others to look at: a line for each, with what was found in it.

use std::io::{self, Write as _};

use loadline_measure::FigureScale;
use loadline_verdict::{MadeUp, course};

/// How far from its place a change may be found.
const NEAR: usize = 3;

/// Writes lines of JSON: the kind, where its change is, in which run it was certain first, and the values.
pub(crate) fn draw(series: u64, seed: u64) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for (kind, history) in kinds() {
        for number in 0..series {
            let runs = history.draw(seed + number);
            let change = history.step.map(|step| step.0).or(history.drift.map(|drift| drift.0));
            let places = places(&runs);
            let first = change.and_then(|at| first(&runs, at));
            let values: Vec<f64> = runs.iter().map(|run| run.1).collect();
            writeln!(
                out,
                r#"{{"kind": "{kind}", "change": {}, "places": {places:?}, "first": {}, "values": {values:?}}}"#,
                change.map_or("null".to_owned(), |at| at.to_string()),
                first.map_or("null".to_owned(), |at| at.to_string()),
            )?;
        }
    }
    Ok(())
}

fn places(runs: &[(i64, f64)]) -> Vec<usize> {
    let changes = course(runs, &FigureScale::LATENCY).changes;
    changes.iter().filter(|change| change.certain).map(|change| change.at).collect()
}

/// After how many runs of the new level it was certain first, looked at after each.
fn first(runs: &[(i64, f64)], at: usize) -> Option<usize> {
    let near = |end: &usize| places(&runs[..*end]).iter().any(|place| place.abs_diff(at) <= NEAR);
    (at + 1..=runs.len().min(at + 40)).find(near).map(|end| end - at)
}

fn kinds() -> Vec<(String, MadeUp)> {
    let base = MadeUp::default();
    let stepped = |size| MadeUp { step: Some((60, size)), ..base };
    let mut kinds = Vec::new();
    for runs in [100, 200, 500] {
        kinds.push((format!("flat, independent, {runs} runs"), MadeUp { runs, ..base }));
        kinds.push((format!("flat, AR(0.5), {runs} runs"), MadeUp { runs, resemblance: 0.5, ..base }));
    }
    kinds.push(("flat, ±15 % by weekday".to_owned(), MadeUp { weekdays: 0.15, ..base }));
    kinds.push(("flat, an outlier x2".to_owned(), MadeUp { outlier: Some((50, 2.0)), ..base }));
    kinds.push(("step of 10 %, CV 2 %".to_owned(), stepped(1.1)));
    kinds.push(("step of 5 %, CV 2 %".to_owned(), stepped(1.05)));
    kinds.push(("step of 10 %, AR(0.5)".to_owned(), MadeUp { resemblance: 0.5, ..stepped(1.1) }));
    kinds.push((
        "step of 10 %, outlier x2 two runs on".to_owned(),
        MadeUp { outlier: Some((62, 2.0)), ..stepped(1.1) },
    ));
    kinds.push(("step of 10 %, ±15 % by weekday".to_owned(), MadeUp { weekdays: 0.15, ..stepped(1.1) }));
    kinds.push(("step of -10 %, CV 5 %".to_owned(), MadeUp { deviation: 0.05, ..stepped(0.9) }));
    let drifting = MadeUp { runs: 80, deviation: 0.03, drift: Some((0, 79, 2.0)), ..base };
    kinds.push(("drift of +100 % over 80 runs, CV 3 %".to_owned(), drifting));
    kinds
}
