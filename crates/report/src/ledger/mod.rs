//! Where the time of requests went, for people and for machines.

mod lines;
mod table;
#[cfg(test)]
mod tests;

pub use lines::ledger_lines;
pub use table::ledger_table;

use loadline_ledger::{Reading, readings};
use loadline_measure::Run;
use loadline_verdict::Endpoints;
use serde_json::{Value, json};

/// The accounts of a run, by its own endpoints.
pub fn ledger_readings(run: &Run) -> Vec<Reading> {
    readings(run, &Endpoints::of_texts(&run.meta.endpoints))
}

/// The accounts, for machines: a list with all requests first, then each endpoint. Times in milliseconds a request on
/// average, shares from 0 to 1; `typical` (the half around the median), `slow` (the slowest twentieth) and `gap` are
/// `null` where there are too few requests.
///
/// ```json
/// [ { "name": "search", "requests": 2400,
///     "whole": { "requests": 2400.0, "total_ms": 61.2, "items": [ { "what": "waiting", "ms": 61.0 }, … ], "before": [],
///       "told": 0.0, "refused": 0.0 },
///     "typical": …, "slow": …,
///     "gap": { "quantile": 0.95, "slow_ms": 412.0, "median_ms": 38.0, "made_of": [ … ] } } ]
/// ```
pub fn ledger_json(readings: &[Reading]) -> Value {
    json!(readings)
}
