//! The picture for a pull request: what was decided, what it stands on, and two charts.
//!
//! It is one SVG without a script, a font or anything else that is fetched, so it may stand wherever an image may. It
//! has its own background and changes its colours with what the reader prefers, so it is readable on a light page and
//! on a dark one. Names are cut to the room that there is: however many there are and however long, it stays small.

use std::fmt::Write as _;
use std::time::Duration;

use loadline_units as units;

use super::chart::{Place, draw};
use super::lines::plans;
use super::markup::text;
use crate::document::{Document, Outcome, Requirement};

const WIDTH: f64 = 860.0;
const MARGIN: f64 = 24.0;
const CHART_HEIGHT: f64 = 190.0;
const ROW: f64 = 22.0;
/// Requirements that are listed: those that are not met before the others.
const MOST_ROWS: usize = 6;
/// Warnings that are listed.
const MOST_WARNINGS: usize = 2;

const STYLE: &str = "text{font:13px system-ui,-apple-system,'Segoe UI',sans-serif;fill:#1c2028}\
.back{fill:#fff;stroke:#d7dbe2}.name,.number,.more{fill:#5d6470}.number{font-size:11px}.more{font-size:12px}\
.verdict{font-size:21px;font-weight:650}.title{font-size:12px;font-weight:600}.figure{font-variant-numeric:tabular-nums}\
.grid{stroke:#e4e7ec}.limit{stroke:#c3271c;stroke-dasharray:6 4;fill:none}\
.strong{stroke:#0b62a8;stroke-width:2;fill:none}.thin{stroke:#0b62a8;stroke-width:1.3;fill:none;opacity:.6}\
.strong,.thin{stroke-linecap:round;stroke-linejoin:round}\
.band{fill:#0b62a8;opacity:.17}.bad{fill:#c3271c;opacity:.8}\
.of-strong{fill:#0b62a8}.of-thin,.of-band{fill:#0b62a8;opacity:.5}.of-bad,.of-limit{fill:#c3271c}\
.cross{stroke:#c3271c;stroke-width:2;fill:none}.answer{font-size:15px;font-weight:600}\
.pass{fill:#1a7f4b}.fail{fill:#c3271c}.open{fill:#8a5a00}\
@media(prefers-color-scheme:dark){text{fill:#e6e9ef}.back{fill:#171b21;stroke:#2f3640}\
.name,.number,.more{fill:#a2abb9}.grid{stroke:#2c333d}.limit{stroke:#ff7b70}.strong,.thin{stroke:#63b3ed}\
.band{fill:#63b3ed;opacity:.2}.bad{fill:#ff7b70}.of-strong,.of-thin,.of-band{fill:#63b3ed}.of-bad,.of-limit{fill:#ff7b70}.cross{stroke:#ff7b70}\
.pass{fill:#5fd39a}.fail{fill:#ff7b70}.open{fill:#e9b95a}}";

/// How the picture says who made it; by this a file is known to be one.
pub(super) const MADE_BY: &str = "<metadata>loadline</metadata>";

/// A document as one picture of less than 30 kB.
pub fn svg(document: &Document) -> String {
    let mut inside = String::new();
    let (class, mark) = mark(document.verdict.outcome);
    let mut y = 34.0;
    let name = if document.name.is_empty() { "a run" } else { &document.name };
    line(&mut inside, "name", y, &text(name, 100));
    y += 30.0;
    let _ = write!(
        inside,
        "<text class=\"verdict\" x=\"{MARGIN}\" y=\"{y}\"><tspan class=\"{class}\">{mark}</tspan> {}</text>",
        text(&document.verdict.words, 70)
    );
    y += 23.0;
    line(&mut inside, "more", y, &text(&facts(document), 118));
    for warning in document.warnings.iter().take(MOST_WARNINGS) {
        y += 20.0;
        line(&mut inside, "open", y, &text(&format!("! {warning}"), 108));
    }
    y += 10.0;
    y = requirements(&mut inside, document, y);
    y += 24.0;
    let seconds = (document.steps * document.step_s) as f64;
    let width = (WIDTH - MARGIN * 3.0) / 2.0;
    let plans = plans(document);
    for (at, plan) in plans.iter().enumerate() {
        let place =
            Place { left: MARGIN + at as f64 * (width + MARGIN), top: y, width, height: CHART_HEIGHT };
        draw(&mut inside, plan, place, seconds);
    }
    if plans.is_empty() {
        line(&mut inside, "more", y, "Nothing was measured.");
    }
    let height = y + if plans.is_empty() { MARGIN } else { CHART_HEIGHT + 14.0 };
    framed(name, &document.verdict.words, height, &inside)
}

/// The whole of a picture: its title and what it says in words, the style, the frame, and what is inside.
pub(super) fn framed(name: &str, words: &str, height: f64, inside: &str) -> String {
    let (label, whole) = (text(name, 100), text(words, 120));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\
         <title>{label}: {whole}</title>{MADE_BY}<style>{STYLE}</style>\
         <rect class=\"back\" x=\".5\" y=\".5\" width=\"{}\" height=\"{}\" rx=\"8\"/>{inside}</svg>\n",
        WIDTH - 1.0,
        height - 1.0
    )
}

fn line(picture: &mut String, class: &str, y: f64, text: &str) {
    let _ = write!(picture, "<text class=\"{class}\" x=\"{MARGIN}\" y=\"{y}\">{text}</text>");
}

fn mark(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Pass => ("pass", "✓"),
        Outcome::Fail => ("fail", "✗"),
        Outcome::NoData => ("open", "–"),
        Outcome::Inconclusive => ("open", "?"),
    }
}

/// How long, against what, of which commit.
fn facts(document: &Document) -> String {
    let milliseconds = document.duration_ms;
    // Beyond ten seconds nobody asks for a fraction.
    let milliseconds =
        if milliseconds > 10_000.0 { (milliseconds / 1_000.0).round() * 1_000.0 } else { milliseconds };
    let lasted = Duration::try_from_secs_f64(milliseconds / 1_000.0).unwrap_or_default();
    let said = ["Load", "Target", "Version of the target", "Commit"].into_iter();
    let said = said.filter_map(|wanted| document.facts.iter().find(|(name, _)| name == wanted));
    let said = said.map(|(name, value)| match name.as_str() {
        "Commit" => format!("commit {}", value.chars().take(12).collect::<String>()),
        _ => value.clone(),
    });
    std::iter::once(units::duration_text(lasted)).chain(said).collect::<Vec<_>>().join(" · ")
}

/// The requirements, those that are not met first; gives where the last one stands.
fn requirements(picture: &mut String, document: &Document, mut y: f64) -> f64 {
    let rank = |one: &Requirement| match (one.fails, one.outcome) {
        (true, _) => 0,
        (_, Outcome::Pass) => 2,
        _ => 1,
    };
    let mut sorted: Vec<&Requirement> = document.requirements.iter().collect();
    sorted.sort_by_key(|one| rank(one));
    for one in sorted.iter().take(MOST_ROWS) {
        y += ROW;
        let (class, mark) = mark(one.outcome);
        let _ = write!(
            picture,
            "<text class=\"{class}\" x=\"{MARGIN}\" y=\"{y}\">{mark}</text><text x=\"{}\" y=\"{y}\">{}</text>\
             <text class=\"figure\" text-anchor=\"end\" x=\"{}\" y=\"{y}\"><tspan class=\"{class}\">{}</tspan></text>\
             <text class=\"name\" text-anchor=\"end\" x=\"{}\" y=\"{y}\">{}</text>",
            MARGIN + 20.0,
            text(&one.words, 78),
            WIDTH - MARGIN - 110.0,
            text(one.observed.as_deref().unwrap_or("no data"), 18),
            WIDTH - MARGIN,
            text(&one.limit, 14),
        );
    }
    let rest = sorted.get(MOST_ROWS..).unwrap_or_default();
    if !rest.is_empty() {
        y += ROW;
        let count = |is: &dyn Fn(&Requirement) -> bool| rest.iter().filter(|one| is(one)).count() as u64;
        let (failed, met) = (count(&|one| one.fails), count(&|one| one.outcome == Outcome::Pass));
        let all = units::count(rest.len() as u64);
        let words = match (failed, rest.len() as u64 - met) {
            (0, 0) => format!("and {all} more, all met"),
            (0, open) => format!("and {all} more, {} of them open", units::count(open)),
            (failed, _) => format!("and {all} more, {} of them not met", units::count(failed)),
        };
        line(picture, "more", y, &words);
    }
    y
}
