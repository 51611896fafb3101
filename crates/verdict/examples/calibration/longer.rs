//! Whether a run that goes on for as long as it said is settled then.

use loadline_verdict::{Certainty, Judged, Limits, OnTrial, Simulated};

use crate::table::{self, Wanted, beyond_wanted, percent};
use crate::trial::{each, seed};

/// How often it should come true.
const SETTLED: f64 = 0.8;
/// Nobody is told to wait for longer than an hour and a half in vain: longer advice is not tried.
const LONGEST: f64 = 5400.0;

/// What came of the advice of runs that were not certain, on one share.
#[derive(Debug, Clone, Default)]
struct Advice {
    open: u64,
    none: u64,
    /// The advice that was tried, in seconds.
    tried: Vec<f64>,
    settled: u64,
}

/// Runs with the truth off the limit, continued for as long as they say: whether they are certain then.
pub(crate) fn settled(runs: u64) -> bool {
    println!(
        "\"So many seconds more would settle it\": truth off the limit, {runs} runs for each row; those that are not \
         certain are continued; settled then in % of them (median of the advice in s, % without advice)"
    );
    table::head(&OnTrial::ALL.map(table::name));
    let trials = trials();
    let advice = each(&trials, |at, trial| {
        let limits = Limits { errors: trial.errors, ..Limits::latencies(&trial.system, trial.times) };
        taken(&trial.system, limits, runs, at + 3000)
    });
    let mut wanted = Wanted::default();
    let mut said = 0.0;
    let mut all = [const { Advice::new() }; 5];
    for (trial, of) in trials.iter().zip(&advice) {
        if trial.times != said {
            said = trial.times;
            println!("latencies {said} of the limit, errors {}", trial.errors_of_limit);
        }
        table::row(&trial.system, &of.clone().map(Advice::text));
        for ((all, share), of) in all.iter_mut().zip(OnTrial::ALL).zip(of) {
            all.add(of);
            wanted.at_most(of.in_vain(), 1.0 - SETTLED, of.open, || {
                let at = format!("at {said}, {}", table::cell(&trial.system));
                format!("advice in vain, {}, {at}", table::name(share))
            });
        }
    }
    for (share, all) in OnTrial::ALL.iter().zip(&all) {
        wanted.at_least(all.rate(), SETTLED, all.tried.len() as u64, || {
            format!("settled, {}", table::name(*share))
        });
    }
    table::wide("all of them", &all.map(Advice::text));
    println!(
        "wanted: {} % of all advice settles it, and at most {} % of a row's runs wait in vain",
        percent(SETTLED),
        percent(1.0 - SETTLED)
    );
    beyond_wanted(&wanted)
}

/// A system, and where its truth lies.
struct Trial {
    system: Simulated,
    /// How many times the limit latencies are.
    times: f64,
    errors_of_limit: f64,
    /// The normal score beyond which a request fails.
    errors: f64,
}

/// Short runs, with the truth far from the limit and near to it on both sides.
fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    // Standard normal quantiles (Python 3, statistics.NormalDist) of .995, .98, .9925 and .986
    for (times, errors_of_limit, errors) in [
        (0.8, 0.5, 2.575_829_303_548_900_4),
        (1.2, 2.0, 2.053_748_910_631_823),
        (0.9, 0.75, 2.432_379_058_584_463_4),
        (1.1, 1.4, 2.197_286_376_641_053),
    ] {
        for (seconds, per_second) in [(20, 50), (60, 10), (60, 50)] {
            for (wander, resemblance) in [(0.0, 0.0), (0.1, 0.7), (0.1, 0.95), (0.25, 0.7)] {
                let system = Simulated { seconds, per_second, wander, resemblance, ..Simulated::default() };
                trials.push(Trial { system, times, errors_of_limit, errors });
            }
        }
    }
    trials
}

impl Advice {
    const fn new() -> Self {
        Self { open: 0, none: 0, tried: Vec::new(), settled: 0 }
    }

    fn add(&mut self, other: &Self) {
        self.open += other.open;
        self.none += other.none;
        self.tried.extend(&other.tried);
        self.settled += other.settled;
    }

    /// Of the runs that are not certain, those that go on for as long as they say and still are not.
    fn in_vain(&self) -> f64 {
        (self.tried.len() as u64 - self.settled) as f64 / self.open.max(1) as f64
    }

    /// The part of the advice that came true; all of none.
    fn rate(&self) -> f64 {
        if self.tried.is_empty() { 1.0 } else { self.settled as f64 / self.tried.len() as f64 }
    }

    fn text(mut self) -> String {
        let none = percent(self.none as f64 / self.open.max(1) as f64);
        self.tried.sort_by(f64::total_cmp);
        match self.tried.get(self.tried.len() / 2) {
            Some(median) => format!("{} ({median:.0} {none})", percent(self.rate())),
            None => format!("- (- {none})"),
        }
    }
}

fn taken(system: &Simulated, limits: Limits, runs: u64, number: usize) -> [Advice; 5] {
    let mut advice = [const { Advice::new() }; 5];
    for run in 0..runs {
        let begun = || Judged::new(*system, limits, seed(number, run));
        let inferred = begun().infer().into_iter().flatten();
        for (at, inference) in inferred.enumerate() {
            let of = &mut advice[at];
            if inference.certainty == Certainty::Certain {
                continue;
            }
            of.open += 1;
            let Some(more) = inference.more.filter(|more| *more <= LONGEST) else {
                of.none += 1;
                continue;
            };
            let mut longer = begun();
            longer.go_on(more as u64);
            of.tried.push(more);
            let after = longer.infer().map(|of| of[at].certainty);
            of.settled += u64::from(after == Some(Certainty::Certain));
        }
    }
    advice
}
