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

/// Runs with the truth off the limit, continued for as long as they say: whether they are certain then, of the side of
/// the truth.
pub(crate) fn settled(runs: u64) -> bool {
    println!(
        "\"So many seconds more would settle it\": truth off the limit, {runs} runs for each row, those that are not certain are continued; \
         settled after it in % of those, (median of the advice in s, part without advice in %)"
    );
    table::head(&OnTrial::ALL.map(table::name));
    let mut trials = Vec::new();
    for (seconds, per_second) in [(20, 50), (60, 10), (60, 50)] {
        for (wander, resemblance) in [(0.0, 0.0), (0.1, 0.7), (0.1, 0.95), (0.25, 0.7)] {
            let system = Simulated { seconds, per_second, wander, resemblance, ..Simulated::default() };
            // scipy 1.17.1: norm.ppf of .995, .98, .9925 and .986
            for (times, errors) in [
                (0.8, 2.575_829_303_548_900_4),
                (1.2, 2.053_748_910_631_823),
                (0.9, 2.432_379_058_584_463_4),
                (1.1, 2.197_286_376_641_053),
            ] {
                trials.push((system, times, errors));
            }
        }
    }
    let advice = each(&trials, |at, (system, times, errors)| {
        let limits = Limits { errors: *errors, ..Limits::latencies(system, *times) };
        taken(system, limits, runs, at + 3000)
    });
    let mut wanted = Wanted::default();
    for ((system, times, _), of) in trials.iter().zip(&advice) {
        let columns = of.clone().map(|mut of| {
            of.tried.sort_by(f64::total_cmp);
            let median = of.tried.get(of.tried.len() / 2).copied().unwrap_or(f64::NAN);
            format!(
                "{} ({median:.0} {})",
                percent(of.rate()),
                percent(of.none as f64 / of.open.max(1) as f64)
            )
        });
        let system = Simulated { seconds: system.seconds, ..*system };
        println!("truth at {times} of the limit");
        table::row(&system, &columns);
        for (share, of) in OnTrial::ALL.iter().zip(of) {
            wanted.at_least(of.rate(), SETTLED, of.tried.len().max(1) as u64, || {
                format!("settled, {}, truth at {times}, {}", table::name(*share), table::cell(&system))
            });
        }
    }
    println!("wanted: {} % settled", percent(SETTLED));
    beyond_wanted(&wanted)
}

impl Advice {
    /// The part of the advice that came true; all of none.
    fn rate(&self) -> f64 {
        if self.tried.is_empty() { 1.0 } else { self.settled as f64 / self.tried.len() as f64 }
    }
}

fn taken(system: &Simulated, limits: Limits, runs: u64, number: usize) -> [Advice; 5] {
    let mut advice = [const { Advice { open: 0, none: 0, tried: Vec::new(), settled: 0 } }; 5];
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
