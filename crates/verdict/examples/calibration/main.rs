//! How often `certain` is wrong, how often it is said where it could be, and whether "so many seconds more would settle
//! it" comes true: made-up runs, judged as real ones are.
//!
//! `cargo run --release -p loadline-verdict --example calibration [RUNS] [on-limit | off-limit | longer] [ROW]`
//!
//! A part of the text of a row, such as ` 60 s   10/s`, leaves out the other rows: whether one is off by chance takes
//! more runs of that one.

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
/// As many may be false that are at least likely.
const FALSE_LIKELY: f64 = 0.1;
/// How often certainty is wanted where the 95th percentile is a fifth off, at the reference cell.
const FOUND: f64 = 0.8;
/// How much longer latencies are than the limit allows, and how much shorter.
const SLOWER: f64 = 1.2;
const FASTER: f64 = 0.8;

fn main() -> ExitCode {
    let runs: u64 = std::env::args().nth(1).and_then(|runs| runs.parse().ok()).unwrap_or(1000);
    let part = std::env::args().nth(2);
    let wanted = |name: &str| part.as_deref().is_none_or(|part| part == name);
    let mut cells = cells();
    if let Some(row) = std::env::args().nth(3) {
        cells.retain(|system| table::cell(system).contains(&row));
    }
    let mut good = true;
    if wanted("on-limit") {
        good &= calibrated(&cells, runs);
    }
    if wanted("off-limit") {
        good &= powerful(&cells, (runs / 5).max(20));
    }
    if wanted("longer") {
        good &= longer::settled((runs / 10).max(20));
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Run lengths, loads, and levels: none, and two that wander by little and by much, anew each second and for longer.
fn cells() -> Vec<Simulated> {
    let mut cells = Vec::new();
    for seconds in [20, 60, 120, 300] {
        for per_second in [10, 50, 200] {
            for (wander, resemblance) in
                [(0.0, 0.0), (0.1, 0.0), (0.1, 0.7), (0.1, 0.95), (0.25, 0.0), (0.25, 0.7), (0.25, 0.95)]
            {
                let system = Simulated { seconds, per_second, wander, resemblance, ..Simulated::default() };
                cells.push(system);
            }
        }
    }
    cells
}

/// The truth exactly on the limit: whether false certainties are as rare as they should be.
fn calibrated(cells: &[Simulated], runs: u64) -> bool {
    println!(
        "False certainties: truth exactly on the limit, {runs} runs for each row; in % of runs: certain pass, certain fail \
         (pass and fail at least likely)"
    );
    table::head(&OnTrial::ALL.map(table::name));
    let tallies = each(cells, |at, system| tally(system, Limits::EXACT, runs, at));
    let (mut certain, mut likely) = (Wanted::default(), Wanted::default());
    for (system, tally) in cells.iter().zip(&tallies) {
        table::row(
            system,
            &tally.map(|of| {
                let [pass, fail] = of.certain.map(percent);
                let [likely_pass, likely_fail] = of.at_least_likely().map(percent);
                format!("{pass} {fail} ({likely_pass} {likely_fail})")
            }),
        );
        for (share, of) in OnTrial::ALL.iter().zip(tally) {
            for (at, side) in ["passes", "fails"].iter().enumerate() {
                let what = |said: &str| {
                    format!("false {said} {side}, {}, {}", table::name(*share), table::cell(system))
                };
                certain.at_most(of.certain[at], FALSE, runs, || what("certain"));
                likely.at_most(of.at_least_likely()[at], FALSE_LIKELY, runs, || what("likely"));
            }
        }
    }
    for (said, wanted, most) in [("certain", &certain, FALSE), ("at least likely", &likely, FALSE_LIKELY)] {
        println!(
            "{said}: {} % in the worst row (wanted: at most {} %)",
            percent(wanted.worst),
            percent(most)
        );
    }
    println!();
    beyond_wanted(&certain) & beyond_wanted(&likely)
}

/// The truth off the limit: how often that is found, beside what independent values allow.
fn powerful(cells: &[Simulated], runs: u64) -> bool {
    println!(
        "Certainties found: truth off the limit, {runs} runs for each row; in % of runs: p95 and p99 at 0.8 of the limit, at 1.2 of it; \
         errors half of what is allowed, twice that; for errors (if independent) what the exact binomial allows"
    );
    table::head(&["p95", "p99", "errors", "errors, other level", "errors alone", "(independent)"]);
    // Standard normal quantiles (Python 3, statistics.NormalDist) of .995 and .98.
    let (half, twice) = (2.575_829_303_548_900_4, 2.053_748_910_631_823);
    let tallies: Vec<([Tally; 5], [Tally; 5])> = each(cells, |at, system| {
        let limits = |times: f64, errors: f64| Limits { errors, ..Limits::latencies(system, times) };
        (
            tally(system, limits(FASTER, half), runs, at + 1000),
            tally(system, limits(SLOWER, twice), runs, at + 2000),
        )
    });
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
