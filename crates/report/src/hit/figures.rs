//! A Run reduced to what is said about one target.

use std::collections::BTreeMap;
use std::time::Duration;

use loadline_measure::{MetricId, Run, Saturation, Sink, Steered, Trend};

use loadline_ledger::Reading;

use crate::caches::{CacheFigures, cache_figures};
use crate::data::per_second;
use crate::ledger::ledger_readings;

/// The percentiles that are shown, in percent.
pub const PERCENTILES: [f64; 6] = [50.0, 75.0, 90.0, 95.0, 99.0, 99.9];

/// k6's code of a request whose time was over.
const TIMED_OUT: &str = "1050";

/// Everything that is said about a run on one target.
#[derive(Clone, Debug, PartialEq)]
pub struct HitFigures {
    /// What was sent, as the Run is called: `GET http://…`.
    pub name: String,
    /// How long the load went on.
    pub duration: Duration,
    /// Why none of it can be trusted, if so.
    pub saturation: Option<Saturation>,
    /// What people made of the run while it went on, if they did.
    pub steered: Option<Steered>,
    /// Requests, answered or not.
    pub requests: u64,
    /// Requests without an answer, or with a status from 400.
    pub failed: u64,
    /// How many times requests were sent again, unseen, because the server closed a connection or had not begun with
    /// them.
    pub repeated: u64,
    /// Requests that were due and never sent, because too many were waiting already; open loops only.
    pub dropped: u64,
    /// Bytes sent.
    pub sent_bytes: f64,
    /// Bytes received.
    pub received_bytes: f64,
    /// Answers by status.
    pub statuses: BTreeMap<String, u64>,
    /// Requests without an answer, by what went wrong.
    pub errors: BTreeMap<String, u64>,
    /// The latency of answered requests, in milliseconds.
    pub latency: Trend,
    /// How long requests were waited for whose time was over, in milliseconds: at least so long an answer would have
    /// taken.
    pub given_up: Trend,
    /// What caches in front of the target did, where answers tell.
    pub caches: Option<CacheFigures>,
    /// How long the parts of a request took: connections are opened for some requests only.
    pub phases: Vec<HitPhase>,
    /// Where the time of the answers went.
    pub ledger: Vec<Reading>,
}

/// A part of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct HitPhase {
    /// `connect`, `TLS`, …
    pub name: &'static str,
    /// Its key in JSON.
    pub key: &'static str,
    /// Requests that had it.
    pub count: u64,
    /// Its mean over these, in milliseconds.
    pub mean: f64,
    /// Its 99th percentile over these.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

impl HitFigures {
    /// The figures of a run, whose latency was recorded as the metric `latency`.
    pub fn of(run: &Run, latency: &str) -> HitFigures {
        let id = |name: &str| run.schema().find(name);
        let sum = |name: &str| counter(run, id(name));
        let (mut statuses, mut errors) = (BTreeMap::new(), BTreeMap::new());
        for (series, tags, sink) in run.series() {
            let (Sink::Counter(counter), true) = (sink, Some(series.metric) == id("http_reqs")) else {
                continue;
            };
            let (list, key) = match tags.get("error") {
                Some(error) => (&mut errors, error),
                None => (&mut statuses, tags.get("status").unwrap_or_default()),
            };
            *list.entry(key.to_owned()).or_insert(0) += counter.sum as u64;
        }
        let failed = id("http_req_failed").and_then(|id| run.select::<&str, &str>(id, &[]));
        HitFigures {
            name: run.meta.name.clone(),
            duration: run.duration,
            saturation: run.meta.saturation.clone(),
            steered: run.meta.steered.clone(),
            requests: sum("http_reqs") as u64,
            failed: failed.as_ref().and_then(Sink::as_rate).map_or(0, |rate| rate.passes),
            repeated: sum("http_reqs_repeated") as u64,
            dropped: sum("dropped_iterations") as u64,
            sent_bytes: sum("data_sent"),
            received_bytes: sum("data_received"),
            statuses,
            errors,
            latency: trend(run, latency, &[]).unwrap_or_default(),
            given_up: trend(run, "http_req_duration", &[("error_code", TIMED_OUT)]).unwrap_or_default(),
            caches: cache_figures(run),
            phases: phases(run),
            ledger: ledger_readings(run),
        }
    }

    /// Answered requests per second.
    pub fn rate(&self) -> f64 {
        let unanswered: u64 = self.errors.values().sum();
        per_second(self.requests.saturating_sub(unanswered) as f64, self.duration)
    }

    /// The share of requests that failed.
    pub fn failed_share(&self) -> f64 {
        if self.requests == 0 { 0.0 } else { self.failed as f64 / self.requests as f64 }
    }
}

fn counter(run: &Run, id: Option<MetricId>) -> f64 {
    let sink = id.and_then(|id| run.select::<&str, &str>(id, &[]));
    sink.as_ref().and_then(Sink::as_counter).map_or(0.0, |counter| counter.sum)
}

fn trend(run: &Run, name: &str, tags: &[(&str, &str)]) -> Option<Trend> {
    let sink = run.select(run.schema().find(name)?, tags)?;
    sink.as_trend().cloned()
}

fn phases(run: &Run) -> Vec<HitPhase> {
    let names = [
        ("connect", "connecting", "http_req_connecting"),
        ("TLS handshake", "tls_handshaking", "http_req_tls_handshaking"),
        ("sending", "sending", "http_req_sending"),
        ("waiting", "waiting", "http_req_waiting"),
        ("receiving", "receiving", "http_req_receiving"),
    ];
    let phase = |(name, key, metric)| phase(name, key, &trend(run, metric, &[])?);
    names.into_iter().filter_map(phase).collect()
}

/// Nothing when no request had it: those on a kept connection count as zero.
fn phase(name: &'static str, key: &'static str, trend: &Trend) -> Option<HitPhase> {
    let zeros = match trend.raw() {
        Some(raw) => raw.iter().filter(|value| **value == 0.0).count() as u64,
        None => trend.histogram().zero,
    };
    let count = trend.count() - zeros;
    if count == 0 {
        return None;
    }
    // The zeros are the lowest ranks, so a quantile of the others is a higher one of all.
    let share = (zeros as f64 + 0.99 * (count - 1) as f64) / (trend.count() - 1).max(1) as f64;
    Some(HitPhase {
        name,
        key,
        count,
        mean: trend.sum() / count as f64,
        p99: trend.quantile(share.min(1.0)).unwrap_or_default(),
        max: trend.max().unwrap_or_default(),
    })
}
