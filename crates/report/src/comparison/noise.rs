//! What a set-up can tell: the noise of a build against itself.

use loadline_units::{self as units, Scale};
use loadline_verdict::{NoiseFloor, Rounds};
use serde_json::{Value, json};

use crate::text::{column, plain, widest};

/// The noise floors that rounds of one build against itself have shown.
#[derive(Clone, Debug)]
pub struct NoiseReport<'a> {
    /// Each figure with its floor.
    pub floors: &'a [(&'a Rounds, NoiseFloor)],
    /// Rounds before a comparison's first verdict.
    pub rounds: usize,
    /// … and at its last.
    pub max_rounds: usize,
    /// The change that does not matter, 0.05 for 5 %.
    pub delta: f64,
}

/// One row a figure, and what the columns mean.
pub fn noise_text(report: &NoiseReport<'_>) -> String {
    let names: Vec<String> =
        report.floors.iter().map(|(figure, _)| format!("{} {}", figure.subject, figure.quantity)).collect();
    let width = widest(names.iter().map(String::as_str));
    let mut text = format!(
        "\n  {:width$}  {:>10}  {:>12}  {:>14}  {:>14}\n",
        "",
        "noise",
        "false fails",
        format!("found in {}", report.rounds),
        format!("found in {}", report.max_rounds)
    );
    for ((_, floor), name) in report.floors.iter().zip(&names) {
        text += &format!(
            "  {}  {:>10}  {:>12}  {:>14}  {:>14}\n",
            column(name, width),
            units::percent(floor.deviation),
            units::percent(floor.false_positives),
            units::percent_change(floor.smallest_effect),
            units::percent_change(floor.smallest_effect_at_most),
        );
    }
    text += &format!(
        "\n  noise: how much a round's ratio varies when nothing has changed; false fails: of builds that did not change;\n  found in: the smallest slowdown that four of five comparisons of so many rounds find, beyond --delta {}\n",
        Scale::Share.exact(report.delta)
    );
    plain(&text)
}

/// The floors for machines.
///
/// ```json
/// { "version": 1, "rounds": 12, "max_rounds": 48, "delta": 0.05, "figures": [{ "subject": "all requests", "quantity": "p50",
///   "deviation": 0.02, "false_positives": 0.004, "smallest_effect": 0.07, "smallest_effect_at_most": 0.06 }] }
/// ```
pub fn noise_json(report: &NoiseReport<'_>) -> Value {
    let list: Vec<Value> = report
        .floors
        .iter()
        .map(|(figure, floor)| {
            json!({
                "subject": figure.subject,
                "quantity": figure.quantity,
                "deviation": floor.deviation,
                "false_positives": floor.false_positives,
                "smallest_effect": floor.smallest_effect,
                "smallest_effect_at_most": floor.smallest_effect_at_most,
            })
        })
        .collect();
    json!({
        "version": 1,
        "rounds": report.rounds,
        "max_rounds": report.max_rounds,
        "delta": report.delta,
        "figures": list,
    })
}
