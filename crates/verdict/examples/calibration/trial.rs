//! Runs of a cell, counted by what was said of them; cells on all processors.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use loadline_verdict::{Certainty, Judged, Limits, OnTrial, Simulated};

/// Of runs on a share: in what part of them what was said, of passes and of fails.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) certain: [f64; 2],
    pub(crate) likely: [f64; 2],
}

impl Tally {
    /// Certain or likely.
    pub(crate) fn at_least_likely(self) -> [f64; 2] {
        [0, 1].map(|side| self.certain[side] + self.likely[side])
    }
}

/// Judges so many runs of a cell, its own for each number.
pub(crate) fn tally(system: &Simulated, limits: Limits, runs: u64, number: usize) -> [Tally; 5] {
    let mut tallies = [Tally::default(); 5];
    for run in 0..runs {
        let inferred = Judged::new(*system, limits, seed(number, run)).infer().into_iter().flatten();
        for ((tally, share), inference) in tallies.iter_mut().zip(OnTrial::ALL).zip(inferred) {
            let side = usize::from(inference.share > share.permitted());
            match inference.certainty {
                Certainty::Certain => tally.certain[side] += 1.0 / runs as f64,
                Certainty::Likely => tally.likely[side] += 1.0 / runs as f64,
                Certainty::Open => {}
            }
        }
    }
    tallies
}

/// The seed of a run of a cell.
pub(crate) const fn seed(number: usize, run: u64) -> u64 {
    number as u64 * 1_000_003 + run
}

/// Does something with each, on as many threads as there are processors.
pub(crate) fn each<T: Sync, R: Send>(all: &[T], of: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::with_capacity(all.len()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(one) = all.get(at) else { break };
                    let result = of(at, one);
                    results.lock().expect("no thread panics while it holds it").push((at, result));
                }
            });
        }
    });
    let mut results = results.into_inner().expect("no thread panics while it holds it");
    results.sort_unstable_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}
