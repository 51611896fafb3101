//! What is advised for each statement of a file by itself, on one ghost: an answer of `loadline db advise` for each,
//! without raising a ghost for each. `bench/advise` asks it.
//!
//! `LOADLINE=target/release/loadline cargo run -p loadline-advise --features live --example advise-each PORTRAIT
//! STATEMENTS [together] [BYTES]`: a line of JSON for each statement, or one for all of them, within so many bytes.

#![expect(clippy::print_stdout, reason = "it is asked on a command line")]

use std::error::Error;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::SystemTime;

use loadline_advise::advice::Advice;
use loadline_advise::live::Spirit;
use loadline_advise::search::{Goal, advise};
use loadline_advise::workload::{Workload, of_file};
use loadline_pg::live::Haunt;
use loadline_pg::portrait::Portrait;
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    // Whoever starts a server is its guard as well; the real program knows how.
    if std::env::args().nth(1).is_some_and(|word| word == "guard") {
        let program = std::env::var_os("LOADLINE").ok_or("LOADLINE is the program that guards the ghost")?;
        return Err(Command::new(program).args(std::env::args_os().skip(1)).exec().into());
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [portrait, statements, more @ ..] = &words[..] else {
        return Err("advise-each PORTRAIT STATEMENTS [together] [BYTES]".into());
    };
    let goal = Goal { within: more.iter().find_map(|word| word.parse().ok()), ..Goal::default() };
    let portrait = Portrait::read(&std::fs::read(portrait)?)?;
    let mut spirit = Spirit::raise(&portrait, &Haunt::default(), &[])?;
    let asked = of_file(&std::fs::read_to_string(statements)?);
    let workloads: Vec<Workload> = if more.iter().any(|word| word == "together") {
        vec![Workload::of(asked)]
    } else {
        asked.into_iter().map(|one| Workload::of([one])).collect()
    };
    for workload in workloads {
        let began = SystemTime::now();
        let advice = advise(&portrait, &workload, goal, &mut spirit)?;
        println!("{}", line(&workload, &advice, began.elapsed()?.as_secs_f64()));
    }
    Ok(())
}

fn line(workload: &Workload, advice: &Advice, seconds: f64) -> Value {
    let bytes: f64 = advice.pieces.iter().map(|piece| piece.bytes).sum();
    let rejected: Vec<String> =
        advice.rejected.iter().map(|one| format!("{}: {}", one.index.body(), one.why)).collect();
    let cost = |costs: &[Option<f64>]| costs.iter().flatten().sum::<f64>();
    json!({
        "text": workload.statements.first().map(|one| &one.text),
        "statements": workload.statements.len(),
        "indexes": advice.pieces.iter().map(|piece| piece.index.body()).collect::<Vec<_>>(),
        "bytes": bytes,
        "before": cost(&advice.before),
        "after": cost(&advice.after),
        "plans": advice.plans,
        "cached": advice.cached,
        "candidates": advice.candidates,
        "unplanned": advice.unplanned.iter().map(|one| &one.why).collect::<Vec<_>>(),
        "rejected": rejected,
        "seconds": seconds,
    })
}
