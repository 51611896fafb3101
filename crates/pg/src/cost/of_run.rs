//! What a Run says of the statements that its load made: the way back from a Run's values.

use std::collections::BTreeMap;

use loadline_measure::Run;

/// What a Run counted of one statement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunStatement {
    /// Its name, see [`StatementName`](super::StatementName).
    pub name: String,
    /// Executions.
    pub calls: f64,
    /// What they took together, in milliseconds.
    pub time_ms: f64,
    /// Rows of all of them.
    pub rows: f64,
    /// Endpoints that make it, each with the executions that are its own, most first; where the Run tells.
    pub endpoints: Vec<(String, f64)>,
}

/// The statements of a Run that followed a database, by name; none if it did not.
///
/// ```
/// use loadline_measure::{Run, RunMeta, Schema};
///
/// let run = Run::new(RunMeta::default(), Schema::new());
/// assert!(loadline_pg::cost::statements_of(&run).is_empty());
/// ```
pub fn statements_of(run: &Run) -> Vec<RunStatement> {
    let metrics = ["db_calls", "db_time", "db_rows", "db_statement_calls_per_request"];
    let metrics = metrics.map(|name| run.schema().find(name));
    let mut by_name: BTreeMap<&str, RunStatement> = BTreeMap::new();
    for (series, tags, sink) in run.series() {
        let Some(query) = tags.get("query") else { continue };
        let known = by_name.entry(query).or_default();
        let sum = sink.as_counter().map_or(0.0, |counter| counter.sum);
        match metrics.iter().position(|metric| *metric == Some(series.metric)) {
            Some(0) => known.calls += sum,
            Some(1) => known.time_ms += sum,
            Some(2) => known.rows += sum,
            Some(_) => {
                if let (Some(endpoint), Some(trend)) = (tags.get("endpoint"), sink.as_trend()) {
                    known.endpoints.push((endpoint.to_owned(), trend.sum()));
                }
            }
            None => {}
        }
    }
    let counted = by_name.into_iter().filter(|(_, known)| known.calls > 0.0);
    counted
        .map(|(name, mut known)| {
            known.endpoints.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            RunStatement { name: name.to_owned(), ..known }
        })
        .collect()
}
