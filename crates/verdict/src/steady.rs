//! The steady part of a run: where a slope is judged.
//!
//! Memory rises while users arrive, connections open and caches fill, and falls when they leave. None of that is a
//! leak, so it is left out:
//!
//! 1. The level of the run is the 90th percentile of its seconds' `vus`: a spike of less than a tenth of the run does
//!    not lift it, a long ramp does not lower it.
//! 2. The plateau goes from the first to the last second in which at least 95 % of the level run.
//! 3. The first tenth of the plateau is warm-up.
//!
//! In a run whose users are constant the plateau is the whole run. A run that says nothing of `vus` is all plateau.

use std::ops::Range;

/// Of the plateau, what is warm-up.
pub(crate) const WARM_UP: f64 = 0.1;
const LEVEL_QUANTILE: f64 = 0.9;
const AT_LEVEL: f64 = 0.95;

/// The seconds of the steady part, for the users in each second and the number of seconds of the run.
pub(crate) fn steady(vus: &[(u64, f64)], seconds: u64) -> Range<u64> {
    let mut levels: Vec<f64> = vus.iter().map(|(_, users)| *users).collect();
    levels.sort_unstable_by(f64::total_cmp);
    let position = (LEVEL_QUANTILE * levels.len().saturating_sub(1) as f64) as usize;
    let enough = AT_LEVEL * levels.get(position).copied().unwrap_or(0.0);
    let at_level = |(_, users): &&(u64, f64)| *users >= enough;
    let plateau = match (vus.iter().find(at_level), vus.iter().rev().find(at_level)) {
        (Some((first, _)), Some((last, _))) => *first..last + 1,
        _ => 0..seconds,
    };
    let warm_up = ((plateau.end - plateau.start) as f64 * WARM_UP).ceil() as u64;
    plateau.start + warm_up..plateau.end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(users: impl Fn(u64) -> f64, seconds: u64, expected: Range<u64>) {
        let vus: Vec<(u64, f64)> = (0..seconds).map(|second| (second, users(second))).collect();
        assert_eq!(steady(&vus, seconds), expected);
    }

    #[test]
    fn constant_users_are_steady_after_the_warm_up() {
        check(|_| 100.0, 1200, 120..1200);
        check(|_| 0.0, 100, 10..100);
    }

    #[test]
    fn ramps_do_not_count() {
        // Two minutes up, twenty there, two down; 95 of 100 users are there after 114 s, and until 1326 s.
        let ramps = |second: u64| match second {
            0..120 => second as f64 / 1.2,
            120..1320 => 100.0,
            _ => (1440 - second) as f64 / 1.2,
        };
        check(ramps, 1440, 236..1327);
    }

    #[test]
    fn a_spike_does_not_lift_the_level_and_dips_do_not_end_the_plateau() {
        check(|second| if second == 300 { 5000.0 } else { 10.0 + (second % 3) as f64 }, 1000, 102..999);
    }

    #[test]
    fn without_users_everything_is_steady() {
        assert_eq!(steady(&[], 100), 10..100);
    }
}
