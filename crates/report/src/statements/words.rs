//! A page's heading and its last line.

use loadline_pg::slow::STORY_MEAN_MS;
use loadline_units as units;

use super::report::{SlowReport, SlowSource};

/// What was looked at, and how much there is of it.
pub(super) fn heading(report: &SlowReport) -> String {
    let of = match &report.source {
        SlowSource::Statistics { server, since: Some(since) } => {
            format!("{server}, all that was counted since {since}")
        }
        SlowSource::Statistics { server, since: None } => {
            format!("{server}, all that was counted since its statistics began")
        }
        SlowSource::Window { server } => match report.listing.seconds {
            Some(seconds) => format!("{server}, {} of it", units::time(seconds * 1e3)),
            None => server.clone(),
        },
        SlowSource::Portraits { before, after } => format!("from {before} to {after}"),
        SlowSource::Log { name, format, span: Some((first, last)) } => {
            format!("{name} ({format}), {first} to {last}")
        }
        SlowSource::Log { name, format, span: None } => format!("{name} ({format})"),
    };
    format!("{of}: {}", slow_amount(report))
}

/// `1,204 executions of 37 statements, 53.6s`.
pub fn slow_amount(report: &SlowReport) -> String {
    let listing = &report.listing;
    let mut text = format!(
        "{} of {}",
        number(listing.calls(), "execution"),
        number(listing.statements.len() as u64, "statement")
    );
    if !listing.is_untimed() {
        text += &format!(", {}", units::time(listing.time_ms()));
    }
    text
}

/// The answer in a line: what takes the time, what is slow, what runs row by row.
pub fn slow_answer(report: &SlowReport) -> String {
    let listing = &report.listing;
    if listing.calls() == 0 {
        return "no statement was executed".to_owned();
    }
    let mut parts = Vec::new();
    match report.expensive().first() {
        Some(first) if !listing.is_untimed() => {
            let share = report.share(first).unwrap_or_default();
            parts.push(format!("one statement takes {} of the time", units::percent(share)));
            let slow = report.slow().len() as u64;
            let limit = units::time(STORY_MEAN_MS);
            parts.push(match slow {
                0 => format!("none is slower than {limit} on average"),
                1 => format!("1 is slower than {limit} on average"),
                many => format!("{} are slower than {limit} on average", units::count(many)),
            });
        }
        _ => parts.push("how long statements take is not told".to_owned()),
    }
    match listing.row_by_row.len() {
        0 => {}
        1 => parts.push("1 seems to run once for each row of another".to_owned()),
        many => parts.push(format!("{many} seem to run once for each row of another")),
    }
    parts.join("; ")
}

pub(super) fn number(count: u64, what: &str) -> String {
    format!("{} {what}{}", units::count(count), if count == 1 { "" } else { "s" })
}
