//! Moments in which the whole machine stands still, the load generator and the service alike: somebody else compiles,
//! a virtual machine is moved, a disk hangs. What was due meanwhile goes out all at once behind it, and counts from
//! when it was due.

use super::chance::{Chance, Law};

/// How often the machine stands still, and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stalls {
    /// One stall, in seconds.
    pub lasts_s: f64,
    /// From one to the next on average, in seconds; by chance.
    pub every_s: f64,
}

/// Times that are nearer to each other are the same.
const SAME_S: f64 = 1e-9;

/// The moments of one search, in their order: when each begins, in seconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Moments {
    begin_s: Vec<f64>,
    lasts_s: f64,
}

impl Moments {
    /// Those of a seed, for so long.
    pub(super) fn of(stalls: Option<Stalls>, until_s: f64, seed: u64) -> Self {
        let Some(Stalls { lasts_s, every_s }) = stalls else { return Self::default() };
        let mut chance = Chance::new(seed);
        let mut begin_s = Vec::new();
        let mut at = chance.time(Law::Exponential(every_s));
        while at < until_s {
            begin_s.push(at);
            at += lasts_s + chance.time(Law::Exponential(every_s));
        }
        Self { begin_s, lasts_s }
    }

    /// How much time has passed for the machine, of a time on the wall.
    pub(super) fn machine_s(&self, wall_s: f64) -> f64 {
        let before = self.begin_s.iter().take_while(|begin| **begin < wall_s);
        wall_s - before.map(|begin| (wall_s - begin).min(self.lasts_s)).sum::<f64>()
    }

    /// When that is on the wall.
    pub(super) fn wall_s(&self, machine_s: f64) -> f64 {
        let mut wall_s = machine_s;
        for begin in &self.begin_s {
            if *begin >= wall_s - SAME_S {
                break;
            }
            wall_s += self.lasts_s;
        }
        wall_s
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_due_in_a_stall_goes_out_behind_it() {
        let moments = Moments { begin_s: vec![10.0, 20.0], lasts_s: 0.5 };
        assert_eq!([9.0, 10.2, 10.5, 11.0].map(|at| moments.machine_s(at)), [9.0, 10.0, 10.0, 10.5]);
        // What would have been done at 10.1 is done at 10.6.
        assert!((moments.wall_s(10.1) - 10.6).abs() < 1e-9);
        assert!((moments.wall_s(19.9) - 20.9).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn a_time_of_the_machine_comes_back_from_the_wall(seed in 0..1000_u64, at in 0.0..300.0_f64) {
            let stalls = Stalls { lasts_s: 0.2, every_s: 7.0 };
            let moments = Moments::of(Some(stalls), 1000.0, seed);
            prop_assert!((moments.machine_s(moments.wall_s(at)) - at).abs() < 1e-6);
            prop_assert!(moments.wall_s(moments.machine_s(at)) <= at + 1e-6);
        }
    }
}
