//! Random numbers of a simulation: the same for the same seed, on every machine.
//!
//! Three of four draws are of an exponential or a normal distribution, and a simulated day draws ten million of them.
//! By Marsaglia and Tsang's ziggurat nearly all of them take a table look-up and a multiplication, in place of a
//! logarithm or a sine.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use rand_distr::{Exp1, StandardNormal};

/// A sequence of random numbers.
#[derive(Debug, Clone)]
pub(crate) struct Draws {
    random: Xoshiro256PlusPlus,
}

impl Draws {
    /// The sequence of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: Xoshiro256PlusPlus::seed_from_u64(seed) }
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
        self.random.sample(Exp1)
    }

    /// Standard normal.
    #[inline]
    pub(crate) fn normal(&mut self) -> f64 {
        self.random.sample(StandardNormal)
    }
}
