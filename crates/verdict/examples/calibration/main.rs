//! How often `certain` is wrong, how often it is said where it could be, and whether "so many seconds more would settle
//! it" comes true: made-up runs, judged as real ones are.
//!
//! `cargo run --release -p loadline-verdict --example calibration [RUNS]`

#![expect(clippy::print_stdout, reason = "tables are what it is for")]

mod binomial;
mod longer;
mod table;
mod trial;

use std::process::ExitCode;

use loadline_verdict::{Limits, OnTrial, Simulated};

use crate::table::{Wanted, beyond_wanted, percent};
use crate::trial::{Tally, each, tally};

/// False certainties that are allowed, for each side, in every cell.
const FALSE: f64 = 0.01;
/// How often certainty is wanted where the 95th percentile is a fifth off, at the reference cell.
const FOUND: f64 = 0.8;
/// How much longer latencies are than the limit allows, and how much shorter.
const SLOWER: f64 = 1.2;
const FASTER: f64 = 0.8;

fn main() -> ExitCode {
    let runs: u64 = std::env::args().nth(1).and_then(|runs| runs.parse().ok()).unwrap_or(1000);
    let cells = cells();
    let kept = std::env::var("MORE").is_ok() || calibrated(&cells, runs);
    if std::env::var("ONE").is_ok() {
        return ExitCode::SUCCESS;
    }
    let found = std::env::var("MORE").is_ok() || powerful(&cells, (runs / 5).max(20));
    let came_true = longer::settled((runs / 10).max(20));
    if kept && found && came_true { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Run lengths, loads, and levels: no level, and two that wander by little and by much, anew each second and for
/// longer.
fn cells() -> Vec<Simulated> {
    let mut cells = Vec::new();
    for seconds in [20, 60, 120, 300] {
        for per_second in [10, 50, 200] {
            for (wander, resemblance) in
                [(0.0, 0.0), (0.1, 0.0), (0.1, 0.7), (0.1, 0.95), (0.25, 0.0), (0.25, 0.7), (0.25, 0.95)]
            {
                let system = Simulated { seconds, per_second, wander, resemblance, ..Simulated::default() };
                if std::env::var("ONE").is_ok() && resemblance != 0.95 {
                    continue;
                }
                cells.push(system);
            }
        }
    }
    cells
}

/// The truth exactly on the limit: whether false certainties are as rare as they should be.
fn calibrated(cells: &[Simulated], runs: u64) -> bool {
    println!(
        "False certainties: truth exactly on the limit, {runs} runs for each row; in % of runs: certain pass, certain fail"
    );
    table::head(&OnTrial::ALL.map(table::name));
    let tallies = each(cells, |at, system| tally(system, Limits::EXACT, runs, at));
    let mut wanted = Wanted::default();
    for (system, tally) in cells.iter().zip(&tallies) {
        let columns = tally.map(|of| format!("{} {}", percent(of.certain[0]), percent(of.certain[1])));
        table::row(system, &columns);
        for (share, of) in OnTrial::ALL.iter().zip(tally) {
            for (side, rate) in ["passes", "fails"].iter().zip(of.certain) {
                wanted.at_most(rate, FALSE, runs, || {
                    format!("false certain {side}, {}, {}", table::name(*share), table::cell(system))
                });
            }
        }
    }
    let likely =
        tallies.iter().flatten().flat_map(|of| [0, 1].map(|side| of.certain[side] + of.likely[side]));
    println!(
        "worst: {} % certain (wanted: at most {} %); {} % likely or certain (a tenth is what `likely` allows)\n",
        percent(wanted.worst),
        percent(FALSE),
        percent(likely.fold(0.0, f64::max))
    );
    beyond_wanted(&wanted)
}

/// The truth off the limit: how often that is found, beside what independent values allow.
fn powerful(cells: &[Simulated], runs: u64) -> bool {
    println!(
        "Certainties found: truth off the limit, {runs} runs for each row; in % of runs: p95 and p99 at 0.8 of the limit, at 1.2 of it; \
         errors half of what is allowed, twice that; for errors (if independent) what the exact binomial allows"
    );
    table::head(&["p95", "p99", "errors", "errors, other level", "errors alone", "(independent)"]);
    let errors = Limits::EXACT;
    // scipy 1.17.1: norm.ppf of .995 and .98.
    let (half, twice) = (2.575_829_303_548_900_4, 2.053_748_910_631_823);
    let tallies: Vec<([Tally; 5], [Tally; 5])> = each(cells, |at, system| {
        let limits = |times: f64, errors: f64| Limits { errors, ..Limits::latencies(system, times) };
        (
            tally(system, limits(FASTER, half), runs, at + 1000),
            tally(system, limits(SLOWER, twice), runs, at + 2000),
        )
    });
    let _ = errors;
    let mut wanted = Wanted::default();
    for (system, (within, beyond)) in cells.iter().zip(&tallies) {
        let found = |share: usize| {
            format!("{} {}", percent(within[share].certain[0]), percent(beyond[share].certain[1]))
        };
        let values = system.seconds * system.per_second;
        let allowed =
            [binomial::found(values, 0.005, 0.01), binomial::found(values, 0.02, 0.01)].map(percent);
        table::row(system, &[found(0), found(1), found(2), found(3), found(4), allowed.join(" ")]);
        if (system.seconds, system.per_second, system.wander, system.resemblance) == (300, 50, 0.1, 0.7) {
            for rate in [within[0].certain[0], beyond[0].certain[1]] {
                wanted.at_least(rate, FOUND, runs, || format!("certain, p95, {}", table::cell(system)));
            }
        }
    }
    println!("wanted: p95 in {} % on both sides at 300 s, 50/s, 0.1, 0.7\n", percent(FOUND));
    beyond_wanted(&wanted)
}
