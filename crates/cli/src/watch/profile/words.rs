//! What a script was written of, in words and for machines.

use loadline_report::{Line, Role, wrap};
use loadline_units::{count, decimals};
use loadline_verdict::Endpoints;
use serde_json::{Value, json};

use super::written::Written;
use crate::watch::lengths::at_text;
use crate::watch::marked::marked;

/// Prose is no wider than this.
const WIDEST: usize = 110;

fn span(written: &Written) -> (String, String) {
    let from_s = written.mix.from_s;
    (at_text(from_s), at_text(from_s + written.mix.minutes() as i64 * 60))
}

/// Of each endpoint that has a scenario: its name, its requests, and those of its busiest minute.
fn asked<'w>(written: &'w Written, endpoints: &'w Endpoints) -> impl Iterator<Item = (&'w str, f64, f64)> {
    endpoints.iter().enumerate().filter_map(|(number, endpoint)| {
        let requests = written.mix.requests(number);
        let peak = written.mix.per_minute(number).iter().copied().fold(0.0, f64::max);
        (requests > 0.0).then_some((endpoint.name.as_str(), requests, peak))
    })
}

fn next(written: &Written) -> String {
    format!("loadline run {} -e BASE_URL=https://staging.test", written.path)
}

/// All of it for a terminal.
pub(super) fn lines(written: &Written, endpoints: &Endpoints, width: usize) -> Vec<Line> {
    let prose = width.min(WIDEST);
    let (from, to) = span(written);
    let mut lines = vec![
        Line::new(),
        Line::new().with(Role::Heading, &written.source).truncated(width),
        Line::new().with(Role::Dim, &format!("{from} to {to}")).truncated(width),
        Line::new(),
    ];
    let column = asked(written, endpoints).map(|(name, ..)| name.chars().count()).max().unwrap_or_default();
    let column = column.clamp(8, width.saturating_sub(34).max(8));
    for (name, requests, peak) in asked(written, endpoints) {
        let mut line = Line::indented(2).with(Role::Text, name).truncated(2 + column);
        line.pad_to(column + 4);
        let requests = count((requests * written.times).round() as u64);
        let peak = decimals(peak * written.times / 60.0, 2);
        line.push(Role::Value, &format!("{requests:>9}"));
        line.push(Role::Dim, &format!("  up to {peak}/s"));
        lines.push(line.truncated(width));
    }
    lines.push(Line::new());
    let mut say = |mark: &str, role: Role, words: &str| lines.extend(marked(mark, role, words, prose));
    for remark in &written.mix.remarks {
        say("!", Role::Warning, remark);
    }
    if !written.script.unasked.is_empty() {
        say("–", Role::Dim, &format!("nobody asked for {}", written.script.unasked.join(", ")));
    }
    if !written.script.to_fill_in.is_empty() {
        say("!", Role::Warning, &format!("fill in before it runs: {}", written.script.to_fill_in.join(", ")));
    }
    lines.push(Line::new());
    lines.extend(wrap(&answer(written), prose).iter().map(|line| Line::new().with(Role::Good, line)));
    lines
}

fn answer(written: &Written) -> String {
    let scenarios = written.script.endpoints.len();
    format!(
        "`{}` has {} of {} minutes, {} times what production had: `{}`",
        written.path,
        if scenarios == 1 {
            "1 scenario".to_owned()
        } else {
            format!("{} scenarios", count(scenarios as u64))
        },
        count(written.mix.minutes() as u64),
        written.times,
        next(written)
    )
}

/// All of it for machines.
pub(super) fn document(written: &Written, endpoints: &Endpoints) -> Value {
    let (from, to) = span(written);
    let all: Vec<Value> = asked(written, endpoints)
        .map(|(name, requests, peak)| {
            json!({ "endpoint": name, "requests": requests, "peak_per_s": peak / 60.0 })
        })
        .collect();
    json!({
        "version": 1,
        "script": written.path,
        "source": written.source,
        "from": from,
        "to": to,
        "times": written.times,
        "endpoints": all,
        "unasked": written.script.unasked,
        "fill_in": written.script.to_fill_in,
        "remarks": written.mix.remarks,
        "answer": answer(written),
        "next": next(written),
    })
}
