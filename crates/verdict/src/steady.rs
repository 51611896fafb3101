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
//!
//! An open model is given by its schedule: its users are as many as the service needs, so a service that slows down
//! would move its own plateau. There the level is that of arrivals, started or dropped.

use std::ops::Range;

use loadline_measure::{Run, Series, Sink};

/// Of the plateau, what is warm-up.
pub(crate) const WARM_UP: f64 = 0.1;
const LEVEL_QUANTILE: f64 = 0.9;
const AT_LEVEL: f64 = 0.95;

/// Arrivals in a stretch at least: fewer are as uneven as their schedule's grid.
const ARRIVALS: f64 = 20.0;

/// Longer runs than this have a steady part of which nobody needs to know the ends to the second: a month.
const LONGEST_S: u64 = 31 * 24 * 3600;

/// The steady part of a run: by its schedule where most of what it did had one, otherwise by its users.
pub(crate) fn steady_part(run: &Run) -> Range<u64> {
    let seconds = run.duration.as_secs_f64().ceil() as u64;
    if is_open(run) {
        return steady(&arrivals(run, seconds), seconds);
    }
    let users = run.schema().find("vus").map(|vus| run.gauge_seconds::<&str, &str>(vus, &[]));
    let users = users.and_then(|all| all.first().map(|(_, seconds)| *seconds)).unwrap_or_default();
    steady(users, seconds)
}

/// Whether most iterations had a schedule.
fn is_open(run: &Run) -> bool {
    let count = |name: &str| {
        let metric = run.schema().find(name)?;
        run.select::<&str, &str>(metric, &[]).map(|sink| sink.count())
    };
    let scheduled = count("iteration_lag").unwrap_or(0);
    scheduled > 0 && 2 * scheduled >= count("iterations").unwrap_or(0)
}

/// Arrivals per second, each as the mean of its stretch.
fn arrivals(run: &Run, seconds: u64) -> Vec<(u64, f64)> {
    let [lag, dropped] = ["iteration_lag", "dropped_iterations"].map(|name| run.schema().find(name));
    // A run that says it lasted for ever has no more seconds than it holds.
    let held = run.newest_second().map_or(0, |second| second + 1);
    let mut of_second = vec![0.0; seconds.min(held).min(LONGEST_S) as usize];
    let wanted: Vec<Series> = run
        .series()
        .map(|(series, ..)| series)
        .filter(|series| Some(series.metric) == lag || Some(series.metric) == dropped)
        .collect();
    for (second, window) in run.seconds_of(&wanted) {
        let Some(arrived) = of_second.get_mut(second as usize) else { continue };
        for (series, sink) in window.iter() {
            match sink {
                Sink::Trend(trend) if Some(series.metric) == lag => *arrived += trend.count() as f64,
                Sink::Counter(counter) if Some(series.metric) == dropped => *arrived += counter.sum,
                _ => {}
            }
        }
    }
    let rate = of_second.iter().sum::<f64>() / (seconds as f64).max(1.0);
    let stretch = ((ARRIVALS / rate.max(1e-9)).ceil() as usize).clamp(1, (of_second.len() / 10).max(1));
    let means = of_second.chunks(stretch).flat_map(|stretch| {
        let mean = stretch.iter().sum::<f64>() / stretch.len() as f64;
        stretch.iter().map(move |_| mean)
    });
    (0..).zip(means).collect()
}

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
