//! The loads of Runs, for models: a run of a steady load is one, a search has as many as it has steps.

use loadline_measure::{Run, Series, Sink, TagSetId, response_time};

use super::kept::{CAPACITY, HIGH, STEP_CARRIED, STEP_THROUGH, STEP_TOOK};
use crate::told::Loaded;

/// A second with so much more or less than the mean is of another load.
const OTHER_LOAD: f64 = 0.3;
/// So large a part of a run may be of other loads: it begins and it ends.
const BEGINS_AND_ENDS: f64 = 0.2;

/// What a Run measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Its loads.
    pub loads: Vec<Loaded>,
    /// The requests per second of its slow and its busy seconds (the first and the last tenth of them), where it was
    /// not of one load and its mean is of none.
    pub moved: Option<(f64, f64)>,
    /// The share of its requests that failed.
    pub failed: f64,
}

/// What a Run says that a system carries.
#[derive(Clone, Debug, PartialEq)]
pub struct Carries {
    /// How much.
    pub load: f64,
    /// In what it is counted: `requests/s`.
    pub unit: String,
    /// What has to be known of it.
    pub known: Knowing,
}

/// How well it is known what a system carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knowing {
    /// A search saw its line from both sides.
    Line,
    /// A search saw nothing break.
    AtLeast,
    /// It is what got through in a run, which is what was asked for where that was less.
    GotThrough,
}

/// Why a Run has no load.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotMeasured {
    /// Nothing got through.
    #[error("has no throughput: no request in it was answered")]
    NoThroughput,
    /// A search in which nothing was carried.
    #[error("is a search that found nothing to be carried")]
    NothingCarried,
    /// It says how many requests there were, and not how long they took.
    #[error("has no response times")]
    NoTimes,
}

/// The loads of a Run, and what should be known of them.
///
/// # Errors
/// When nothing got through in it, or no response times are in it.
pub fn measured(run: &Run) -> Result<Measured, NotMeasured> {
    let steps = steps(run);
    if !steps.is_empty() {
        return Ok(Measured { loads: steps, moved: None, failed: 0.0 });
    }
    let per_second = per_second(run);
    let total: f64 = per_second.iter().sum();
    if total <= 0.0 {
        return Err(NotMeasured::NoThroughput);
    }
    let all = |name: &str| run.select_where(run.schema().find(name)?, |_| true);
    let times = response_time(run.schema()).and_then(|metric| run.select_where(metric, |_| true));
    let Some(took_ms) = times.and_then(|sink| if let Sink::Trend(trend) = sink { trend.avg() } else { None })
    else {
        return Err(NotMeasured::NoTimes);
    };
    let failed = match all("http_req_failed") {
        Some(Sink::Rate(rate)) if rate.total > 0 => rate.passes as f64 / rate.total as f64,
        _ => 0.0,
    };
    let dropped = matches!(all("dropped_iterations"), Some(Sink::Counter(counter)) if counter.sum > 0.0);
    let seconds = (run.duration.as_secs_f64()).min(per_second.len() as f64).max(1.0);
    let per_s = total / seconds;
    let load = Loaded { per_s, took_s: took_ms / 1e3, carried: !dropped };
    Ok(Measured { loads: vec![load], moved: moved(&per_second, per_s), failed })
}

/// What a Run says that a system carries: the answer of a search, or what got through.
///
/// # Errors
/// When nothing was carried or got through in it.
pub fn carries(run: &Run) -> Result<Carries, NotMeasured> {
    let Some(load) = gauge(run, CAPACITY).last().map(|one| one.1) else {
        let load = measured(run)?.loads.first().map_or(0.0, |load| load.per_s);
        return Ok(Carries { load, unit: PER_S.to_owned(), known: Knowing::GotThrough });
    };
    if load <= 0.0 {
        return Err(NotMeasured::NothingCarried);
    }
    let known = if gauge(run, HIGH).is_empty() { Knowing::AtLeast } else { Knowing::Line };
    let unit = run.meta.figures.0.first().map_or_else(|| PER_S.to_owned(), |figure| figure.unit.clone());
    Ok(Carries { load, unit, known })
}

/// In what throughput is counted.
const PER_S: &str = "requests/s";

/// The values of a gauge without tags, each with its second.
fn gauge<'r>(run: &'r Run, name: &str) -> &'r [(u64, f64)] {
    let series = run.schema().find(name).map(|metric| Series { metric, tags: TagSetId::EMPTY });
    series.map_or(&[], |series| run.gauge(series))
}

/// The steps of a search.
fn steps(run: &Run) -> Vec<Loaded> {
    let (through, took, carried) =
        (gauge(run, STEP_THROUGH), gauge(run, STEP_TOOK), gauge(run, STEP_CARRIED));
    through
        .iter()
        .zip(took)
        .zip(carried)
        .map(|((through, took), carried)| Loaded {
            per_s: through.1,
            took_s: took.1 / 1e3,
            carried: carried.1 > 0.5,
        })
        .collect()
}

/// Requests of each second, from the first with any to the last.
fn per_second(run: &Run) -> Vec<f64> {
    let Some(requests) = run.schema().find("http_reqs") else { return Vec::new() };
    let mut counts: Vec<(u64, f64)> = Vec::new();
    for (second, window) in run.seconds() {
        let of = window.iter().filter(|(series, _)| series.metric == requests);
        let count: f64 =
            of.map(|(_, sink)| if let Sink::Counter(counter) = sink { counter.sum } else { 0.0 }).sum();
        if count > 0.0 {
            counts.push((second, count));
        }
    }
    let (Some(first), Some(last)) = (counts.first().copied(), counts.last().copied()) else {
        return Vec::new();
    };
    let mut all = vec![0.0; (last.0 - first.0) as usize + 1];
    for (second, count) in counts {
        all[(second - first.0) as usize] = count;
    }
    all
}

/// Between which loads it moved, if it was not of one.
fn moved(per_second: &[f64], mean: f64) -> Option<(f64, f64)> {
    let other = per_second.iter().filter(|count| (**count / mean - 1.0).abs() > OTHER_LOAD).count();
    let begins_and_ends = (per_second.len() as f64 * BEGINS_AND_ENDS).max(2.0);
    if other as f64 <= begins_and_ends {
        return None;
    }
    let mut sorted = per_second.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |part: f64| sorted[((sorted.len() - 1) as f64 * part) as usize];
    Some((at(0.1), at(0.9)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use loadline_measure::{Builtin, Recorder, RunMeta, Schema};

    use super::*;

    fn run(per_second: &[u64]) -> Run {
        let schema = Schema::new();
        let builtin = Builtin::define(&schema).unwrap();
        let mut recorder = Recorder::new(Arc::clone(&schema));
        let mut run = Run::new(RunMeta::default(), schema);
        for (second, count) in (0..).zip(per_second) {
            for _ in 0..*count {
                recorder.record(builtin.http_reqs, 1.0, TagSetId::EMPTY);
                recorder.record(builtin.response_time, 20.0, TagSetId::EMPTY);
                recorder.record(builtin.http_req_failed, 0.0, TagSetId::EMPTY);
            }
            run.push(second, recorder.take_window());
        }
        run.duration = std::time::Duration::from_secs(per_second.len() as u64);
        run
    }

    #[test]
    fn a_steady_run_is_one_load() {
        let measured = measured(&run(&[50; 10])).unwrap();
        let load = measured.loads[0];
        assert!((load.per_s - 50.0).abs() < 1e-9 && (load.under_way() - 1.0).abs() < 0.02, "{measured:?}");
        assert!(load.carried && measured.moved.is_none() && measured.failed == 0.0);
    }

    #[test]
    fn a_ramp_is_of_no_load_and_says_so() {
        let measured = measured(&run(&[10, 20, 30, 40, 50, 60, 70, 80, 90, 100])).unwrap();
        assert_eq!(measured.moved, Some((10.0, 90.0)));
    }

    #[test]
    fn a_run_without_answers_is_no_measurement() {
        assert_eq!(measured(&run(&[])), Err(NotMeasured::NoThroughput));
    }
}
