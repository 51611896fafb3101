//! Made-up runs, to see how often a verdict is wrong: what cannot be known of a real system is known of these.
//!
//! Latency is log-normal around a level that wanders within the run (an autoregression of order 1, by the second), and
//! starts elsewhere in each run (the deviation between runs), as measured runs do.

use loadline_measure::Trend;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Standard normal numbers, the same for the same seed.
#[derive(Debug)]
pub struct Normals {
    random: ChaCha8Rng,
    spare: Option<f64>,
}

/// A system whose runs are made up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Simulated {
    /// Median latency in milliseconds.
    pub median_ms: f64,
    /// The standard deviation of a latency's logarithm.
    pub spread: f64,
    /// The standard deviation of the level within a run, of its logarithm.
    pub wander: f64,
    /// The correlation of the level between neighbouring seconds.
    pub resemblance: f64,
    /// The standard deviation of the level between runs, of its logarithm: 0.05 for 5 %.
    pub between_runs: f64,
    /// Seconds of a run.
    pub seconds: u64,
    /// Requests in each.
    pub per_second: u64,
}

impl Default for Simulated {
    /// Two minutes at thirty requests per second, neighbouring seconds correlated by 0.7.
    fn default() -> Self {
        Self {
            median_ms: 50.0,
            spread: 0.5,
            wander: 0.1,
            resemblance: 0.7,
            between_runs: 0.0,
            seconds: 120,
            per_second: 30,
        }
    }
}

impl Simulated {
    /// The standard deviation of the logarithm of all latencies of runs that start alike.
    pub fn deviation(&self) -> f64 {
        self.spread.hypot(self.wander)
    }

    /// The latencies of one run, a trend for each second; all of them `slower` times as long.
    pub fn run(&self, normals: &mut Normals, slower: f64) -> Vec<Trend> {
        let start = self.between_runs * normals.draw();
        let mut level = self.wander * normals.draw();
        let step = self.wander * (1.0 - self.resemblance.powi(2)).sqrt();
        (0..self.seconds)
            .map(|_| {
                level = self.resemblance * level + step * normals.draw();
                let latency =
                    |normal: f64| self.median_ms * slower * (start + level + self.spread * normal).exp();
                let values: Vec<f64> = (0..self.per_second).map(|_| latency(normals.draw())).collect();
                Trend::of(&values, &[])
            })
            .collect()
    }
}

impl Normals {
    /// A sequence of its own for each seed.
    pub fn new(seed: u64) -> Self {
        Self { random: ChaCha8Rng::seed_from_u64(seed), spare: None }
    }

    /// The next number (Box and Muller, 1958).
    pub fn draw(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let uniform: f64 = 1.0 - self.random.random::<f64>();
        let (radius, angle) =
            ((-2.0 * uniform.ln()).sqrt(), std::f64::consts::TAU * self.random.random::<f64>());
        self.spare = Some(radius * angle.sin());
        radius * angle.cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_as_they_were_asked_for() {
        let mut normals = Normals::new(1);
        let run = Simulated::default().run(&mut normals, 1.1);
        assert_eq!(run.len(), 120);
        let all = run.into_iter().reduce(|mut all, second| {
            all.merge(&second);
            all
        });
        let all = all.unwrap();
        assert_eq!(all.count(), 3600);
        let median = all.med().unwrap();
        assert!((median / 55.0 - 1.0).abs() < 0.1, "{median}");
        // The 95th percentile of a log-normal: the deviations within and of the level add up in squares.
        let p95 = all.quantile(0.95).unwrap() / median;
        assert!(
            (p95 / (1.6449 * (0.5_f64.powi(2) + 0.1_f64.powi(2)).sqrt()).exp() - 1.0).abs() < 0.1,
            "{p95}"
        );
    }

    #[test]
    fn normals_are_normal() {
        let mut normals = Normals::new(2);
        let values: Vec<f64> = (0..20_000).map(|_| normals.draw()).collect();
        let mean = values.iter().sum::<f64>() / 20_000.0;
        let variance = values.iter().map(|value| value * value).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    }
}
