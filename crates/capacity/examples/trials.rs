//! Searches on each of the services whose line is known: how far the answers are from it. `bench/capacity` calls it.
//!
//! `trials [searches] [seconds] [service | truth] [first seed]`; five searches of one service or fewer are shown step
//! by step, and `truth` bisects the lines anew.

#![expect(clippy::print_stdout, reason = "it is a program for people")]

use loadline_capacity::search::{Answer, Bound, Known, Terms};
use loadline_capacity::simulate::{CASES, Case, truth};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number =
        |usual: u64| arguments.next().map_or(usual, |text| text.parse().expect("a number is wanted"));
    let (searches, seconds) = (number(100), number(300));
    let only = std::env::args().nth(3);
    let first = std::env::args().nth(4).map_or(0, |text| text.parse().expect("a seed is a number"));
    for case in CASES {
        match only.as_deref() {
            Some("truth") => {
                let found = truth(&case.trial(), (case.truth * 0.7, case.truth * 1.4), 4_000_000);
                println!("{:18} {found:8.2}, noted {:8.2}", case.name, case.truth);
            }
            Some(name) if name != case.name => {}
            name => trials(&case, first..first + searches, seconds as f64, name.is_some() && searches <= 5),
        }
    }
}

fn trials(case: &Case, seeds: std::ops::Range<u64>, seconds: f64, show: bool) {
    let mut trial = case.trial();
    trial.terms = Terms { at_most_s: seconds, ..trial.terms };
    let found: Vec<(Answer, Known)> = seeds.map(|seed| trial.search(seed)).collect();
    let count = |holds: &dyn Fn(&Answer) -> bool| found.iter().filter(|(answer, _)| holds(answer)).count();
    let error = |answer: &Answer| answer.carries / case.truth - 1.0;
    let mut errors: Vec<f64> = found.iter().map(|(answer, _)| error(answer)).collect();
    errors.sort_by(f64::total_cmp);
    let mean = |of: &dyn Fn(&Known) -> f64| {
        found.iter().map(|(_, known)| of(known)).sum::<f64>() / found.len() as f64
    };
    println!(
        "{:18} line {:6.1}/s: within 5 % {:3}, more than 5 % over {:3}, not found {:2}; errors {:+.1} % {:+.1} % {:+.1} %; {:3} in the interval; {:3} recovered; {:.0} s, {:.0} steps",
        case.name,
        case.truth,
        count(&|answer| error(answer).abs() <= 0.05),
        count(&|answer| error(answer) > 0.05),
        count(&|answer| answer.bound != Bound::Found),
        errors[0] * 100.0,
        errors[errors.len() / 2] * 100.0,
        errors[errors.len() - 1] * 100.0,
        count(&|answer| answer.between.is_some_and(|(low, high)| (low..=high).contains(&case.truth))),
        count(&|answer| answer.recovery.is_some_and(|recovery| recovery.after_s.is_some())),
        mean(&|known| known.elapsed_s),
        mean(&|known| known.steps.len() as f64),
    );
    for (answer, known) in found.iter().filter(|_| show) {
        for step in &known.steps {
            let shares: Vec<String> = (step.tallies.iter().flatten())
                .map(|tally| format!("{:.3} of {:.0}", tally.share(), tally.worth()))
                .collect();
            let call = known.call(step);
            println!("  {:?} {call:?} at {}: {shares:?}, growing {}", step.purpose, step.load, step.growing);
        }
        println!("  {answer:?}");
    }
}
