//! Sums as they grew over a run: what a second's end cuts off is made up for in the next one, so where a sum stood at
//! each moment says more than how much it grew in each second.
//!
//! A run may last a day and have thousands of statements, so a path keeps a bounded number of moments. Leaving out
//! every other one loses nothing of those that stay.

/// Moments that are kept of a path, at the most.
pub(super) const MOST: usize = 256;

/// A sum at the ends of windows.
#[derive(Clone, Debug, Default)]
pub(super) struct Path {
    /// Windows in which it grew, and where it stood after each.
    points: Vec<(u64, f64)>,
    /// The last of so many windows is kept, a power of two; as an exponent.
    coarse: u32,
}

impl Path {
    /// It grew by so much in a window, which comes after those that were added before.
    pub(super) fn add(&mut self, window: u64, growth: f64) {
        let end = self.end() + growth;
        match self.points.last_mut() {
            Some(last) if last.0 >> self.coarse == window >> self.coarse => *last = (window, end),
            _ => self.points.push((window, end)),
        }
        while self.points.len() > MOST {
            self.coarse += 1;
            let coarse = self.coarse;
            self.points.reverse();
            self.points.dedup_by_key(|(window, _)| *window >> coarse);
            self.points.reverse();
        }
    }

    /// Where it stands.
    pub(super) fn end(&self) -> f64 {
        self.points.last().map_or(0.0, |(_, end)| *end)
    }

    /// Where it stood at each of these moments: after so many windows, in order.
    pub(super) fn at(&self, moments: &[u64]) -> Vec<f64> {
        let mut points = self.points.iter().peekable();
        let mut stood = 0.0;
        let mut levels = Vec::with_capacity(moments.len());
        for moment in moments {
            while let Some((_, level)) = points.next_if(|(window, _)| window < moment) {
                stood = *level;
            }
            levels.push(stood);
        }
        levels
    }
}

/// The moments at which all paths of so many windows are known exactly: the last of them is the end.
pub(super) fn moments(windows: u64) -> Vec<u64> {
    let mut step = 1;
    while windows.div_ceil(step) > MOST as u64 {
        step *= 2;
    }
    let mut all: Vec<u64> = (1..=windows / step).map(|at| at * step).collect();
    if !windows.is_multiple_of(step) {
        all.push(windows);
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_path_is_exact_at_all_moments_however_long_it_is(
            windows in 1_u64..5_000,
            every in 1_u64..40,
            offset in 0_u64..40,
        ) {
            let mut path = Path::default();
            let grows = |window: u64| window % every == offset % every;
            for window in (0..windows).filter(|window| grows(*window)) {
                path.add(window, (window % 7) as f64);
            }
            let moments = moments(windows);
            prop_assert!(moments.len() <= MOST && path.points.len() <= MOST);
            prop_assert_eq!(moments.last(), Some(&windows));
            let mut sum = 0.0;
            let mut sums = vec![0.0];
            for window in 0..windows {
                sum += if grows(window) { (window % 7) as f64 } else { 0.0 };
                sums.push(sum);
            }
            let truth: Vec<f64> = moments.iter().map(|moment| sums[*moment as usize]).collect();
            prop_assert_eq!(path.at(&moments), truth);
        }
    }
}
