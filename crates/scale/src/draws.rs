//! Random numbers of a simulation: the same for the same seed, on every machine.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A sequence of random numbers.
#[derive(Debug, Clone)]
pub(crate) struct Draws {
    random: ChaCha8Rng,
    spare: Option<f64>,
}

impl Draws {
    /// The sequence of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: ChaCha8Rng::seed_from_u64(seed), spare: None }
    }

    /// Evenly from 0 to below 1.
    #[inline]
    pub(crate) fn uniform(&mut self) -> f64 {
        self.random.random()
    }

    /// One of so many, each as likely.
    #[inline]
    pub(crate) fn below(&mut self, number: usize) -> usize {
        ((self.uniform() * number as f64) as usize).min(number.saturating_sub(1))
    }

    /// Exponential with mean 1.
    #[inline]
    pub(crate) fn exponential(&mut self) -> f64 {
        -(1.0 - self.uniform()).ln()
    }

    /// Standard normal (Box and Muller, 1958).
    pub(crate) fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = (2.0 * self.exponential()).sqrt();
        let (sine, cosine) = (std::f64::consts::TAU * self.uniform()).sin_cos();
        self.spare = Some(radius * sine);
        radius * cosine
    }
}
