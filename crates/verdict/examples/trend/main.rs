//! How often a history without a change has one, and how often one with a change has it: made-up histories, looked at
//! as real ones are.
//!
//! `cargo run --release -p loadline-verdict --example trend [draw] [SERIES] [SEED]`; `draw` writes them down for
//! others.

#![expect(clippy::print_stdout, reason = "tables are what it is for")]

mod draw;
mod rows;
mod speed;

use std::process::ExitCode;

use crate::rows::{Row, Wanted, rows};

fn main() -> ExitCode {
    let draws = std::env::args().nth(1).is_some_and(|word| word == "draw");
    let mut arguments = std::env::args().skip(1).filter_map(|text| text.parse::<u64>().ok());
    let (series, seed) = (arguments.next().unwrap_or(1000), arguments.next().unwrap_or(23_000_000));
    if draws {
        return if draw::draw(series, seed).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    println!("{series} series of each kind, seeds from {seed}; share of them\n");
    println!("{:<66} {:>7} {:>8}", "", "share", "wanted");
    let mut good = true;
    for Row { name, history, question, wanted } in rows() {
        let hits = (0..series).filter(|number| question(&history.draw(seed + number))).count();
        let share = hits as f64 / series as f64;
        let (met, words) = match wanted {
            Wanted::AtMost(most) => (share <= most, format!("≤ {most}")),
            Wanted::AtLeast(least) => (share >= least, format!("≥ {least}")),
            Wanted::Nothing => (true, String::new()),
        };
        good &= met;
        println!("{name:<66} {share:>7.4} {words:>8}{}", if met { "" } else { "  MISSED" });
    }
    good &= speed::speed();
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
