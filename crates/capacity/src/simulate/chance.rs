//! Chance that is the same on every machine: a seed gives a sequence (`ChaCha8`), and laws of times are drawn from it.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A seeded sequence of chances.
#[derive(Clone, Debug)]
pub struct Chance(ChaCha8Rng);

/// How long things take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Law {
    /// Always as long, in seconds.
    Fixed(f64),
    /// Exponential, with this mean in seconds.
    Exponential(f64),
    /// Mostly short and rarely very long: lognormal with this mean in seconds and σ = 1.2, whose squared coefficient of
    /// variation is 3.2.
    HeavyTailed(f64),
}

const SIGMA: f64 = 1.2;

impl Law {
    /// The same, so many times as fast.
    #[must_use]
    pub const fn faster(self, times: f64) -> Self {
        match self {
            Self::Fixed(time) => Self::Fixed(time / times),
            Self::Exponential(mean) => Self::Exponential(mean / times),
            Self::HeavyTailed(mean) => Self::HeavyTailed(mean / times),
        }
    }
}

impl Chance {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number from 0 (included) to 1 (not included).
    pub fn uniform(&mut self) -> f64 {
        self.0.random::<f64>()
    }

    /// A time by a law, in seconds.
    pub fn time(&mut self, law: Law) -> f64 {
        match law {
            Law::Fixed(time) => time,
            Law::Exponential(mean) => -mean * (1.0 - self.uniform()).ln(),
            Law::HeavyTailed(mean) => {
                // Box and Muller, 1958.
                let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
                let normal = radius * (std::f64::consts::TAU * self.uniform()).cos();
                mean * (SIGMA * normal - SIGMA * SIGMA / 2.0).exp()
            }
        }
    }
}
