//! Two builds, searched in turns: how often one that carries a part less is found, and how often one that does not is
//! called worse. `bench/capacity-compare` calls it for simulated time.
//!
//! `pairs [COMPARISONS] [SECONDS] [PART] [FACTOR[:SERVICE]]`: so many comparisons of so many seconds for both, with a
//! head that carries this part of what the base does (1: the same), on services that are so many times as fast.

#![expect(clippy::print_stdout, reason = "it is a program for people")]

use loadline_capacity::search::{Terms, lines_by_turn};
use loadline_capacity::simulate::{CASES, Trial, search_in_turns};
use loadline_measure::{Better, FigureScale, FigureUnit};
use loadline_verdict::{Comparison, Gate, Outcome, Rounds, compare_rounds};

/// So many requests are simulated for each of the rates that are tried for a line.
const FOR_A_LINE: u64 = 1_000_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize, usual: f64| {
        arguments.get(place).map_or(usual, |text| text.parse().expect("a number is wanted"))
    };
    let (comparisons, seconds, part) = (number(0, 100.0) as u64, number(1, 300.0), number(2, 0.92));
    let (factor, only) = match arguments.get(3).map(|text| text.split_once(':').unwrap_or((text, ""))) {
        None => (4.0, ""),
        Some((factor, only)) => (factor.parse().expect("a factor is a number"), only),
    };
    for case in CASES.map(|case| case.faster(factor)) {
        if !only.is_empty() && only != case.name {
            continue;
        }
        let mut base = case.trial();
        base.terms = Terms { at_most_s: seconds / 2.0, burst: false, ..base.terms };
        let head = base.carrying(part, case.truth, FOR_A_LINE);
        let found: Vec<Option<Comparison>> =
            (0..comparisons).map(|seed| compared(&base, &head, seed)).collect();
        print(&format!("{:18} lines {:6.1}/s and {:.2} of it", case.name, case.truth, part), &found);
    }
}

/// What is said of two builds; nothing where a line was not seen.
fn compared(base: &Trial, head: &Trial, seed: u64) -> Option<Comparison> {
    let found = search_in_turns(base, head, seed);
    let (of_base, of_head) = lines_by_turn((&found.base, &found.head), &found.turns)?;
    let scale = FigureScale { unit: FigureUnit::Plain, better: Better::Higher };
    let rounds = Rounds { base: of_base, head: of_head, ..Rounds::new("all", "capacity", &scale) };
    compare_rounds(&[rounds], &Gate::default()).pop()
}

fn print(name: &str, found: &[Option<Comparison>]) {
    let seen: Vec<&Comparison> = found.iter().flatten().collect();
    let count = |outcome| seen.iter().filter(|one| one.outcome == outcome).count();
    let mut changes: Vec<f64> = seen.iter().map(|one| one.change).collect();
    changes.sort_by(f64::total_cmp);
    let at = |part: f64| {
        let place = (changes.len().saturating_sub(1) as f64 * part).round() as usize;
        changes.get(place).map_or(f64::NAN, |change| (change - 1.0) * 100.0)
    };
    let mean = |of: &dyn Fn(&Comparison) -> f64| {
        seen.iter().map(|one| of(one)).sum::<f64>() / (seen.len() as f64).max(1.0)
    };
    println!(
        "{name}: worse {:3}, not worse {:3}, open {:3}, no line {:3}; change {:+.1} [{:+.1} {:+.1} {:+.1}] {:+.1} %, ±{:.1} %; {:.0} turns",
        count(Outcome::Fail),
        count(Outcome::Pass),
        count(Outcome::Inconclusive),
        found.len() - seen.len(),
        at(0.0),
        at(0.05),
        at(0.5),
        at(0.95),
        at(1.0),
        mean(&|one| (one.high / one.low).ln() * 50.0),
        mean(&|one| one.rounds as f64),
    );
}
