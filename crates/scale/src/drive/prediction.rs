//! What the simulator says of a drive before it begins: several simulations that differ in chance alone.

use super::decider::Decider;
use super::pace::Pace;
use crate::simulation::{Ledger, Lost, Observer, Scenario, ScenarioError, State, simulate};

/// What comes of a scenario, most probably; times in seconds of the policy unless they say otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// Replicas that are ready at the end of each second: the middle one of all simulations.
    pub ready: Vec<i32>,
    /// Replicas that are wanted.
    pub wanted: Vec<i32>,
    /// The 95th percentile of response times, in milliseconds of the clock; none where nothing was answered.
    pub p95_ms: Option<f64>,
    /// What the first of them came to.
    pub ledger: Ledger,
}

/// Simulates a scenario in the policy's time so often, each time with other chance, under the same policy.
///
/// # Errors
/// Where the scenario contradicts itself.
pub fn predict(
    scenario: &Scenario,
    policy: &Decider,
    pace: Pace,
    times: u64,
) -> Result<Prediction, ScenarioError> {
    let (mut curves, mut first) = (Vec::new(), None);
    for time in 0..times.max(1) {
        let seed = scenario.seed.wrapping_add(time);
        let scenario = Scenario { seed, followed_per_s: f64::INFINITY, ..scenario.clone() };
        let mut curve = Curve::default();
        let ledger = simulate(&scenario, &mut *policy.slowed(pace.factor()), &mut curve)?;
        first.get_or_insert(ledger);
        curves.push(curve);
    }
    let middle = |of: fn(&Curve) -> &Vec<i32>| -> Vec<i32> {
        (0..scenario.traffic.seconds())
            .map(|second| {
                let mut all: Vec<i32> =
                    curves.iter().filter_map(|curve| of(curve).get(second).copied()).collect();
                all.sort_unstable();
                all.get(all.len() / 2).copied().unwrap_or(0)
            })
            .collect()
    };
    let (ready, wanted) = (middle(|curve| &curve.ready), middle(|curve| &curve.wanted));
    let mut took_s: Vec<f64> = curves.iter().flat_map(|curve| curve.took_s.iter().copied()).collect();
    took_s.sort_unstable_by(f64::total_cmp);
    let rank = (0.95 * took_s.len() as f64).ceil() as usize;
    let p95_ms = took_s.get(rank.saturating_sub(1)).map(|took_s| took_s * 1000.0 / pace.factor());
    Ok(Prediction { ready, wanted, p95_ms, ledger: first.unwrap_or_default() })
}

/// What one simulation was like.
#[derive(Debug, Default)]
struct Curve {
    ready: Vec<i32>,
    wanted: Vec<i32>,
    took_s: Vec<f64>,
}

impl Observer for Curve {
    fn answered(&mut self, took_s: f64, times: u64) {
        self.took_s.extend((0..times).map(|_| took_s));
    }

    fn lost(&mut self, _: Lost, _: u64) {}

    fn second(&mut self, _: u64, state: &State) {
        self.ready.push(state.ready);
        self.wanted.push(state.wanted);
    }
}
