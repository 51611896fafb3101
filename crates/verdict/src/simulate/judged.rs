//! Made-up runs that are judged: how often a certainty is false can only be known of them.
//!
//! A run goes on second by second, so that what it says of how much longer it should go on can be tried. Latencies
//! and errors are of one kind: normal scores, of a level and of their own, bad beyond a limit, and a truth is a limit
//! on that scale. Errors may follow the level of the latencies, or have one of their own that wanders as far.

use loadline_measure::Trend;

use super::runs::{Normals, Simulated};
use crate::share::{Counted, Inference, Scores, certainty};

/// A share that is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnTrial {
    /// At most 5 % of the latencies are above a limit.
    P95,
    /// At most 1 % of the latencies are above a limit.
    P99,
    /// At most 1 % of the requests fail; they do when it is slow.
    Errors,
    /// At most 1 % of the requests fail; their level is not that of the latencies.
    OtherErrors,
    /// The same, and no latencies are known.
    ErrorsAlone,
}

/// Beyond which normal score a value is bad.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// The limit of the 95th percentile.
    pub p95: f64,
    /// The limit of the 99th percentile.
    pub p99: f64,
    /// The score beyond which a request fails.
    pub errors: f64,
}

/// A run that is judged as it goes on.
#[derive(Debug)]
pub struct Judged {
    system: Simulated,
    limits: Limits,
    normals: Normals,
    level: f64,
    other: f64,
    seconds: u64,
    scores: Scores,
    /// For each share on trial but the last, the bad and all of each second.
    counts: [Vec<(u64, u64)>; 4],
}

impl OnTrial {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::P95, Self::P99, Self::Errors, Self::OtherErrors, Self::ErrorsAlone];

    /// The share that may be bad.
    pub const fn permitted(self) -> f64 {
        match self {
            Self::P95 => 0.05,
            Self::P99 | Self::Errors | Self::OtherErrors | Self::ErrorsAlone => 0.01,
        }
    }

    const fn counts(self) -> usize {
        match self {
            Self::P95 => 0,
            Self::P99 => 1,
            Self::Errors => 2,
            Self::OtherErrors | Self::ErrorsAlone => 3,
        }
    }
}

impl Limits {
    /// The truth exactly on the limit: the standard normal quantiles of .95 and .99 (scipy 1.17.1).
    pub const EXACT: Self =
        Self { p95: 1.644_853_626_951_472_2, p99: 2.326_347_874_040_840_8, errors: 2.326_347_874_040_840_8 };

    /// Limits that latencies have when they are so many times as long as at the exact limit.
    pub fn latencies(system: &Simulated, times: f64) -> Self {
        let nearer = times.ln() / system.deviation();
        Self { p95: Self::EXACT.p95 - nearer, p99: Self::EXACT.p99 - nearer, ..Self::EXACT }
    }
}

impl Judged {
    /// A run of so many seconds, its own for each seed.
    pub fn new(system: Simulated, limits: Limits, seed: u64) -> Self {
        let mut normals = Normals::new(seed);
        let (level, other) = (normals.draw(), normals.draw());
        let counts = [const { Vec::new() }; 4];
        let mut run =
            Self { system, limits, normals, level, other, seconds: 0, scores: Scores::default(), counts };
        run.go_on(system.seconds);
        run
    }

    /// So many seconds more.
    pub fn go_on(&mut self, seconds: u64) {
        let Simulated { wander, spread, resemblance, per_second, median_ms, .. } = self.system;
        let deviation = self.system.deviation();
        let fresh = (1.0 - resemblance.powi(2)).sqrt();
        let mut values = Vec::with_capacity(per_second as usize);
        for _ in 0..seconds {
            self.level = resemblance * self.level + fresh * self.normals.draw();
            self.other = resemblance * self.other + fresh * self.normals.draw();
            let score = |level: f64, own: f64| (wander * level + spread * own) / deviation;
            let mut bad = [0; 4];
            values.clear();
            for _ in 0..per_second {
                let latency = score(self.level, self.normals.draw());
                let own = self.normals.draw();
                bad[0] += u64::from(latency > self.limits.p95);
                bad[1] += u64::from(latency > self.limits.p99);
                bad[2] += u64::from(score(self.level, own) > self.limits.errors);
                bad[3] += u64::from(score(self.other, own) > self.limits.errors);
                values.push(median_ms * (latency * deviation).exp());
            }
            self.scores.add(self.seconds, &Trend::of(&values, &[]));
            self.seconds += 1;
            for (counts, bad) in self.counts.iter_mut().zip(bad) {
                counts.push((bad, per_second));
            }
        }
    }

    /// What the run says of each share, in the order of [`OnTrial::ALL`]; `None` of a run without requests.
    pub fn infer(&self) -> Option<[Inference; 5]> {
        let scores = self.scores.resemblance()?;
        let of = |share: OnTrial| {
            let counted = match share {
                OnTrial::P95 | OnTrial::P99 => Counted::Latencies(&scores),
                OnTrial::Errors | OnTrial::OtherErrors => Counted::Events(Some(&scores)),
                OnTrial::ErrorsAlone => Counted::Events(None),
            };
            certainty(&self.counts[share.counts()], counted, share.permitted(), 1.0)
        };
        let [p95, p99, errors, other, alone] = OnTrial::ALL.map(of);
        Some([p95?, p99?, errors?, other?, alone?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_as_they_were_asked_for() {
        let system = Simulated { seconds: 2000, per_second: 50, wander: 0.1, ..Simulated::default() };
        let run = Judged::new(system, Limits::EXACT, 3);
        for (share, inference) in OnTrial::ALL.iter().zip(run.infer().unwrap()) {
            let off = inference.share / share.permitted() - 1.0;
            assert!(off.abs() < 0.15, "{share:?} {inference:?}");
        }
        // Longer latencies, a nearer limit.
        assert!(Limits::latencies(&system, 1.2).p95 < Limits::EXACT.p95);
    }
}
