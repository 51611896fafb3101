//! Rates at moments, and the straight lines between them.

use std::time::Duration;

use loadline_units::duration_text;

use super::error::TrafficError;
use super::profile::{LONGEST_S, Profile};

/// So many times as far apart as usual is a gap.
const GAP: f64 = 3.0;

/// A rate at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    /// Seconds since the first one.
    pub(super) at_s: f64,
    pub(super) per_s: f64,
    /// Where it stands: a line.
    pub(super) place: usize,
}

/// The profile that points are of; `place` says in words where one of them stands.
pub(super) fn profile(
    started_unix_ms: i64,
    points: &[Point],
    bridge_gaps: bool,
    place: impl Fn(&Point) -> String,
) -> Result<Profile, TrafficError> {
    let mut notes = Vec::new();
    let usual = usual_step(points);
    for pair in points.windows(2) {
        let step = pair[1].at_s - pair[0].at_s;
        if step <= 0.0 {
            return Err(TrafficError::Backwards { at: place(&pair[1]) });
        }
        if step > GAP * usual {
            let words = |seconds: f64| duration_text(Duration::from_secs_f64(seconds));
            let (at, missing, usual) = (place(&pair[1]), words(step - usual), words(usual));
            if !bridge_gaps {
                return Err(TrafficError::Gap { at, missing, usual });
            }
            notes.push(format!("{at}: {missing} are missing before it, and bridged"));
        }
    }
    let mut profile = Profile::new(started_unix_ms, per_second(points, usual)?)?;
    profile.notes = notes;
    Ok(profile)
}

/// The median distance of two points, in seconds, the smaller of two; of a single point a minute.
fn usual_step(points: &[Point]) -> f64 {
    let mut steps: Vec<f64> =
        points.windows(2).map(|pair| pair[1].at_s - pair[0].at_s).filter(|step| *step > 0.0).collect();
    steps.sort_by(f64::total_cmp);
    steps.get(steps.len().saturating_sub(1) / 2).copied().unwrap_or(60.0)
}

fn per_second(points: &[Point], usual: f64) -> Result<Vec<f64>, TrafficError> {
    let end_s = points.last().map_or(0.0, |point| point.at_s) + usual;
    if end_s > LONGEST_S as f64 {
        return Err(TrafficError::TooLong);
    }
    let mut next = 0;
    let rate = |second: usize| {
        // The middle of the second stands for it.
        let at_s = second as f64 + 0.5;
        while next < points.len() && points[next].at_s <= at_s {
            next += 1;
        }
        match (next.checked_sub(1).and_then(|last| points.get(last)), points.get(next)) {
            (Some(last), Some(next)) => {
                let share = (at_s - last.at_s) / (next.at_s - last.at_s);
                last.per_s + share * (next.per_s - last.per_s)
            }
            (Some(last), None) => last.per_s,
            (None, Some(first)) => first.per_s,
            (None, None) => 0.0,
        }
    };
    Ok((0..(end_s.ceil() as usize).max(1)).map(rate).collect())
}
