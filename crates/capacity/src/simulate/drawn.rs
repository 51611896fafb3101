//! Services drawn by chance, so that a search is not judged by the few that it was tuned on.
//!
//! Of each kind as many as wanted: 1 to 64 workers, service times of 1 to 200 ms of every law, budgets from little more
//! than an idle service keeps to twenty times the service time, searches that begin far below their line or close to
//! it. Lines are bisected over long simulations. Services of less than 40 requests per second at full use are left out
//! (nothing that is counted in minutes says anything of them to five per cent), and so are those of more than 2,000,
//! which take long to simulate.

use super::chance::{Chance, Law};
use super::service::Kind;
use super::trial::{Trial, truth};
use crate::search::Terms;

/// What is drawn.
pub const KINDS: [&str; 11] = [
    "exponential",
    "fixed",
    "heavy tail",
    "rate limiter",
    "connection limit",
    "lock",
    "warming cache",
    "leak",
    "shedder",
    "loose budget",
    "does not recover",
];

/// What one draw may carry at full use, in requests per second.
const LEAST_PER_S: f64 = 40.0;
const MOST_PER_S: f64 = 2_000.0;

/// A service and its line.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// The search on it.
    pub trial: Trial,
    /// The rate at which it just keeps its budgets, per second.
    pub truth: f64,
}

/// A service of a kind, by its place in [`KINDS`]. Its line is `known`, or bisected over so many requests each.
pub fn drawn(place: usize, seed: u64, known: Result<f64, u64>) -> Drawn {
    let mut chance = Chance::new(seed.wrapping_mul(31).wrapping_add(place as u64));
    let name = KINDS[place];
    let law = match name {
        "fixed" => 1,
        "heavy tail" => 2,
        "loose budget" | "does not recover" | "exponential" => 0,
        _ => (chance.uniform() * 3.0) as usize,
    };
    let (workers, mean) = station(&mut chance);
    let service = of_law(law, mean);
    // What 95 of 100 requests keep on an idle service, in service times.
    let idle = [3.0, 1.0, 3.5][law];
    let times = match name {
        "loose budget" => between(&mut chance, 15.0, 40.0),
        _ => (idle * between(&mut chance, 1.3, 7.0)).clamp(1.5, 20.0),
    };
    let p95_s = mean * times;
    let full = workers as f64 / mean;
    // The kind, the one whose line it has, and where that is at most.
    let (kind, settled, most) = match name {
        "rate limiter" => {
            let kind = Kind::RateLimiter { per_s: full, at_once: (full * 0.1).max(1.0) };
            (kind, kind, full * 1.05)
        }
        "connection limit" => {
            let kind = Kind::ConnectionLimit { limit: workers.max(4), service };
            (kind, kind, full.max(4.0 / mean) * 1.05)
        }
        "lock" => {
            let held = 1.0 / between(&mut chance, LEAST_PER_S, MOST_PER_S.min(800.0));
            let kind = Kind::Lock { held: of_law(law, held), beside: of_law(law, held * 2.5) };
            return finish(kind, kind, held * 3.5 * times.max(5.0), 1.0 / held, &mut chance, known);
        }
        "warming cache" => {
            let rest = between(&mut chance, 0.1, 0.4);
            let (hit, miss) = (mean * 0.3, mean * 3.0);
            let filled = rest * miss + (1.0 - rest) * hit;
            let fills_in = between(&mut chance, 0.5, 10.0) * workers as f64 / filled;
            let kind = Kind::WarmingCache {
                workers,
                hit: of_law(law, hit),
                miss: of_law(law, miss),
                fills_in,
                rest,
            };
            let settled = Kind::WarmingCache {
                workers,
                hit: of_law(law, hit),
                miss: of_law(law, miss),
                fills_in: 1e-3,
                rest,
            };
            return finish(
                kind,
                settled,
                miss * idle * between(&mut chance, 1.3, 4.0),
                workers as f64 / filled,
                &mut chance,
                known,
            );
        }
        "leak" => {
            let breaks_after = (full * between(&mut chance, 15.0, 60.0)) as u64;
            let kind = Kind::Leak { workers, service, breaks_after };
            let slower = Kind::Workers { workers, service: of_law(law, mean * 1.5) };
            return finish(kind, slower, p95_s * 1.5, full / 1.5, &mut chance, known);
        }
        "shedder" => {
            let most_wait_s = mean * between(&mut chance, 1.0, 6.0);
            let kind = Kind::Shedder { workers, service, most_wait_s };
            let p95_s = (p95_s + most_wait_s).max(p95_s);
            return finish(kind, kind, p95_s, full, &mut chance, known);
        }
        "does not recover" => {
            let kind =
                Kind::Metastable { workers, service, tips_at_s: p95_s * between(&mut chance, 4.0, 6.0) };
            (kind, Kind::Workers { workers, service }, full)
        }
        _ => {
            let kind = Kind::Workers { workers, service };
            (kind, kind, full)
        }
    };
    finish(kind, settled, p95_s, most, &mut chance, known)
}

fn finish(
    kind: Kind,
    settled: Kind,
    p95_s: f64,
    most: f64,
    chance: &mut Chance,
    known: Result<f64, u64>,
) -> Drawn {
    let terms = Terms { start: 1.0, max: most * 100.0, at_most_s: 300.0, whole: false, burst: true };
    let mut trial = Trial { kind: settled, p95_s, errors: 0.01, terms, evenly: false, stalls: None };
    let truth = known.unwrap_or_else(|requests| truth(&trial, (most * 0.02, most * 1.05), requests));
    trial.kind = kind;
    trial.terms.start = truth * between(chance, 0.02, 0.6);
    Drawn { trial, truth }
}

/// So many workers with so long a service time.
fn station(chance: &mut Chance) -> (usize, f64) {
    loop {
        let workers = between(chance, 1.0, 65.0) as usize;
        let mean = between(chance, 0.001, 0.2);
        if (LEAST_PER_S..=MOST_PER_S).contains(&(workers as f64 / mean)) {
            return (workers, mean);
        }
    }
}

const fn of_law(law: usize, mean: f64) -> Law {
    match law {
        0 => Law::Exponential(mean),
        1 => Law::Fixed(mean),
        _ => Law::HeavyTailed(mean),
    }
}

/// Between two numbers, each factor as likely.
fn between(chance: &mut Chance, low: f64, high: f64) -> f64 {
    low * (high / low).powf(chance.uniform())
}

#[cfg(test)]
mod tests {
    use super::super::trial::share_beyond;
    use super::*;

    #[test]
    fn a_draw_breaks_its_budgets_above_its_line() {
        for (place, name) in KINDS.into_iter().enumerate() {
            let Drawn { trial, truth } = drawn(place, 3, Err(4_000));
            assert!(truth > 0.0 && trial.terms.start < truth, "{name} {truth}");
            // A leak breaks after more requests than these.
            if name != "leak" {
                let (late, failed) = share_beyond(&trial, truth * 1.5, 10_000, 9);
                assert!(late > 0.05 || failed > 0.01, "{name} at {truth}: {late} {failed}");
            }
        }
    }
}
