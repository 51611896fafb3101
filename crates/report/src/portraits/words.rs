//! Figures and sentences of the page.

use loadline_pg::diff::{Cause, Flips, Part, Window};
use loadline_pg::shape::{Shape, abridge};
use loadline_units as units;

use super::report::DiffReport;

/// The answer in a line: plans first, they are what production notices.
pub fn diff_answer(report: &DiffReport) -> String {
    let changes = &report.changes;
    let mut parts = Vec::new();
    if let Some(flips) = &report.flips {
        let planned = units::count(flips.planned as u64);
        parts.push(match flips.flips.len() {
            _ if flips.planned == 0 => "no statement has a plan in both".to_owned(),
            0 if flips.planned == 1 => "the plan of the one statement is the same".to_owned(),
            0 => format!("the plans of all {planned} statements are the same"),
            1 => format!("1 of {planned} plans is another one"),
            many => format!("{many} of {planned} plans are others"),
        });
        match flips.one_sided().count() {
            0 => {}
            some => parts.push(format!("{} a plan in one of the two alone", have(some, "statement"))),
        }
    }
    let bytes: i64 = changes.growth.iter().map(loadline_pg::diff::Growth::bytes).sum();
    parts.push(match bytes {
        0 => "all together is as large as before".to_owned(),
        more @ 1.. => format!("{} more of data and indexes", units::bytes(more as f64)),
        less => format!("{} less of data and indexes", units::bytes(less.unsigned_abs() as f64)),
    });
    let unused = changes.unused.iter().filter(|index| index.needed.is_none()).count();
    if unused > 0 {
        parts.push(format!("{} used by nobody meanwhile", are(unused, "index")));
    }
    if changes.is_empty() && report.flips.as_ref().is_none_or(|flips| flips.flips.is_empty()) {
        return "the two are the same".to_owned();
    }
    parts.join("; ")
}

/// `1 index`, `2 indexes`.
pub(super) fn number(count: usize, what: &str) -> String {
    let plural = if what.ends_with('x') { "es" } else { "s" };
    format!("{} {what}{}", units::count(count as u64), if count == 1 { "" } else { plural })
}

fn are(count: usize, what: &str) -> String {
    format!("{} {}", number(count, what), if count == 1 { "is" } else { "are" })
}

fn have(count: usize, what: &str) -> String {
    format!("{} {}", number(count, what), if count == 1 { "has" } else { "have" })
}

/// How much later the second portrait was made.
pub(super) fn apart(later_ms: i64) -> String {
    let minutes = later_ms.unsigned_abs() / 60_000;
    let span = match minutes {
        0 => "less than a minute".to_owned(),
        1..=119 => number(minutes as usize, "minute"),
        120..=2_879 => number((minutes / 60) as usize, "hour"),
        _ => number((minutes / 1_440) as usize, "day"),
    };
    if later_ms < 0 { format!("{span} earlier") } else { format!("{span} later") }
}

/// Statements that cannot be explained at all, with one as an example.
pub(super) fn no_plan_at_all(flips: &Flips) -> Option<String> {
    let mut all = flips.unplanned.iter().filter(|of| of.before.is_some() && of.after.is_some());
    let first = all.next()?;
    let why = first.after.as_deref().unwrap_or_default();
    let text = abridge(&Shape::of(&first.text).text, 60);
    Some(match all.count() {
        0 => format!("1 statement has no plan in either: `{text}`: {why}"),
        more => format!("{} have no plan in either, such as `{text}`: {why}", number(more + 1, "statement")),
    })
}

/// Why a plan is another one.
pub(super) fn cause(cause: &Cause) -> String {
    match cause {
        Cause::Alone(parts) if parts.len() == 1 => format!("{} alone made it so", list(parts, "and")),
        Cause::Alone(parts) => format!("each of {} alone made it so", list(parts, "and")),
        Cause::Together(parts) => format!("{} made it so together, none of them alone", list(parts, "and")),
        Cause::Unknown => "no difference that was tried explains it".to_owned(),
    }
}

fn list(parts: &[Part], word: &str) -> String {
    let texts: Vec<String> = parts.iter().map(Part::to_string).collect();
    match texts.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} {word} {last}", first.join(", ")),
        all => all.join(""),
    }
}

/// What has to be known of the statements' windows.
pub(super) fn window_words(window: &Window) -> Option<String> {
    match window {
        Window::Uncounted => {
            Some("statements were not counted in both (`pg_stat_statements`), so nothing is said of their times".to_owned())
        }
        Window::Reset => Some(
            "the statistics of statements began anew between the two: each portrait's figures are of its own time".to_owned(),
        ),
        Window::Between { evictions, lost, .. } => {
            let mut parts = Vec::new();
            if let Some(evictions) = evictions.filter(|evictions| *evictions > 0) {
                let times = units::count(evictions.unsigned_abs());
                parts.push(format!("entries of statements were evicted {times} times meanwhile: figures are lower bounds"));
            }
            if *lost > 0 {
                parts.push(format!("of {} it is not known what they took meanwhile", number(*lost, "statement")));
            }
            (!parts.is_empty()).then(|| parts.join("; "))
        }
    }
}
