//! An outage as the users saw it, and the run without it.
//!
//! It begins with the second in which something was taken away, and ends with the last second in which more than one
//! request in a hundred failed. Requirements on speed and errors are for the rest of the run; that it ends, and soon,
//! is one of its own. A run without some of its seconds is a run, so the same judge serves.

use std::fmt;
use std::time::Duration;

use loadline_measure::{EventKind, Run, Sink, Window};

/// A second is bad when more than this share of its requests failed.
const TOLERATED: f64 = 0.01;

/// The seconds of an outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// The first of them.
    pub from: u64,
    /// The first one that is good again.
    pub until: u64,
    /// Requests that failed in between.
    pub failed: u64,
    /// Requests in between.
    pub requests: u64,
    /// Requests after it.
    pub afterwards: u64,
}

impl Outage {
    /// The outage of a run in which something was away from the beginning of this second on.
    pub fn of(run: &Run, from: u64) -> Self {
        let seconds = run.seconds().filter(|(second, _)| *second >= from).map(|(second, window)| {
            let (failed, requests) = failures(run, &window);
            (second, failed, requests)
        });
        let seconds: Vec<(u64, u64, u64)> = seconds.collect();
        let bad = |(_, failed, requests): &&(u64, u64, u64)| *failed as f64 > TOLERATED * *requests as f64;
        let until = seconds.iter().rfind(bad).map_or(from, |(second, _, _)| second + 1);
        let mut outage = Self { from, until, failed: 0, requests: 0, afterwards: 0 };
        for (second, failed, requests) in seconds {
            if second < until {
                outage.failed += failed;
                outage.requests += requests;
            } else {
                outage.afterwards += requests;
            }
        }
        outage
    }

    /// The one that began with the first restart of a run; none when nothing was restarted.
    pub fn on_purpose(run: &Run) -> Option<Self> {
        let restart = run.meta.events.iter().find(|event| event.kind == EventKind::Restart)?;
        Some(Self::of(run, restart.at_ms / 1_000))
    }

    /// How long it was.
    pub fn length(&self) -> Duration {
        Duration::from_secs(self.until - self.from)
    }

    /// The run without it.
    pub fn cut_out(&self, run: &Run) -> Run {
        let mut rest = Run::new(run.meta.clone(), run.schema().clone());
        for (second, window) in run.seconds() {
            if !(self.from..self.until).contains(&second) {
                rest.push(second, window);
            }
        }
        rest.duration = run.duration.saturating_sub(self.length());
        rest
    }
}

/// `an outage of 14 s from second 30 on`.
impl fmt::Display for Outage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an outage of {} s from second {} on", self.length().as_secs(), self.from)
    }
}

/// How many requests failed, of how many.
fn failures(run: &Run, window: &Window) -> (u64, u64) {
    let failed = run.schema().find("http_req_failed");
    match failed.and_then(|metric| window.select::<&str, &str>(run.schema(), metric, &[])) {
        Some(Sink::Rate(rate)) => (rate.passes, rate.total),
        _ => (0, 0),
    }
}

#[cfg(test)]
mod tests {
    use loadline_measure::{MetricKind, Rate, RunMeta, Schema, Series, TagSetId, ThresholdText, Unit};

    use super::*;
    use crate::budgets::Budgets;
    use crate::judge::judge;
    use crate::verdict::Outcome;

    fn run(seconds: &[(u64, u64)]) -> Run {
        let schema = Schema::new();
        let metric = schema.define("http_req_failed", MetricKind::Rate, Unit::Plain).unwrap();
        let mut run = Run::new(RunMeta::default(), schema);
        for (second, &(passes, total)) in seconds.iter().enumerate() {
            let mut window = Window::default();
            window.add(Series { metric, tags: TagSetId::EMPTY }, Sink::Rate(Rate { passes, total }));
            run.push(second as u64, window);
        }
        run
    }

    #[test]
    fn it_ends_with_the_last_bad_second() {
        let run = run(&[(1, 100), (0, 100), (90, 90), (0, 10), (5, 100), (1, 100), (0, 100)]);
        let outage = Outage::of(&run, 2);
        assert_eq!(outage, Outage { from: 2, until: 5, failed: 95, requests: 200, afterwards: 200 });
        assert_eq!(outage.length(), Duration::from_secs(3));
        let rest = outage.cut_out(&run);
        assert_eq!(rest.seconds().map(|(second, _)| second).collect::<Vec<_>>(), [0, 1, 5, 6]);
        assert_eq!(rest.duration, Duration::from_secs(4));
    }

    #[test]
    fn what_is_for_the_rest_of_a_run_is_judged_by_the_rest() {
        let mut run = run(&[(0, 100), (90, 100), (0, 100)]);
        let text = |expression: &str, outside_outage| ThresholdText {
            selector: "http_req_failed".to_owned(),
            expression: expression.to_owned(),
            outside_outage,
            ..ThresholdText::default()
        };
        run.meta.thresholds = vec![text("rate<0.01", true), text("rate<0.02", false)];
        let outcomes = |run: &Run| -> Vec<Outcome> {
            let verdicts = judge(run, &Budgets::of_run(run).unwrap());
            assert_eq!(
                verdicts[0].evidence.contains("an outage of 1 s from second 1 on"),
                verdicts[0].values == 200
            );
            verdicts.iter().map(|verdict| verdict.outcome).collect()
        };
        assert_eq!(outcomes(&run), [Outcome::Fail, Outcome::Fail], "nothing was restarted");
        run.meta.events.add(Duration::from_secs(1), EventKind::Restart, "the origin");
        assert_eq!(outcomes(&run), [Outcome::Pass, Outcome::Fail]);
    }

    #[test]
    fn none_was_seen() {
        let outage = Outage::of(&run(&[(50, 100), (0, 100), (1, 100)]), 1);
        assert_eq!((outage.length(), outage.failed, outage.afterwards), (Duration::ZERO, 0, 200));
    }
}
