//! Requests that were never answered, beside those that were.
//!
//! A response time is of answered requests alone: one that was refused, timed out or never sent has none, and no figure
//! of a run may make one up for it. So the run records response times of answers, and here is what was asked beside
//! them: requests that were sent (`http_reqs`), and those that a schedule wanted and nobody was free to send
//! (`dropped_iterations`, as many requests each as an iteration of its scenario makes on average). Whatever of these
//! has no answer ranks above every limit.

use std::collections::HashMap;

use loadline_measure::{
    RESPONSE_TIME, RESPONSE_TIME_ASIDE, Run, Schema, Series, Sink, TagSet, response_time,
};
use loadline_units as units;

/// The metric of requests.
pub(crate) const REQUESTS: &str = "http_reqs";
/// Why an arrival was dropped for which there was no virtual user: the tag `cause` of `dropped_iterations`.
const NO_FREE_VU: &str = "no free VU";

/// What the response time is called in a run; one that was recorded before there was any has k6's metric in its place.
pub(crate) fn response_time_name(schema: &Schema) -> &'static str {
    match response_time(schema) {
        Some(_) if schema.find(RESPONSE_TIME_ASIDE).is_some() => RESPONSE_TIME_ASIDE,
        Some(_) => RESPONSE_TIME,
        None => "http_req_duration",
    }
}

/// Metrics that k6 records as zero for a request that had no answer.
pub(crate) fn is_zero_without_answer(metric: &str) -> bool {
    matches!(metric, "http_req_duration" | "http_req_sending" | "http_req_waiting" | "http_req_receiving")
}

/// Arrivals of a run that nobody was free for.
pub(crate) struct Dropped<'r> {
    run: &'r Run,
    /// By scenario, those in which any were.
    scenarios: HashMap<String, Scenario>,
    /// The series of dropped arrivals, and of which scenario they are.
    series: Vec<(Series, String)>,
}

#[derive(Default)]
struct Scenario {
    iterations: f64,
    dropped: f64,
}

impl<'r> Dropped<'r> {
    pub(crate) fn of(run: &'r Run) -> Self {
        let mut all = Self { run, scenarios: HashMap::new(), series: Vec::new() };
        let Some(metric) = run.schema().find("dropped_iterations") else { return all };
        for (series, tags, sink) in run.series().filter(|(series, ..)| series.metric == metric) {
            let counted = sink.as_counter().map_or(0.0, |counter| counter.sum);
            if counted > 0.0 && tags.get("cause").is_none_or(|cause| cause == NO_FREE_VU) {
                all.scenarios.entry(scenario(tags)).or_default().dropped += counted;
                all.series.push((series, scenario(tags)));
            }
        }
        if let (false, Some(metric)) = (all.scenarios.is_empty(), run.schema().find("iterations")) {
            for (_, tags, sink) in run.series().filter(|(series, ..)| series.metric == metric) {
                if let Some(known) = all.scenarios.get_mut(&scenario(tags)) {
                    known.iterations += sink.as_counter().map_or(0.0, |counter| counter.sum);
                }
            }
        }
        all
    }

    /// How many requests each dropped arrival of a series stands for, of those that these series of `http_reqs` count.
    /// One for each where no iteration came to its end and all requests are meant.
    pub(crate) fn weights(&self, requests: &[Series], everything: bool) -> Vec<(Series, f64)> {
        if self.series.is_empty() {
            return Vec::new();
        }
        let mut sent: HashMap<String, f64> = HashMap::new();
        for series in requests {
            let tags = self.run.schema().tag_set(series.tags);
            let counted =
                self.run.total(*series).and_then(Sink::as_counter).map_or(0.0, |counter| counter.sum);
            *sent.entry(scenario(&tags)).or_default() += counted;
        }
        let weight = |name: &String| {
            let known = &self.scenarios[name];
            match sent.get(name) {
                Some(sent) if known.iterations > 0.0 => sent / known.iterations,
                None if everything && known.iterations == 0.0 => 1.0,
                _ => 0.0,
            }
        };
        self.series
            .iter()
            .map(|(series, name)| (*series, weight(name)))
            .filter(|(_, weight)| *weight > 0.0)
            .collect()
    }

    /// How many requests were never sent, of those that these series of `http_reqs` count.
    pub(crate) fn requests(&self, requests: &[Series], everything: bool) -> u64 {
        let weights = self.weights(requests, everything);
        let lost = weights.iter().map(|(series, weight)| {
            weight * self.run.total(*series).and_then(Sink::as_counter).map_or(0.0, |counter| counter.sum)
        });
        lost.sum::<f64>().round() as u64
    }
}

fn scenario(tags: &TagSet) -> String {
    tags.get("scenario").unwrap_or_default().to_owned()
}

/// What was asked, of a selector or an endpoint.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Asked {
    /// Requests that were sent, or tried to be.
    pub(crate) sent: u64,
    /// Requests that were due and never sent.
    pub(crate) dropped: u64,
    /// What most of those without an answer had as their reason.
    pub(crate) why: Option<String>,
}

impl Asked {
    /// What these series of `http_reqs` say.
    pub(crate) fn of(run: &Run, requests: &[Series], dropped: u64) -> Self {
        let mut sent = 0;
        let mut reasons: HashMap<String, u64> = HashMap::new();
        for series in requests {
            let Some(counter) = run.total(*series).and_then(Sink::as_counter) else { continue };
            sent += counter.count;
            if let Some(error) = run.schema().tag_set(series.tags).get("error") {
                *reasons.entry(error.to_owned()).or_default() += counter.count;
            }
        }
        let worst =
            reasons.into_iter().max_by(|left, right| left.1.cmp(&right.1).then_with(|| right.0.cmp(&left.0)));
        Self { sent, dropped, why: worst.map(|(why, _)| crate::brief::brief(&why)) }
    }

    /// How many of these requests had an answer, by their tags.
    pub(crate) fn with_answer(run: &Run, requests: &[Series]) -> u64 {
        let of = |series: &Series| {
            let tags = run.schema().tag_set(series.tags);
            let answered = tags.get("error").is_none() && tags.get("status") != Some("0");
            if answered { run.total(*series).map_or(0, Sink::count) } else { 0 }
        };
        requests.iter().map(of).sum()
    }

    /// How many have no answer, when so many have one.
    pub(crate) fn unanswered(&self, answered: u64) -> u64 {
        self.sent.saturating_sub(answered) + self.dropped
    }

    /// Those without an answer, in words; empty when there are none.
    pub(crate) fn words(&self, answered: u64) -> String {
        let (missing, all) = (self.unanswered(answered), self.sent + self.dropped);
        if missing == 0 {
            return String::new();
        }
        let why = match (&self.why, self.sent.saturating_sub(answered), self.dropped) {
            (_, 0, _) => ": they were due, and no virtual user was free to send them".to_owned(),
            (why, _, dropped) => {
                let why = why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
                if dropped == 0 {
                    why
                } else {
                    format!("{why}, and {} were due and never sent", units::count(dropped))
                }
            }
        };
        format!("{} of {} requests were never answered{why}", units::count(missing), units::count(all))
    }
}
