//! A simulated day as it is looked at: times of day, and what it was like from minute to minute.

use loadline_measure::{Run, Trend, response_time};
use loadline_scale::simulation::Scenario;

/// Seconds in a bin of the pictures' finest grain.
const MINUTE_S: u64 = 60;

/// What a minute was like.
#[derive(Debug, Clone, Default)]
pub(super) struct Minute {
    /// Requests per second that came.
    pub(super) per_s: f64,
    /// The most replicas that were ready.
    pub(super) replicas: f64,
    /// Response times.
    pub(super) times: Trend,
}

/// A time of the simulation, as people call it: `09:05:00`.
pub(super) fn clock(scenario: &Scenario, at_s: u64) -> String {
    let of_day = (scenario.traffic.started_unix_ms / 1000).rem_euclid(86_400) as u64 + at_s;
    let (day, rest) = (of_day / 86_400, of_day % 86_400);
    let clock = format!("{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60);
    if day == 0 { clock } else { format!("day {} {clock}", day + 1) }
}

/// Every minute of a simulated day.
pub(super) fn minutes(run: &Run) -> Vec<Minute> {
    let schema = run.schema();
    let (requests, ready, times) =
        (schema.find("requests_came"), schema.find("replicas_ready"), response_time(schema));
    let mut minutes: Vec<Minute> = Vec::new();
    for (second, window) in run.seconds() {
        let index = usize::try_from(second / MINUTE_S).unwrap_or(usize::MAX);
        if minutes.len() <= index {
            minutes.resize_with(index + 1, Minute::default);
        }
        let minute = &mut minutes[index];
        for (series, sink) in window.iter() {
            if Some(series.metric) == requests {
                minute.per_s += sink.as_counter().map_or(0.0, |counter| counter.sum) / MINUTE_S as f64;
            } else if Some(series.metric) == ready {
                minute.replicas = minute.replicas.max(sink.as_gauge().map_or(0.0, |gauge| gauge.last));
            } else if Some(series.metric) == times
                && let Some(trend) = sink.as_trend()
            {
                minute.times.merge(trend);
            }
        }
    }
    minutes
}

/// The stretches of minutes in which a percentile was above a limit, as first and last minute.
pub(super) fn above(minutes: &[Minute], quantile: f64, limit_ms: f64) -> Vec<(u64, u64)> {
    let mut stretches: Vec<(u64, u64)> = Vec::new();
    for (index, minute) in minutes.iter().enumerate() {
        if minute.times.quantile(quantile).is_some_and(|value| value > limit_ms) {
            match stretches.last_mut() {
                Some((_, last)) if *last + 1 == index as u64 => *last += 1,
                _ => stretches.push((index as u64, index as u64)),
            }
        }
    }
    stretches
}
