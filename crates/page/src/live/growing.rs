//! A run that goes on, as a document, and what each second adds to it.
//!
//! It needs the windows of a run and not the run, so it can be anywhere: beside the run that is made, or where one is
//! read that somebody else makes. What it has said it keeps, so that whoever comes late is told all of it at once.
//!
//! It says less than the document of a run that is over: courses of the first rows that appear in place of those with
//! most samples, and sizes in levels that are the same for every run. When the run is over, that document takes its
//! place.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use loadline_measure::{MetricId, Run, RunEvents, RunMeta, Schema, Sink, Window, response_time};
use loadline_verdict::{Endpoints, Router};

use crate::document::{Document, Event, Heat, Metric, Outcome, Panel, VERSION, Verdict};
use crate::failures::{Changed, GrowingFailures};
use crate::make::{events, facts, is_shown, panel_of, panels};

use super::addition::{Addition, HeatStep, News};
use super::judgement::Judgement;
use super::ladder::Ladder;
use super::metric::GrownMetric;
use super::sizes::edges;

/// Steps of a course before two of them become one.
const MOST_STEPS: u64 = 1_200;
/// What else has all its rows in a table.
const FAILED: &str = "http_req_failed";

/// A run that goes on, as a document.
pub struct Live {
    /// What the run says of itself, without its seconds.
    about: Run,
    endpoints: Arc<Endpoints>,
    metrics: Vec<GrownMetric>,
    places: HashMap<MetricId, usize>,
    ladder: Ladder,
    failures: GrowingFailures,
    /// The metric of the heat map.
    spread: Option<usize>,
    newest: Option<u64>,
    judged: Option<Judgement>,
    /// How many of these are told: metrics, checks, failures.
    told: (usize, usize, usize),
    is_judged_anew: bool,
    /// Something happened that is not told yet.
    is_news: bool,
}

impl Live {
    /// A run that has begun. Its windows are of this schema.
    pub fn new(meta: RunMeta, schema: Arc<Schema>) -> Self {
        Self {
            endpoints: Arc::new(Endpoints::of_texts(&meta.endpoints)),
            about: Run::new(meta, schema),
            metrics: Vec::new(),
            places: HashMap::new(),
            ladder: Ladder::new(MOST_STEPS),
            failures: GrowingFailures::new(),
            spread: None,
            newest: None,
            judged: None,
            told: (0, 0, 0),
            is_judged_anew: false,
            is_news: false,
        }
    }

    /// Adds how the run is judged so far; it is told with the next second.
    pub fn judge(&mut self, judgement: Judgement) {
        self.judged = Some(judgement);
        self.is_judged_anew = true;
    }

    /// Takes up what happened to the run so far, its plan included; it is told with the next second.
    pub fn happened(&mut self, events: RunEvents) {
        self.about.meta.events = events;
        self.is_news = true;
    }

    /// Adds what was measured in a second.
    ///
    /// # Panics
    /// When the window is of another schema.
    pub fn take(&mut self, second: u64, window: &Window) -> News {
        self.learn(window);
        let mut sums: BTreeMap<usize, Sink> = BTreeMap::new();
        for (series, sink) in window.iter() {
            let Some(metric) = self.places.get(&series.metric) else { continue };
            self.metrics[*metric].add(series, sink, |row| match sums.get_mut(&row) {
                Some(sum) => sum.merge(sink),
                None => {
                    sums.insert(row, sink.clone());
                }
            });
        }
        let newest = self.newest.map_or(second, |newest| newest.max(second));
        self.newest = Some(newest);
        let is_longer = self.ladder.take(newest, sums.iter().map(|(row, sink)| (*row, sink)));
        let changed = self.failures.take(self.about.schema(), second, window);
        if is_longer {
            self.is_told();
            return News::Anew;
        }
        News::Added(Box::new(self.addition(newest, &changed)))
    }

    /// Takes up what this window has for the first time.
    fn learn(&mut self, window: &Window) {
        let (schema, endpoints) = (Arc::clone(self.about.schema()), Arc::clone(&self.endpoints));
        let mut router = None;
        for (series, _) in window.iter() {
            let at = match self.places.get(&series.metric) {
                Some(at) => *at,
                None => match self.add_metric(series.metric, &schema) {
                    Some(at) => at,
                    None => continue,
                },
            };
            let metric = &mut self.metrics[at];
            if !metric.knows(series) {
                let router = router.get_or_insert_with(|| Router::new(&endpoints));
                metric.learn(series, &schema.tag_set(series.tags), router, &mut self.ladder);
            }
        }
    }

    fn add_metric(&mut self, id: MetricId, schema: &Schema) -> Option<usize> {
        let defined = schema.metric(id);
        if !is_shown(&defined.name) {
            return None;
        }
        let is_spread = response_time(schema) == Some(id);
        let is_listed = is_spread || defined.name == FAILED;
        let description = self.about.description(&defined);
        let metric = GrownMetric::new(&defined, description, is_listed, &mut self.ladder);
        let at = self.metrics.len();
        if let Some(course) = metric.course().filter(|_| is_spread) {
            self.ladder.count_sizes_of(course);
            self.spread = Some(at);
        }
        self.metrics.push(metric);
        self.places.insert(id, at);
        Some(at)
    }

    fn addition(&mut self, newest: u64, changed: &Changed) -> Addition {
        let seconds = (newest + 1) as f64;
        let mut addition =
            Addition { duration_ms: seconds * 1_000.0, steps: self.ladder.steps(), ..Addition::default() };
        let known = self.told.0;
        for (at, metric) in self.metrics[..known].iter_mut().enumerate() {
            metric.tell(at, newest, &self.ladder, &mut addition);
        }
        addition.metrics = self.new_metrics(known, seconds);
        let is_judged_anew = std::mem::take(&mut self.is_judged_anew);
        if !addition.metrics.is_empty() {
            addition.panels = self.panels();
        }
        // A requirement that was told without its metric, because there was nothing of it yet, is told again.
        if is_judged_anew || !addition.metrics.is_empty() {
            addition.judged = self.judgement();
        }
        if std::mem::take(&mut self.is_news) {
            addition.events = Some((self.events(), self.about.meta.events.left_out()));
        }
        let sizes = self.spread.zip(self.ladder.open_sizes());
        addition.heat = sizes.map(|(metric, (step, cells))| HeatStep { step, cells, metric });
        let (_, checks, requests) = self.told;
        let GrowingFailures { checks: all_checks, requests: all_requests, left_out, .. } = &self.failures;
        addition.new_checks = all_checks[checks..].to_vec();
        addition.checks = changed
            .checks
            .range(..checks)
            .map(|at| (*at, &all_checks[*at]))
            .map(|(at, check)| (at, check.passes, check.fails, check.first_fail_s))
            .collect();
        addition.new_failures = all_requests[requests..].to_vec();
        addition.failures = changed
            .requests
            .range(..requests)
            .map(|at| (*at, &all_requests[*at]))
            .map(|(at, failure)| (at, failure.count, failure.first_s, failure.last_s))
            .collect();
        addition.failures_left_out = *left_out;
        self.told = (self.metrics.len(), self.failures.checks.len(), self.failures.requests.len());
        addition
    }

    fn new_metrics(&mut self, known: usize, seconds: f64) -> Vec<Metric> {
        let ladder = &self.ladder;
        let new = self.metrics[known..].iter_mut().map(|metric| {
            metric.choose_cuts();
            metric.is_told();
            metric.whole(ladder, seconds)
        });
        new.collect()
    }

    /// What is told anew is told whole.
    fn is_told(&mut self) {
        for metric in &mut self.metrics {
            metric.choose_cuts();
            metric.is_told();
        }
        self.is_judged_anew = false;
        self.is_news = false;
        self.told = (self.metrics.len(), self.failures.checks.len(), self.failures.requests.len());
    }

    fn judgement(&self) -> Option<Judgement> {
        let by_index: HashMap<usize, usize> =
            self.places.iter().map(|(id, place)| (id.index(), *place)).collect();
        self.judged.clone().map(|judged| judged.placed(|id| by_index.get(&id).copied()))
    }

    fn panels(&self) -> Vec<Panel> {
        panels(self.metrics.iter().map(|metric| panel_of(&metric.description)))
    }

    /// What happened, and all of its plan: the page shows it as the run comes to it.
    fn events(&self) -> Vec<Event> {
        events(&self.about, Duration::MAX)
    }

    /// All that there is to see of it by now: what was told so far.
    pub fn document(&self) -> Document {
        let seconds = self.newest.map_or(0.0, |newest| (newest + 1) as f64);
        let judged = self.judgement().unwrap_or_else(|| Judgement {
            verdict: Verdict { outcome: Outcome::NoData, words: "Not judged yet".to_owned() },
            requirements: Vec::new(),
            warnings: Vec::new(),
        });
        Document {
            version: VERSION,
            name: self.about.meta.name.clone(),
            started_unix_ms: self.about.meta.started_unix_ms,
            duration_ms: seconds * 1_000.0,
            step_s: self.ladder.step_s(),
            steps: self.newest.map_or(0, |_| self.ladder.steps()),
            verdict: judged.verdict,
            facts: facts(&self.about),
            warnings: judged.warnings,
            requirements: judged.requirements,
            panels: self.panels(),
            metrics: self.metrics.iter().map(|metric| metric.whole(&self.ladder, seconds)).collect(),
            heat: self.spread.map(|metric| Heat { metric, edges: edges(), cells: self.ladder.cells() }),
            checks: self.failures.checks.clone(),
            failures: self.failures.requests.clone(),
            failures_left_out: self.failures.left_out,
            events: self.events(),
            events_left_out: self.about.meta.events.left_out(),
            // Told when the run is over.
            ledger: Vec::new(),
            limit: String::new(),
        }
    }
}
