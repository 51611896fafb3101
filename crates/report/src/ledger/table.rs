//! An account with its figures: what took how long, for the typical requests, the slow ones and all.

use loadline_ledger::{Account, Reading, What};
use loadline_units as units;
use unicode_width::UnicodeWidthStr;

use crate::text::{Line, Role};

/// What is below this part of every account is put together.
const LEAST_PART: f64 = 0.005;
/// Columns of a figure.
const FIGURE: usize = 9;

/// The account of an endpoint as a table for a terminal of `width` columns.
pub fn ledger_table(reading: &Reading, indent: usize, width: usize) -> Vec<Line> {
    let mut columns: Vec<(&str, &Account)> = Vec::new();
    if let (Some(typical), Some(slow)) = (&reading.typical, &reading.slow) {
        columns.push(("typical", typical));
        columns.push(("slow 5%", slow));
    }
    columns.push(("all", &reading.whole));
    let mut whats: Vec<&What> = Vec::new();
    let mut small: Vec<&What> = Vec::new();
    for what in columns.iter().flat_map(|(_, account)| account.items.iter().map(|item| &item.what)) {
        let is_small =
            columns.iter().all(|(_, account)| account.ms(what).abs() < LEAST_PART * account.total_ms);
        let list = if is_small { &mut small } else { &mut whats };
        if !list.contains(&what) {
            list.push(what);
        }
    }
    // As the slow ones have them, which are what the table is for.
    let (_, order) = columns[columns.len().saturating_sub(2)];
    whats.sort_by_key(|what| order.items.iter().position(|item| item.what == **what).unwrap_or(usize::MAX));
    let rows: Vec<(String, Vec<f64>)> = whats
        .iter()
        .map(|what| (what.to_string(), columns.iter().map(|(_, account)| account.ms(what)).collect()))
        .collect();
    let rest: Vec<f64> =
        columns.iter().map(|(_, account)| small.iter().map(|what| account.ms(what)).sum()).collect();
    let rest = (!small.is_empty()).then(|| ("all else".to_owned(), rest));
    let total = ("response time".to_owned(), columns.iter().map(|(_, account)| account.total_ms).collect());
    let before: Vec<&What> = {
        let mut before: Vec<&What> =
            columns.iter().flat_map(|(_, a)| a.before.iter().map(|item| &item.what)).collect();
        before.sort_unstable();
        before.dedup();
        before.retain(|what| columns.iter().any(|(_, a)| a.ms(what) >= LEAST_PART * a.total_ms));
        before
    };
    let before = before.into_iter().map(|what| {
        (format!("before it: {what}"), columns.iter().map(|(_, account)| account.ms(what)).collect())
    });
    let rows: Vec<(String, Vec<f64>)> = rows.into_iter().chain(rest).chain([total]).chain(before).collect();
    let figures = (FIGURE + 1) * columns.len();
    let names = rows.iter().map(|(name, _)| name.width()).max().unwrap_or_default();
    let names = names.min(width.saturating_sub(indent + figures).max(12));
    let mut head = Line::indented(indent + names);
    for (title, _) in &columns {
        head.push(Role::Dim, &format!(" {title:>FIGURE$}"));
    }
    let mut lines = vec![head];
    for (name, values) in rows {
        let role = if name == "response time" { Role::Value } else { Role::Text };
        let mut line = Line::indented(indent).with(role, &name).truncated(indent + names);
        line.pad_to(indent + names);
        for value in values {
            let text = if value == 0.0 { "–".to_owned() } else { units::time(value) };
            line.push(role, &format!(" {text:>FIGURE$}"));
        }
        lines.push(line);
    }
    lines
}
