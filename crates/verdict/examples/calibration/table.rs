//! How the tables look, and whether they hold what is wanted.

use loadline_verdict::{OnTrial, Simulated};

/// The first column of a table.
const CELL: usize = 24;
const COLUMN: usize = 22;

/// What is beyond what is wanted, by more than chance does.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// The worst rate that should be small.
    pub(crate) worst: f64,
    beyond: Vec<String>,
}

impl Wanted {
    /// A rate in so many runs, which should be small.
    pub(crate) fn at_most(&mut self, rate: f64, limit: f64, runs: u64, what: impl FnOnce() -> String) {
        self.worst = self.worst.max(rate);
        if rate > limit + chance(limit, runs) {
            self.beyond.push(format!("{}: {} %", what(), percent(rate)));
        }
    }

    /// A rate in so many runs, which should be large.
    pub(crate) fn at_least(&mut self, rate: f64, limit: f64, runs: u64, what: impl FnOnce() -> String) {
        if rate < limit - chance(limit, runs) {
            self.beyond.push(format!("{}: {} %", what(), percent(rate)));
        }
    }
}

/// What a rate in so many runs is off by in one of a thousand cells, and half a run.
fn chance(rate: f64, runs: u64) -> f64 {
    3.1 * (rate * (1.0 - rate) / runs as f64).sqrt() + 0.5 / runs as f64
}

/// Prints what is beyond what is wanted; whether there is nothing.
pub(crate) fn beyond_wanted(wanted: &Wanted) -> bool {
    wanted.beyond.iter().for_each(|line| println!("BEYOND WHAT IS WANTED: {line}"));
    wanted.beyond.is_empty()
}

pub(crate) const fn name(share: OnTrial) -> &'static str {
    match share {
        OnTrial::P95 => "p95",
        OnTrial::P99 => "p99",
        OnTrial::Errors => "errors",
        OnTrial::OtherErrors => "errors, other level",
        OnTrial::ErrorsAlone => "errors alone",
    }
}

pub(crate) fn cell(system: &Simulated) -> String {
    let Simulated { seconds, per_second, wander, resemblance, .. } = system;
    format!("{seconds:>4} s {per_second:>4}/s {wander:>5} {resemblance:>5}")
}

pub(crate) fn head(columns: &[&str]) {
    println!("{:<CELL$}{}", "length load level stays", line(columns));
}

pub(crate) fn row(system: &Simulated, columns: &[String]) {
    wide(&cell(system), columns);
}

/// A row that is of no one system.
pub(crate) fn wide(what: &str, columns: &[String]) {
    println!("{what:<CELL$}{}", line(columns));
}

fn line<S: AsRef<str>>(columns: &[S]) -> String {
    columns.iter().fold(String::new(), |line, column| format!("{line} {:>COLUMN$}", column.as_ref()))
}

pub(crate) fn percent(rate: f64) -> String {
    format!("{:.1}", rate * 100.0)
}
