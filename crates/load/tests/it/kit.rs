//! What the tests share: a log of iterations, an observer that keeps everything, and short ways to say a plan.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use loadline_load::{
    Control, Directive, EngineError, Executor, GeneratorLoad, Iteration, Observer, Outcome, Plan, Program,
    Scenario, Settings, Stage, Stuck, run_local,
};
use loadline_measure::{MetricId, ScenarioProgress, Schema, Sink, Window};
use tokio::time::Instant;

/// What iterations tell: when (in milliseconds since their scenario's start) and who.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Start {
    pub(crate) at_ms: u64,
    pub(crate) scenario: String,
    pub(crate) vu: u64,
    pub(crate) in_vu: u64,
    pub(crate) in_test: u64,
}

/// Collects starts from any thread.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<Start>>>);

impl Log {
    pub(crate) fn note(&self, it: &Iteration) {
        let start = it.scenario.started_at().unwrap();
        self.0.lock().unwrap().push(Start {
            at_ms: Instant::now().saturating_duration_since(start).as_millis() as u64,
            scenario: it.scenario.definition().name.clone(),
            vu: it.vu.in_instance,
            in_vu: it.in_vu,
            in_test: it.in_test,
        });
    }

    /// All starts in order.
    pub(crate) fn starts(&self) -> Vec<Start> {
        let mut starts = self.0.lock().unwrap().clone();
        starts.sort();
        starts
    }

    /// The instants of all starts in order.
    pub(crate) fn instants(&self) -> Vec<u64> {
        self.starts().iter().map(|start| start.at_ms).collect()
    }

    /// The starts of each instant as (instant, count).
    pub(crate) fn counts(&self) -> Vec<(u64, usize)> {
        let mut counts: Vec<(u64, usize)> = Vec::new();
        for at in self.instants() {
            match counts.last_mut() {
                Some((last, count)) if *last == at => *count += 1,
                _ => counts.push((at, 1)),
            }
        }
        counts
    }
}

/// What a thread can wait at until it is let go.
pub(crate) type Gate = (Mutex<bool>, Condvar);

/// Keeps everything that it is told.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) seconds: Vec<(u64, Window, Vec<ScenarioProgress>)>,
    pub(crate) initialised: Vec<(u64, u64)>,
    pub(crate) loads: Vec<GeneratorLoad>,
    pub(crate) stuck: Vec<Stuck>,
    /// What a stuck user waits for, and how to end the run then.
    pub(crate) release: Option<(Arc<Gate>, Control)>,
    /// Stops the run at this second.
    pub(crate) stop_at: Option<u64>,
}

impl Observer for Kept {
    fn initialising(&mut self, done: u64, total: u64) {
        self.initialised.push((done, total));
    }

    fn second(&mut self, second: u64, window: Window, progress: &[ScenarioProgress]) -> Directive {
        self.seconds.push((second, window, progress.to_vec()));
        if self.stop_at == Some(second) { Directive::Stop("enough".to_owned()) } else { Directive::Continue }
    }

    fn generator(&mut self, _: u64, load: &GeneratorLoad) {
        self.loads.push(*load);
    }

    fn stuck(&mut self, stuck: &Stuck) {
        self.stuck.push(stuck.clone());
        if let Some((release, control)) = &self.release {
            *release.0.lock().unwrap() = true;
            release.1.notify_all();
            control.stop();
        }
    }
}

/// A run and what came of it.
pub(crate) struct Finished {
    pub(crate) outcome: Result<Outcome, EngineError>,
    pub(crate) kept: Kept,
    pub(crate) schema: Arc<Schema>,
}

impl Finished {
    /// All windows of a metric, merged over its tags.
    pub(crate) fn total(&self, metric: &str) -> Option<Sink> {
        let metric: MetricId = self.schema.find(metric).unwrap();
        let mut total: Option<Sink> = None;
        for (_, window, _) in &self.kept.seconds {
            for (series, sink) in window.iter().filter(|(series, _)| series.metric == metric) {
                let _ = series;
                match &mut total {
                    Some(total) => total.merge(sink),
                    None => total = Some(sink.clone()),
                }
            }
        }
        total
    }

    /// The sum of a counter.
    pub(crate) fn count(&self, metric: &str) -> u64 {
        self.total(metric).map_or(0, |sink| sink.as_counter().unwrap().sum as u64)
    }

    /// (completed, interrupted, dropped) of all scenarios, checked against the metrics.
    pub(crate) fn ends(&self) -> (u64, u64, u64) {
        let outcome = self.outcome.as_ref().unwrap();
        let sum = |of: fn(&ScenarioProgress) -> u64| outcome.scenarios.iter().map(of).sum();
        let ends = (sum(|s| s.completed), sum(|s| s.interrupted), sum(|s| s.dropped));
        assert_eq!(sum(|s| s.started), ends.0 + ends.1, "every started iteration has an end");
        assert_eq!((self.count("iterations"), self.count("dropped_iterations")), (ends.0, ends.2));
        ends
    }

    pub(crate) fn duration_ms(&self) -> u128 {
        self.outcome.as_ref().unwrap().duration.as_millis()
    }
}

pub(crate) fn settings(workers: usize) -> Settings {
    let mut settings = Settings::new(Schema::new());
    settings.workers = workers;
    settings
}

/// Runs on the caller's clock, with so many workers.
pub(crate) async fn local<P: Program>(
    plan: Plan,
    program: Arc<P>,
    workers: usize,
    control: Control,
) -> Finished {
    let settings = settings(workers);
    let (schema, mut kept) = (Arc::clone(&settings.schema), Kept::default());
    let outcome = run_local(plan, program, settings, control, &mut kept).await;
    Finished { outcome, kept, schema }
}

/// Runs iterations that take so long, and logs their starts.
pub(crate) async fn sleepers(plan: Plan, iteration_ms: u64, workers: usize) -> (Finished, Log) {
    let log = Log::default();
    let noted = log.clone();
    let program = loadline_load::closure(move |it: Iteration| {
        noted.note(&it);
        async move { tokio::time::sleep(ms(iteration_ms)).await }
    });
    (local(plan, program, workers, Control::new()).await, log)
}

pub(crate) const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(crate) fn stages(stages: &[(u64, u64)]) -> Vec<Stage> {
    stages.iter().map(|&(duration_ms, target)| Stage { duration: ms(duration_ms), target }).collect()
}

pub(crate) fn scenario(executor: Executor, graceful_stop_ms: u64) -> Scenario {
    let mut scenario = Scenario::new("s", executor);
    scenario.graceful_stop = ms(graceful_stop_ms);
    scenario
}
