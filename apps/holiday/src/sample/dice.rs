//! Seeded randomness whose every number is the same on every machine.
//!
//! Only integer arithmetic and exact floating-point operations are used on top of `ChaCha8`: no logarithm or cosine, whose last bit
//! differs between C libraries, and no distribution of a library, whose algorithm may change with its version.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// A stream of random numbers.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    pub(super) fn new(seed: u64, stream: u64) -> Dice {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Dice(generator)
    }

    /// A whole number from 0 up to, not including, `limit`; `limit > 0`.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        // Lemire's multiply-shift without its rejection step: the bias at these limits is under 2⁻⁴⁰.
        ((u128::from(self.0.next_u64()) * u128::from(limit)) >> 64) as u64
    }

    /// A number from 0 up to, not including, 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// One of these; the list is not empty.
    pub(super) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len() as u64) as usize]
    }

    /// A point in the unit disc, uniformly, by rejection.
    pub(super) fn in_disc(&mut self) -> (f64, f64) {
        loop {
            let (x, y) = (2.0 * self.unit() - 1.0, 2.0 * self.unit() - 1.0);
            if x * x + y * y < 1.0 {
                return (x, y);
            }
        }
    }
}
