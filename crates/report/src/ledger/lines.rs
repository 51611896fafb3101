//! A line for each endpoint: what makes its slow requests slow, or where most of its time goes.

use std::collections::BTreeSet;

use loadline_ledger::{Reading, told};
use loadline_units as units;
use loadline_verdict::brief;
use unicode_width::UnicodeWidthStr;

use super::table::ledger_table;
use crate::text::{Line, Role, wrap};

/// Endpoints that have a line; the rest is counted.
const MOST_ENDPOINTS: usize = 12;
/// Columns that a name has at most.
const LONGEST_NAME: usize = 40;

/// What makes slow requests slow, endpoint by endpoint, for a terminal of `width` columns; of those that are to be
/// `explained`, because a requirement is not met, the account with its figures below. Nothing where there is nothing
/// to be said.
pub fn ledger_lines(
    readings: &[Reading],
    explained: &dyn Fn(&Reading) -> bool,
    indent: usize,
    width: usize,
) -> Vec<Line> {
    // With endpoints, what all of them have in common is of little use.
    let named: Vec<&Reading> =
        if readings.len() > 1 { readings.iter().skip(1).collect() } else { readings.iter().collect() };
    let said: Vec<(&Reading, String)> = named
        .iter()
        .copied()
        .filter_map(|reading| {
            let gap = reading.gap.as_ref().and_then(told::gap_words);
            // Most of the time of any request goes to waiting: that alone says nothing.
            let whole = || (reading.whole.told > 0.0).then(|| told::whole_words(reading)).flatten();
            Some((reading, gap.or_else(whole)?))
        })
        .collect();
    let shown = &said[..said.len().min(MOST_ENDPOINTS)];
    let room = width.saturating_sub(indent).max(20);
    let names: Vec<String> =
        shown.iter().map(|(reading, _)| brief(&reading.name).chars().take(LONGEST_NAME).collect()).collect();
    let column = names.iter().map(|name| name.width()).max().unwrap_or_default().min(room / 3);
    let mut lines = Vec::new();
    for ((reading, words), name) in shown.iter().zip(&names) {
        let mut line = Line::indented(indent).with(Role::Text, name);
        if name.width() > column {
            line = line.truncated(indent + column);
        }
        line.pad_to(indent + column + 2);
        let beside = indent + column + 2;
        for (place, part) in wrap(words, width.saturating_sub(beside).max(20)).iter().enumerate() {
            let begin = if place == 0 { std::mem::take(&mut line) } else { Line::indented(beside) };
            lines.push(begin.with(Role::Dim, part));
        }
        if explained(reading) {
            lines.extend(ledger_table(reading, indent + 2, width));
            lines.push(Line::new());
        }
    }
    if lines.last().is_some_and(|line| line.width() == 0) {
        lines.pop();
    }
    let more = said.len() - shown.len();
    if more > 0 {
        let words = format!("and {} more", units::count(more as u64));
        lines.push(Line::indented(indent).with(Role::Dim, &words));
    }
    // Also of those that have no line: what was left out is never silent.
    for note in named.iter().flat_map(|reading| told::notes(reading)).collect::<BTreeSet<_>>() {
        lines.extend(wrap(&note, room).iter().map(|part| Line::indented(indent).with(Role::Dim, part)));
    }
    lines
}
