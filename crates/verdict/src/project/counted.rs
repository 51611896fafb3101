//! What is counted of a part of a run, second by second, and what of it counts against each limit.

use loadline_measure::{Schema, Series, Sink, Trend};

use super::allowed::{Allowed, Quantity};
use super::budget::{ProjectBudget, Subject};
use crate::answers::Asked;
use crate::share::{Resemblance, Scores};
use crate::threshold::Operator;

/// One second of what a budget is on.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Second {
    pub(crate) number: u64,
    /// Values, requests or events.
    pub(crate) total: u64,
    /// Those of them that a share counts against the budget.
    pub(crate) bad: u64,
    /// Those of `bad` of which it is not sure, because nobody counted at the limit and their bucket lies on both sides.
    pub(crate) doubtful: u64,
    pub(crate) sum: f64,
    pub(crate) max: f64,
    /// Those of `total` that have no value because they were never answered.
    pub(crate) unanswered: u64,
}

/// Some series of one metric, in all of the run or its steady part.
pub(super) struct PartOfRun {
    pub(super) series: Vec<Series>,
    pub(super) steady_only: bool,
    /// Whether a budget on it shows a percentile of the whole part.
    pub(super) shows: bool,
    pub(super) seconds: Vec<Second>,
    pub(super) trend: Option<Trend>,
    pub(super) counts: Vec<Count>,
    /// Whether what was never answered counts, and whether what was never sent does.
    pub(super) wants: Wants,
    /// The requests of the subject, as `http_reqs` has them.
    pub(super) requests: Vec<Series>,
    pub(super) asked: Option<Asked>,
    /// Requests that were sent, and that were due and not sent, in each second.
    pub(super) sent: Vec<u64>,
    pub(super) lost: Vec<f64>,
    /// The latencies, where a share is judged.
    pub(super) scores: Option<Scores>,
    pub(super) resemblance: Option<Resemblance>,
}

/// What a budget counts beside the values there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Wants {
    /// Requests without an answer.
    pub(super) unanswered: bool,
    /// Requests that were due and never sent.
    pub(super) dropped: bool,
    /// The response times of an endpoint whose failures are judged: they show how its seconds resemble each other.
    pub(super) response_times: bool,
}

impl Wants {
    pub(super) fn of(budget: &ProjectBudget, schema: &Schema) -> Self {
        let unanswered = budget.counts_unanswered(schema);
        let fails =
            matches!(budget.subject, Subject::Endpoint(_)) && budget.allowed.quantity == Quantity::Errors;
        Self {
            unanswered,
            dropped: (unanswered || fails) && !budget.text.ignore_dropped,
            response_times: fails,
        }
    }
}

/// What a series is to a part of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Role {
    /// Its values are judged.
    Values,
    /// It counts requests that were sent.
    Sent,
    /// Each of what it counts stands for so many requests that were never sent.
    Lost(f64),
    /// Its latencies show how seconds resemble each other.
    Scored,
}

/// What counts against a limit, in each second of a part.
pub(super) struct Count {
    pub(super) rule: Rule,
    pub(super) bad: Vec<u64>,
    pub(super) doubtful: Vec<u64>,
}

/// What counts against a limit; limits are their bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Rule {
    Above { limit: u64, or_equal: bool },
    Passes,
    Fails,
}

impl Rule {
    pub(super) fn of(allowed: &Allowed) -> Option<Self> {
        match allowed.quantity {
            Quantity::Percentile(_) => Some(Self::Above {
                limit: allowed.limit.to_bits(),
                or_equal: allowed.operator == Operator::Less,
            }),
            Quantity::Errors | Quantity::Share | Quantity::HitRate => {
                Some(if allowed.is_floor() { Self::Fails } else { Self::Passes })
            }
            _ => None,
        }
    }
}

impl PartOfRun {
    pub(super) fn new(steady_only: bool, wants: Wants) -> Self {
        Self {
            wants,
            requests: Vec::new(),
            asked: None,
            sent: Vec::new(),
            lost: Vec::new(),
            scores: None,
            resemblance: None,
            series: Vec::new(),
            steady_only,
            shows: false,
            seconds: Vec::new(),
            trend: None,
            counts: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, number: u64, sink: &Sink, role: Role) {
        if self.seconds.last().is_none_or(|last| last.number != number) {
            if matches!(sink, Sink::Gauge(_)) {
                return;
            }
            self.seconds.push(Second { number, max: f64::NEG_INFINITY, ..Second::default() });
            self.sent.push(0);
            self.lost.push(0.0);
            for count in &mut self.counts {
                count.bad.push(0);
                count.doubtful.push(0);
            }
        }
        let (Some(second), Some(sent), Some(lost)) =
            (self.seconds.last_mut(), self.sent.last_mut(), self.lost.last_mut())
        else {
            return;
        };
        match (role, sink) {
            (Role::Scored, Sink::Trend(trend)) => {
                if let Some(scores) = &mut self.scores {
                    scores.add(number, trend);
                }
            }
            (Role::Sent, Sink::Counter(counter)) => *sent += counter.count,
            (Role::Lost(weight), Sink::Counter(counter)) => *lost += counter.sum * weight,
            (Role::Values, Sink::Trend(trend)) => {
                if self.shows && self.steady_only {
                    match &mut self.trend {
                        Some(all) => all.merge(trend),
                        none => *none = Some(trend.clone()),
                    }
                }
                if let Some(scores) = &mut self.scores {
                    scores.add(number, trend);
                }
                second.total += trend.count();
                second.sum += trend.sum();
                second.max = second.max.max(trend.max().unwrap_or(f64::NEG_INFINITY));
            }
            (Role::Values, Sink::Rate(rate)) => second.total += rate.total,
            (Role::Values, Sink::Counter(counter)) => {
                second.total += counter.count;
                second.sum += counter.sum;
            }
            _ => {}
        }
        if role == Role::Values {
            for count in &mut self.counts {
                let (bad, doubtful) = count.rule.bad(sink);
                if let (Some(of_bad), Some(of_doubtful)) = (count.bad.last_mut(), count.doubtful.last_mut()) {
                    *of_bad += bad;
                    *of_doubtful += doubtful;
                }
            }
        }
    }

    /// The seconds as a budget counts them: what was never answered is bad wherever it is a value at all.
    pub(super) fn seconds_with(&self, count: Option<&Count>) -> Vec<Second> {
        // Parts of a request are carried on, so that all of them together are right to the last.
        let mut carried = 0.0;
        let seconds = self.seconds.iter().enumerate().map(|(at, second)| {
            carried += self.lost[at];
            let lost = (carried + 0.5).floor().max(0.0);
            carried -= lost;
            let unanswered =
                if self.wants.unanswered { self.sent[at].saturating_sub(second.total) } else { 0 }
                    + lost as u64;
            Second {
                total: second.total + unanswered,
                bad: count.map_or(0, |count| count.bad[at]) + unanswered,
                doubtful: count.map_or(0, |count| count.doubtful[at]),
                unanswered,
                ..*second
            }
        });
        seconds.collect()
    }
}

impl Rule {
    /// How many values count against the limit, and of how many of them that is not sure.
    pub(super) fn bad(self, sink: &Sink) -> (u64, u64) {
        match (self, sink) {
            (Self::Passes, Sink::Rate(rate)) => (rate.passes, 0),
            (Self::Fails, Sink::Rate(rate)) => (rate.fails(), 0),
            (Self::Above { limit, or_equal }, Sink::Trend(trend)) => {
                beyond(trend, f64::from_bits(limit), or_equal)
            }
            _ => (0, 0),
        }
    }
}

/// How many values lie beyond a limit, and of how many of them that is not sure.
fn beyond(trend: &Trend, limit: f64, or_equal: bool) -> (u64, u64) {
    if let Some(counted) = trend.limit(limit) {
        return (counted.above + if or_equal { counted.equal } else { 0 }, 0);
    }
    // A limit that nobody counted at: a bucket that the limit lies in is all beyond it, which errs to the strict side.
    let histogram = trend.histogram();
    let mut all = (0, 0);
    for (index, count) in histogram.positive.iter() {
        let (lower, upper) = loadline_measure::bucket_bounds(index);
        // The lower bound is not of the bucket.
        if upper > limit || (or_equal && upper == limit) {
            all.0 += count;
            all.1 += if lower < limit { count } else { 0 };
        }
    }
    all
}
