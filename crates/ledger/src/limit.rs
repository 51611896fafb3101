//! Which resource was used up when requests were slow.
//!
//! What limits is used up in the seconds in which requests are slow, and less so in those in which they are not; or it
//! is used up all the time. That both go together is an association, and no proof: how sure it is, is said beside it,
//! by the rank correlation over the seconds (Spearman, 1904), which asks for no shape.

use loadline_measure::{Run, Series, Sink, response_time};
use serde::Serialize;

use crate::ends::ends_by_second;

/// So much of it is used up.
const USED_UP: f64 = 0.85;
/// It was used less by so much in the calm seconds.
const ROSE: f64 = 0.1;
/// This part of the seconds is calm, and this part is slow.
const QUARTER: usize = 4;
/// Fewer seconds tell nothing.
const FEWEST_SECONDS: usize = 8;
/// A correlation that comes by chance once in a hundred times, in standard deviations.
const SURE: f64 = 2.576;

/// A resource that limits, most likely.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Limit {
    /// Whose, and of what: `this machine's CPU`.
    pub name: String,
    /// The part of it that was used in the slow seconds, from 0 to 1.
    pub slow: f64,
    /// … in the calm ones.
    pub calm: f64,
    /// How it goes together with response times over the seconds, from -1 to 1.
    pub correlation: f64,
    /// How many seconds that stands on.
    pub seconds: usize,
}

impl Limit {
    /// Whether it goes together with response times by more than chance.
    pub fn is_sure(&self) -> bool {
        let freedom = self.seconds as f64 - 2.0;
        let apart = (1.0 - self.correlation * self.correlation).max(1e-9);
        freedom > 0.0 && self.correlation * (freedom / apart).sqrt() >= SURE
    }
}

/// What limited a run, if anything that was sampled was used up when its requests were slow.
pub fn limit(run: &Run) -> Option<Limit> {
    let slowness = slowness(run);
    let resources = resources(run);
    let limits = resources.into_iter().filter_map(|(name, parts)| {
        let both: Vec<(f64, f64)> = slowness
            .iter()
            .filter_map(|(second, slow)| {
                let at = parts.binary_search_by_key(second, |(known, _)| *known).ok()?;
                Some((*slow, parts[at].1))
            })
            .collect();
        of(name, both)
    });
    // One that goes together with being slow before one that is used up all the time.
    limits.max_by(|a, b| {
        (a.is_sure(), a.slow).partial_cmp(&(b.is_sure(), b.slow)).unwrap_or(std::cmp::Ordering::Equal)
    })
}

/// Of how slow each second was, and how much of a resource was used in it.
fn of(name: String, mut both: Vec<(f64, f64)>) -> Option<Limit> {
    if both.len() < FEWEST_SECONDS {
        return None;
    }
    both.sort_by(|a, b| a.0.total_cmp(&b.0));
    let quarter = both.len() / QUARTER;
    let mean = |some: &[(f64, f64)]| some.iter().map(|(_, part)| part).sum::<f64>() / some.len() as f64;
    let (calm, slow) = (mean(&both[..quarter]), mean(&both[both.len() - quarter..]));
    let limit = Limit { name, slow, calm, correlation: correlation(&both), seconds: both.len() };
    let rose = slow - calm >= ROSE && limit.is_sure();
    (slow >= USED_UP && (rose || calm >= USED_UP)).then_some(limit)
}

/// Spearman's rank correlation.
fn correlation(both: &[(f64, f64)]) -> f64 {
    let ones = ranks(both.iter().map(|(one, _)| *one));
    let others = ranks(both.iter().map(|(_, other)| *other));
    let middle = (both.len() as f64 - 1.0) / 2.0;
    let product =
        |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - middle) * (b - middle)).sum::<f64>();
    let spread = (product(&ones, &ones) * product(&others, &others)).sqrt();
    if spread > 0.0 { product(&ones, &others) / spread } else { 0.0 }
}

/// The rank of each value, from 0; those that are equal share the mean of theirs.
fn ranks(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<(usize, f64)> = values.enumerate().collect();
    sorted.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut ranks = vec![0.0; sorted.len()];
    let mut from = 0;
    while from < sorted.len() {
        let to = sorted[from..].iter().take_while(|(_, value)| *value == sorted[from].1).count() + from;
        for (place, _) in &sorted[from..to] {
            ranks[*place] = (from + to - 1) as f64 / 2.0;
        }
        from = to;
    }
    ranks
}

/// The mean response time of each second that has answers, ascending.
fn slowness(run: &Run) -> Vec<(u64, f64)> {
    let Some(metric) = response_time(run.schema()) else { return Vec::new() };
    let series: Vec<Series> =
        run.series().map(|(series, ..)| series).filter(|series| series.metric == metric).collect();
    let mean = |window: &loadline_measure::Window| {
        let (count, sum) = window
            .iter()
            .filter_map(|(_, sink)| sink.as_trend())
            .fold((0, 0.0), |(count, sum), trend| (count + trend.count(), sum + trend.sum()));
        (count > 0).then(|| sum / count as f64)
    };
    run.seconds_of(&series).filter_map(|(second, window)| Some((second, mean(&window)?))).collect()
}

/// What was used of what has an end, in each second.
fn resources(run: &Run) -> Vec<(String, Vec<(u64, f64)>)> {
    let cores = f64::from(run.meta.host.cores.max(1));
    let mut found: Vec<(String, Vec<(u64, f64)>)> = Vec::new();
    for (series, tags, sink) in run.series() {
        let (name, most) = match (run.schema().metric(series.metric).name.as_str(), sink) {
            ("machine_cpu", Sink::Gauge(_)) => ("this machine's CPU".to_owned(), 1.0),
            ("generator_cpu", Sink::Gauge(_)) => ("the load generator's CPU".to_owned(), cores),
            ("process_cpu", Sink::Gauge(_)) => {
                (format!("{}'s CPU", tags.get("process").unwrap_or("a process")), cores)
            }
            _ => continue,
        };
        let parts = run.gauge(series).iter().map(|(second, value)| (*second, (value / most).clamp(0.0, 1.0)));
        found.push((name, parts.collect()));
    }
    found.extend(ends_by_second(run).into_iter().map(|end| (end.name, end.seconds)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(parts: impl Fn(u64) -> (f64, f64)) -> Option<Limit> {
        of("x".to_owned(), (0..40).map(parts).collect())
    }

    #[test]
    fn what_is_used_up_when_requests_are_slow_limits() {
        let limit = seconds(|n| (n as f64, 0.5 + 0.012 * n as f64)).unwrap();
        assert!(limit.is_sure() && limit.slow > 0.9 && limit.calm < 0.6, "{limit:?}");
        // Used up all the time.
        let always = seconds(|n| ((n * 7 % 40) as f64, 0.97 + (n * 13 % 7) as f64 * 0.001)).unwrap();
        assert!(!always.is_sure(), "{always:?}");
    }

    #[test]
    fn what_has_plenty_left_or_has_nothing_to_do_with_it_does_not() {
        assert_eq!(seconds(|n| (n as f64, 0.01 * n as f64)), None);
        assert_eq!(seconds(|n| (n as f64, if n < 20 { 0.95 } else { 0.2 })), None);
        assert_eq!(of("x".to_owned(), vec![(1.0, 1.0); 7]), None);
    }

    #[test]
    fn ranks_share_what_is_equal() {
        assert_eq!(ranks([3.0, 1.0, 3.0, 2.0].into_iter()), [2.5, 0.0, 2.5, 1.0]);
        let same: Vec<(f64, f64)> = (0..9).map(|n| (f64::from(n), f64::from(n * n))).collect();
        assert!((correlation(&same) - 1.0).abs() < 1e-12);
        let opposite: Vec<(f64, f64)> = (0..9).map(|n| (f64::from(n), -f64::from(n))).collect();
        assert!((correlation(&opposite) + 1.0).abs() < 1e-12);
    }
}
