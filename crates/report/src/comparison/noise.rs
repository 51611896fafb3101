//! What a set-up can tell: the noise of a build against itself.

use std::time::Duration;

use loadline_units::{self as units, Scale};
use loadline_verdict::{EFFECTS, NoiseFloor, NoiseFloors, Rounds};
use serde_json::{Value, json};

use crate::data::number;
use crate::text::{column, plain, widest, wrap};

/// The noise floors that rounds of one build against itself have shown.
#[derive(Clone, Debug)]
pub struct NoiseReport<'a> {
    /// Each figure with its floor.
    pub floors: &'a NoiseFloors,
    /// Rounds before a comparison's first verdict.
    pub rounds: usize,
    /// … and at its last.
    pub max_rounds: usize,
    /// The change that does not matter, 0.05 for 5 %.
    pub delta: f64,
    /// How long a round took, both sides together.
    pub round: Duration,
}

const TITLES: [&str; 3] = ["", "noise", "false fails"];

/// One row a figure, and what the columns mean.
pub fn noise_text(report: &NoiseReport<'_>, width: usize) -> String {
    let mut titles: Vec<String> = TITLES.map(str::to_owned).to_vec();
    titles.extend([format!("in {}", report.rounds), format!("in {}", report.max_rounds)]);
    titles.extend(EFFECTS.map(units::percent_change));
    let mut rows = vec![titles];
    rows.extend(report.floors.figures.iter().map(|(figure, floor)| row(report, figure, floor)));
    let widths: Vec<usize> = (0..rows[0].len())
        .map(|at| widest(rows.iter().filter_map(|row| row.get(at)).map(String::as_str)))
        .collect();
    let mut text = "\n".to_owned();
    for row in &rows {
        text += "  ";
        for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let space = " ".repeat(width.saturating_sub(cell.chars().count()));
            text += &if at == 0 { column(cell, *width) } else { format!("  {space}{cell}") };
        }
        text = text.trim_end().to_owned() + "\n";
    }
    let floors = report.floors;
    let rate = if floors.false_positives == 0.0 {
        format!("none of {}", units::count(floors.draws as u64))
    } else {
        format!("{} of {}", units::percent(floors.false_positives), units::count(floors.draws as u64))
    };
    let meaning = [
        format!(
            "false alarms: {rate} comparisons of a build with itself, drawn from these rounds, would have failed by any figure"
        ),
        format!(
            "noise: how much a round's ratio varies when nothing has changed; false fails: by this figure; in {} and in {}: the smallest slowdown beyond --delta {} that four of five comparisons of so many rounds find",
            report.rounds,
            report.max_rounds,
            Scale::Share.exact(report.delta)
        ),
        format!(
            "the other columns: how long a comparison must be to find such a slowdown in four of five, at {} a round and with a --delta of at most half of it; – is longer than anybody waits",
            units::time_of(report.round)
        ),
    ];
    for sentence in meaning {
        text += "\n";
        for line in wrap(&sentence, width.saturating_sub(2)) {
            text += &format!("  {line}\n");
        }
    }
    plain(&text)
}

fn row(report: &NoiseReport<'_>, figure: &Rounds, floor: &NoiseFloor) -> Vec<String> {
    let points = figure.scale.by_difference();
    let effect = |value: f64| {
        if points { format!("{:+.2} pp", value * 100.0) } else { units::percent_change(value) }
    };
    let mut cells = vec![
        format!("{} {}", figure.subject, figure.quantity),
        if points { format!("{:.2} pp", floor.deviation * 100.0) } else { units::percent(floor.deviation) },
        units::percent(floor.false_positives),
        effect(floor.smallest_effect),
        effect(floor.smallest_effect_at_most),
    ];
    cells.extend(floor.rounds_for.map(|rounds| match rounds {
        Some(rounds) => waiting(report.round.mul_f64(rounds as f64)),
        None => "–".to_owned(),
    }));
    cells
}

/// A time that people wait: in whole seconds.
fn waiting(time: Duration) -> String {
    units::duration_text(Duration::from_secs(time.as_secs_f64().ceil() as u64))
}

/// The floors for machines.
///
/// ```json
/// { "version": 1, "rounds": 12, "max_rounds": 48, "delta": 0.05, "round_seconds": 2.1, "false_positives": 0.004,
///   "draws": 4000, "figures": [{ "subject": "all requests", "quantity": "p50", "kind": "ratio", "deviation": 0.02,
///   "false_positives": 0.004, "smallest_effect": 0.07, "smallest_effect_at_most": 0.06,
///   "rounds_for": { "5%": 210, "10%": 31, "20%": 9 }, "base": [4.1], "head": [4.2] }] }
/// ```
/// Of a `difference`, of error shares, effects are in shares; `rounds_for` is null where nobody would wait for it.
pub fn noise_json(report: &NoiseReport<'_>) -> Value {
    let list: Vec<Value> = report
        .floors
        .figures
        .iter()
        .map(|(figure, floor)| {
            let wanted = EFFECTS.iter().map(|effect| Scale::Share.exact(*effect));
            let rounds_for: serde_json::Map<String, Value> =
                wanted.zip(floor.rounds_for.iter().map(|rounds| json!(rounds))).collect();
            let numbers = |all: &[f64]| all.iter().map(|one| number(*one)).collect::<Vec<_>>();
            json!({
                "subject": figure.subject,
                "quantity": figure.quantity,
                "kind": if figure.scale.by_difference() { "difference" } else { "ratio" },
                "deviation": number(floor.deviation),
                "false_positives": number(floor.false_positives),
                "smallest_effect": number(floor.smallest_effect),
                "smallest_effect_at_most": number(floor.smallest_effect_at_most),
                "rounds_for": rounds_for,
                "base": numbers(&figure.base),
                "head": numbers(&figure.head),
            })
        })
        .collect();
    json!({
        "version": 1,
        "rounds": report.rounds,
        "max_rounds": report.max_rounds,
        "delta": report.delta,
        "round_seconds": number(report.round.as_secs_f64()),
        "false_positives": number(report.floors.false_positives),
        "draws": report.floors.draws,
        "figures": list,
    })
}
