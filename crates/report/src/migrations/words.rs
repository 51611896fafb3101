//! Sentences of the page.

use loadline_pg::migration::{Held, Touched, rounded};
use loadline_units as units;

use super::report::CheckReport;

/// The answer in a line.
pub fn check_answer(report: &CheckReport) -> String {
    let mut parts = Vec::new();
    match report.broken.len() {
        0 => {}
        1 => parts.push("a budget is broken".to_owned()),
        many => parts.push(format!("budgets are broken in {many} places")),
    }
    let planned = report.checked.len() - report.unplanned();
    let changed = report.changed().len();
    parts.push(match (planned, changed) {
        (0, _) => "no statement has a plan".to_owned(),
        (_, 0) => format!("the plans of all {} statements stay", units::count(planned as u64)),
        (_, 1) => format!("1 of {} plans is another one", units::count(planned as u64)),
        (_, many) => format!("{many} of {} plans are others", units::count(planned as u64)),
    });
    parts.push(match report.held().first() {
        None if report.steps.is_empty() => "there is no statement in the migrations".to_owned(),
        None => "nobody is kept waiting".to_owned(),
        Some(longest) => {
            let (time, rows) = (duration(longest.seconds), and_rows(longest));
            format!("{} of `{}` wait longest, {time}{rows}", longest.blocks, longest.table.1)
        }
    });
    parts.join("; ")
}

/// An estimate; what is next to nothing is said to be so.
pub(super) fn duration(seconds: f64) -> String {
    if seconds < 0.001 {
        "a moment".to_owned()
    } else {
        format!("about {}", units::time(rounded(seconds) * 1e3))
    }
}

/// What is not in a duration.
pub(super) fn and_rows(held: &Held) -> &'static str {
    if held.is_open { " and as long as rows are changed" } else { "" }
}

pub(super) fn table(name: &(String, String)) -> String {
    format!("{}.{}", name.0, name.1)
}

/// What is done to a table beside locking it.
pub(super) fn work(touched: &Touched) -> String {
    let mut parts = Vec::new();
    if touched.rewritten {
        parts.push("all rows are written anew".to_owned());
    } else if touched.scans > 0 {
        let times = if touched.scans > 1 { format!(" {} times", touched.scans) } else { String::new() };
        parts.push(format!("all rows are read{times}"));
    }
    for built in &touched.built {
        parts.push(format!("`{}` is built (about {})", built.name, units::bytes(built.bytes as f64)));
    }
    for check in &touched.checks {
        parts.push(format!("each row is looked up in `{}`", table(&check.referred)));
    }
    parts.join(", ")
}

/// `1 file`, `2 files`.
pub(super) fn number(count: usize, what: &str) -> String {
    format!("{} {what}{}", units::count(count as u64), if count == 1 { "" } else { "s" })
}
