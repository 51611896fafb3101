//! Searches on services whose line is known: how far the answers are from it. `bench/capacity` calls it.
//!
//! `trials [searches] [seconds] [service | drawn | truth | factor[:service]] [first seed]`; with a factor every service
//! is so many times as fast, with `4x8` also eight times as wide, as so many more side by side; five searches of one
//! service or fewer are shown step by step, `drawn` takes services that are drawn by chance, five searches of each
//! (their lines are kept in `target/capacity-lines.tsv`, because they take long; a kind of them may follow the seed),
//! and `truth` bisects the lines of the others anew. Before all of that may stand `evenly`, for requests that come
//! evenly as a load generator's do, whose lines are bisected first, and `stalls`, for a machine that stands still for
//! 200 ms once a minute on average.

#![expect(clippy::print_stdout, reason = "it is a program for people")]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;

use loadline_capacity::search::{Answer, Bound, Change, Known, Terms};
use loadline_capacity::simulate::{CASES, Drawn, KINDS, Stalls, Trial, drawn, truth};

/// So many searches of a service that is drawn.
const OF_EACH: u64 = 5;
/// So many requests are simulated for each of the fourteen rates that are tried for a line.
const FOR_A_LINE: u64 = 1_000_000;

fn main() {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let mut is = |wanted: &str| {
        let before = words.len();
        words.retain(|word| word != wanted);
        words.len() < before
    };
    let (evenly, stalls) = (is("evenly"), is("stalls"));
    let number = |place: usize, usual: u64| -> u64 {
        words.get(place).map_or(usual, |text| text.parse().expect("a number is wanted"))
    };
    let (searches, seconds) = (number(0, 100), number(1, 300) as f64);
    let only = words.get(2).cloned();
    let first = number(3, 0);
    if only.as_deref() == Some("drawn") {
        return all_drawn(searches, seconds, first, &words);
    }
    // `4`, `4x8:leak`, `leak`.
    let (factor, only) = match only.as_deref().map(|text| text.split_once(':').unwrap_or((text, ""))) {
        None => ("1".to_owned(), None),
        Some((first, rest)) if CASES[0].times(first).is_some() => {
            (first.to_owned(), (!rest.is_empty()).then(|| rest.to_owned()))
        }
        Some(_) => ("1".to_owned(), only),
    };
    // The line of one that is wider is not as many times as high.
    let bisected = evenly || factor.contains('x');
    for case in CASES.into_iter().filter_map(|case| case.times(&factor)) {
        match only.as_deref() {
            Some("truth") => {
                let found = truth(&case.trial(), (case.truth * 0.7, case.truth * 1.4), 4_000_000);
                println!("{:18} {found:8.2}, noted {:8.2}", case.name, case.truth);
            }
            Some(name) if name != case.name => {}
            name => {
                let stalls = stalls.then_some(Stalls { lasts_s: 0.2, every_s: 60.0 });
                let trial = Trial { evenly, stalls, ..case.trial() };
                let line = if bisected { line_of(&trial, case.truth) } else { case.truth };
                let ended = searched(&trial, line, seconds, first..first + searches);
                print(&format!("{:18} line {line:6.1}/s", case.name), &ended);
                if name.is_some() && searches <= 5 {
                    ended.iter().for_each(show);
                }
            }
        }
    }
}

/// Where its line is, near another one, while the machine runs.
fn line_of(trial: &Trial, near: f64) -> f64 {
    truth(&Trial { stalls: None, ..trial.clone() }, (near * 0.7, near * 1.8), FOR_A_LINE)
}

/// A search that has ended.
struct Ended {
    answer: Answer,
    known: Known,
    truth: f64,
}

impl Ended {
    fn error(&self) -> f64 {
        self.answer.carries / self.truth - 1.0
    }
}

fn searched(trial: &Trial, truth: f64, seconds: f64, seeds: Range<u64>) -> Vec<Ended> {
    let mut trial = trial.clone();
    trial.terms = Terms { at_most_s: seconds, ..trial.terms };
    let search = |seed| {
        let (answer, known) = trial.search(seed);
        Ended { answer, known, truth }
    };
    seeds.map(search).collect()
}

fn all_drawn(searches: u64, seconds: f64, first: u64, words: &[String]) {
    let path = "target/capacity-lines.tsv";
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mut lines: HashMap<String, f64> = text
        .lines()
        .filter_map(|line| line.split_once('\t').map(|(key, line)| (key.to_owned(), line)))
        .filter_map(|(key, line)| Some((key, line.parse().ok()?)))
        .collect();
    let kinds = words.get(4);
    for (place, kind) in KINDS.into_iter().enumerate() {
        if kinds.is_some_and(|only| only != kind) {
            continue;
        }
        let mut ended = Vec::new();
        for seed in first..first + searches.div_ceil(OF_EACH) {
            let key = format!("{kind} {seed}");
            let known = lines.get(&key).copied();
            let Drawn { trial, truth } = drawn(place, seed, known.ok_or(FOR_A_LINE));
            lines.insert(key, truth);
            let found = searched(&trial, truth, seconds, seed * 100..seed * 100 + OF_EACH);
            if kinds.is_some() {
                let errors: Vec<String> =
                    found.iter().map(|one| format!("{:+.1}", one.error() * 100.0)).collect();
                println!("{seed:4} {truth:7.1}/s {errors:?} {:?} p95 {:.3}", trial.kind, trial.p95_s);
                if words.get(5).is_some_and(|wanted| *wanted == seed.to_string()) {
                    found.iter().for_each(show);
                }
            }
            ended.extend(found);
        }
        print(&format!("{kind:18}"), &ended);
        let mut text: Vec<String> = lines.iter().map(|(key, line)| format!("{key}\t{line}\n")).collect();
        text.sort();
        std::fs::write(path, text.concat()).expect("lines can be kept in target/");
    }
}

fn print(name: &str, ended: &[Ended]) {
    let count = |holds: &dyn Fn(&Ended) -> bool| ended.iter().filter(|one| holds(one)).count();
    let mut errors: Vec<f64> = ended.iter().map(Ended::error).collect();
    errors.sort_by(f64::total_cmp);
    let mean = |of: &dyn Fn(&Ended) -> f64| ended.iter().map(of).sum::<f64>() / (ended.len() as f64).max(1.0);
    let at = |part: f64| errors[((errors.len() - 1) as f64 * part).round() as usize] * 100.0;
    println!(
        "{name}: within 5 % {:3}, more than 5 % over {:3}, not found {:2}; errors {:+.1} [{:+.1} {:+.1} {:+.1}] {:+.1} %; {:3} in the range, ±{:.1} %; {:3} recovered; {:2} slower, {:2} faster meanwhile; {:.0} s, {:.0} steps",
        count(&|one| one.error().abs() <= 0.05),
        count(&|one| one.error() > 0.05),
        count(&|one| one.answer.bound != Bound::Found),
        at(0.0),
        at(0.05),
        at(0.5),
        at(0.95),
        at(1.0),
        count(&|one| one.answer.between.is_some_and(|(low, high)| (low..=high).contains(&one.truth))),
        mean(&|one| one.answer.between.map_or(0.0, |(low, high)| (high / low).ln() * 50.0)),
        count(&|one| one.answer.recovery.is_some_and(|recovery| recovery.after_s.is_some())),
        count(&|one| one.answer.changed == Some(Change::Worse)),
        count(&|one| one.answer.changed == Some(Change::Better)),
        mean(&|one| one.known.elapsed_s),
        mean(&|one| one.known.steps.len() as f64),
    );
}

fn show(ended: &Ended) {
    let mut text = String::new();
    for step in &ended.known.steps {
        let shares: Vec<String> = (step.tallies.iter().flatten())
            .map(|tally| format!("{:.3} of {:.0} ({:.0})", tally.share(), tally.worth(), tally.effect))
            .collect();
        let call = ended.known.call(step);
        let _ = writeln!(
            text,
            "  {:5.0} {:?} {call:?} {:.0} s at {} ({:+.1} %): {shares:?}, growing {}",
            step.began_s,
            step.purpose,
            step.measured_s,
            step.load,
            (step.load / ended.truth - 1.0) * 100.0,
            step.growing
        );
    }
    println!("{text}  {:?} {:?}\n", ended.answer, ended.known.line());
}
