//! The text format 0.0.4 of `pg_stat_statements_…_total{user, datname, queryid}`, so that dashboards and rules that
//! were made for the usual exporter read ours.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What was counted of a statement since its entry was made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatementTotals {
    /// The user's name.
    pub user: String,
    /// The database's name.
    pub database: String,
    /// The server's number for the statement.
    pub query: i64,
    /// Executions.
    pub calls: u64,
    /// What these took, in seconds.
    pub seconds: f64,
    /// Rows that they returned or changed.
    pub rows: u64,
    /// Time spent reading blocks, in seconds.
    pub block_read_seconds: f64,
    /// Time spent writing blocks, in seconds.
    pub block_write_seconds: f64,
}

/// A metric: the middle of its name, what it is, and its value of a statement.
type Metric = (&'static str, &'static str, fn(&StatementTotals) -> f64);

const METRICS: [Metric; 5] = [
    ("calls", "Executions of the statement.", |totals| totals.calls as f64),
    ("seconds", "Time spent executing the statement, in seconds.", |totals| totals.seconds),
    ("rows", "Rows that the statement returned or changed.", |totals| totals.rows as f64),
    (
        "block_read_seconds",
        "Time the statement spent reading blocks, in seconds; zero unless track_io_timing is on.",
        |totals| totals.block_read_seconds,
    ),
    (
        "block_write_seconds",
        "Time the statement spent writing blocks, in seconds; zero unless track_io_timing is on.",
        |totals| totals.block_write_seconds,
    ),
];

/// The text of these statements. What ran on its own and within a function is one statement here, as its labels do not
/// tell the two apart.
///
/// ```
/// use loadline_pg::metrics::{StatementTotals, statements_text};
///
/// let totals = StatementTotals { user: "app".to_owned(), database: "shop".to_owned(), query: -7, calls: 3, ..StatementTotals::default() };
/// let text = statements_text(&[totals.clone(), totals]);
/// assert!(text.contains("\npg_stat_statements_calls_total{user=\"app\",datname=\"shop\",queryid=\"-7\"} 6\n"));
/// // Nothing counted, no samples.
/// assert!(!statements_text(&[]).contains('{'));
/// ```
pub fn statements_text(statements: &[StatementTotals]) -> String {
    let mut series: BTreeMap<(&str, &str, i64), StatementTotals> = BTreeMap::new();
    for totals in statements {
        let sum = series.entry((&totals.user, &totals.database, totals.query)).or_default();
        sum.calls += totals.calls;
        sum.seconds += totals.seconds;
        sum.rows += totals.rows;
        sum.block_read_seconds += totals.block_read_seconds;
        sum.block_write_seconds += totals.block_write_seconds;
    }
    let mut text = String::new();
    for (name, help, value) in METRICS {
        // Written to a string: it cannot fail.
        let _ = writeln!(text, "# HELP pg_stat_statements_{name}_total {help}");
        let _ = writeln!(text, "# TYPE pg_stat_statements_{name}_total counter");
        for ((user, database, query), totals) in &series {
            let _ = writeln!(
                text,
                "pg_stat_statements_{name}_total{{user=\"{}\",datname=\"{}\",queryid=\"{query}\"}} {}",
                label(user),
                label(database),
                value(totals)
            );
        }
    }
    text
}

/// A label's value, escaped.
fn label(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;

    /// What Prometheus's own tool says of a text.
    fn promtool(text: &str) -> (bool, String) {
        let mut tool = Command::new("promtool")
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        tool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = tool.wait_with_output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    #[test]
    fn promtool_has_nothing_to_say() {
        let statements: Vec<StatementTotals> = ["app", "it's \"me\"\\\n", "größe", ""]
            .into_iter()
            .zip([1, i64::MIN, i64::MAX, 0])
            .map(|(user, query)| StatementTotals {
                user: user.to_owned(),
                database: "shop".to_owned(),
                query,
                calls: 1 << 60,
                seconds: 1.5e-7,
                rows: 3,
                block_read_seconds: 1e12,
                block_write_seconds: 0.0,
            })
            .collect();
        let text = statements_text(&statements);
        assert_eq!(promtool(&text), (true, String::new()), "{text}");
        assert_eq!(text.lines().filter(|line| !line.starts_with('#')).count(), 20);
        // The tool does find mistakes.
        assert!(!promtool(&text.replace("queryid=", "queryid==")).0);
    }
}
