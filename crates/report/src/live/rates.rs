//! Rates over the last seconds.
//!
//! One second is too short to show: a scenario whose iterations take three seconds would flicker between zero and
//! hundreds. Five seconds are calm and still quick enough to see a target fall over.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use loadline_measure::{MetricId, ScenarioProgress, Schema, Sink, TagSetId, Window};

const SECONDS: usize = 5;

/// What is shown of the last seconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rates {
    /// Requests per second; nothing for a run without HTTP.
    pub requests_per_s: Option<f64>,
    /// Completed iterations per second, of all scenarios.
    pub iterations_per_s: f64,
    /// The 95th percentile of request durations in milliseconds.
    pub latency_p95_ms: Option<f64>,
    /// Shares over all scenarios.
    pub total: Shares,
    /// By scenario name.
    pub scenarios: BTreeMap<String, ScenarioRates>,
}

/// What is shown of one scenario's last seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ScenarioRates {
    /// Completed iterations per second.
    pub iterations_per_s: f64,
    /// What failed.
    pub shares: Shares,
}

/// Shares of 1; nothing where nothing was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shares {
    /// Requests that failed.
    pub failed_requests: Option<f64>,
    /// Checks that did not hold.
    pub failed_checks: Option<f64>,
}

/// Keeps the last seconds and computes [`Rates`] from them.
#[derive(Debug, Default)]
pub(super) struct RecentSeconds {
    seconds: VecDeque<Second>,
    completed: BTreeMap<String, u64>,
    /// The scenario tag of each tag set seen, so that the schema is asked once.
    scenario_of: HashMap<TagSetId, Arc<str>>,
}

#[derive(Debug, Default)]
struct Second {
    latency: Option<Sink>,
    scenarios: BTreeMap<Arc<str>, Counts>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    iterations: u64,
    requests: u64,
    failed_requests: u64,
    judged_requests: u64,
    failed_checks: u64,
    checks: u64,
}

impl RecentSeconds {
    /// Takes in a second that is over and returns the rates including it.
    pub(super) fn push(&mut self, schema: &Schema, window: &Window, progress: &[ScenarioProgress]) -> Rates {
        let second = self.count(schema, window, progress);
        self.seconds.push_back(second);
        if self.seconds.len() > SECONDS {
            self.seconds.pop_front();
        }
        self.rates()
    }

    fn count(&mut self, schema: &Schema, window: &Window, progress: &[ScenarioProgress]) -> Second {
        let mut second = Second::default();
        let ids = Interesting::find(schema);
        for (series, sink) in window.iter() {
            let metric = Some(series.metric);
            if metric == ids.duration {
                match &mut second.latency {
                    Some(latency) => latency.merge(sink),
                    none => *none = Some(sink.clone()),
                }
                continue;
            }
            if metric != ids.requests && metric != ids.failed && metric != ids.checks {
                continue;
            }
            let scenario = self.scenario_of.entry(series.tags).or_insert_with(|| {
                Arc::from(schema.tag_set(series.tags).get("scenario").unwrap_or_default())
            });
            let counts = second.scenarios.entry(Arc::clone(scenario)).or_default();
            match sink {
                Sink::Counter(counter) => counts.requests += counter.sum as u64,
                Sink::Rate(rate) if metric == ids.failed => {
                    counts.failed_requests += rate.passes;
                    counts.judged_requests += rate.total;
                }
                Sink::Rate(rate) => {
                    counts.failed_checks += rate.fails();
                    counts.checks += rate.total;
                }
                Sink::Gauge(_) | Sink::Trend(_) => {}
            }
        }
        for scenario in progress {
            let before = self.completed.insert(scenario.name.clone(), scenario.completed).unwrap_or(0);
            let counts = second.scenarios.entry(Arc::from(scenario.name.as_str())).or_default();
            counts.iterations = scenario.completed.saturating_sub(before);
        }
        second
    }

    fn rates(&self) -> Rates {
        let seconds = self.seconds.len().max(1) as f64;
        let mut latency: Option<Sink> = None;
        let mut scenarios: BTreeMap<Arc<str>, Counts> = BTreeMap::new();
        for second in &self.seconds {
            if let Some(more) = &second.latency {
                match &mut latency {
                    Some(latency) => latency.merge(more),
                    none => *none = Some(more.clone()),
                }
            }
            for (name, counts) in &second.scenarios {
                scenarios.entry(Arc::clone(name)).or_default().add(*counts);
            }
        }
        let mut total = Counts::default();
        for counts in scenarios.values() {
            total.add(*counts);
        }
        Rates {
            requests_per_s: (total.requests > 0).then(|| total.requests as f64 / seconds),
            iterations_per_s: total.iterations as f64 / seconds,
            latency_p95_ms: latency.as_ref().and_then(Sink::as_trend).and_then(|trend| trend.quantile(0.95)),
            total: total.shares(),
            scenarios: scenarios
                .into_iter()
                .map(|(name, counts)| {
                    let rates = ScenarioRates {
                        iterations_per_s: counts.iterations as f64 / seconds,
                        shares: counts.shares(),
                    };
                    (name.to_string(), rates)
                })
                .collect(),
        }
    }
}

impl Counts {
    fn add(&mut self, other: Counts) {
        self.iterations += other.iterations;
        self.requests += other.requests;
        self.failed_requests += other.failed_requests;
        self.judged_requests += other.judged_requests;
        self.failed_checks += other.failed_checks;
        self.checks += other.checks;
    }

    fn shares(&self) -> Shares {
        let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        Shares {
            failed_requests: share(self.failed_requests, self.judged_requests),
            failed_checks: share(self.failed_checks, self.checks),
        }
    }
}

/// The metrics that the view is made of; none of them has to exist.
struct Interesting {
    requests: Option<MetricId>,
    failed: Option<MetricId>,
    checks: Option<MetricId>,
    duration: Option<MetricId>,
}

impl Interesting {
    fn find(schema: &Schema) -> Interesting {
        Interesting {
            requests: schema.find("http_reqs"),
            failed: schema.find("http_req_failed"),
            checks: schema.find("checks"),
            duration: schema.find("http_req_duration"),
        }
    }
}
