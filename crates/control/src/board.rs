//! What was measured so far, for whoever asks while the run goes on.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use loadline_measure::{Run, RunEvents, RunMeta, Schema, Window};
use loadline_report::{Event, Output, OutputError, TestState, TrendStat, summary_data};
use loadline_units::TimeUnit;
use loadline_verdict::{Budgets, Outcome, Rule, Verdict, judge};
use serde_json::Value;

/// The statistics of a trend that are answered, which are k6's.
const STATISTICS: [&str; 6] = ["min", "max", "avg", "med", "p(90)", "p(95)"];

/// What was measured so far. Clones are one.
#[derive(Clone, Default)]
pub struct Board(Arc<Mutex<Option<Kept>>>);

struct Kept {
    meta: RunMeta,
    schema: Arc<Schema>,
    budgets: Budgets,
    total: Window,
    seconds: u64,
    /// What was made of it when somebody asked, after so many seconds.
    made: Option<(u64, Arc<Figures>)>,
}

/// What was made of what was measured.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// By their names, each with `type`, `contains`, `values` and, where it has some, `thresholds`.
    pub(crate) metrics: serde_json::Map<String, Value>,
    /// The root group, with what is below it.
    pub(crate) root: Value,
    /// Whether a threshold has failed so far.
    pub(crate) tainted: bool,
}

impl Board {
    /// One on which nothing was put yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// An output that puts a run on it.
    pub fn output(&self, meta: &RunMeta, schema: &Arc<Schema>, budgets: &Budgets) -> BoardOutput {
        *self.kept() = Some(Kept {
            meta: meta.clone(),
            schema: Arc::clone(schema),
            budgets: budgets.clone(),
            total: Window::default(),
            seconds: 0,
            made: None,
        });
        BoardOutput(self.clone())
    }

    /// What was measured so far. A second is worked out once, whoever asks and however often.
    pub(crate) fn figures(&self) -> Arc<Figures> {
        let mut kept = self.kept();
        let Some(kept) = kept.as_mut() else { return Arc::default() };
        match &kept.made {
            Some((seconds, figures)) if *seconds == kept.seconds => Arc::clone(figures),
            _ => {
                let figures = Arc::new(kept.figures());
                kept.made = Some((kept.seconds, Arc::clone(&figures)));
                figures
            }
        }
    }

    /// What happened to the run so far.
    pub(crate) fn events(&self) -> RunEvents {
        self.kept().as_ref().map(|kept| kept.meta.events.clone()).unwrap_or_default()
    }

    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Board {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Board")
    }
}

impl Kept {
    fn figures(&self) -> Figures {
        let mut run = Run::new(self.meta.clone(), Arc::clone(&self.schema));
        run.push(0, self.total.clone());
        run.duration = Duration::from_secs(self.seconds.max(1));
        let verdicts = judge(&run, &self.budgets);
        // What has no data yet may have some before the end.
        let is_judged =
            |verdict: &Verdict| verdict.rule == Rule::Threshold && verdict.outcome != Outcome::NoData;
        let thresholds: Vec<Verdict> = verdicts.into_iter().filter(is_judged).collect();
        let statistics: Vec<TrendStat> = STATISTICS.iter().filter_map(|name| name.parse().ok()).collect();
        let state = TestState::default();
        let mut data = summary_data(&run, &thresholds, &statistics, TimeUnit::Milliseconds, &state);
        let metrics = match data["metrics"].take() {
            Value::Object(metrics) => metrics,
            _ => serde_json::Map::new(),
        };
        let tainted = thresholds.iter().any(|verdict| verdict.outcome == Outcome::Fail);
        Figures { metrics, root: data["root_group"].take(), tainted }
    }
}

/// Puts what a run measures on a [`Board`].
#[derive(Debug)]
pub struct BoardOutput(Board);

impl Output for BoardOutput {
    fn name(&self) -> &'static str {
        "the control API"
    }

    fn event(&mut self, event: &Event<'_>) -> Result<(), OutputError> {
        if let Event::Second { second, window, run, .. } = event
            && let Some(kept) = self.0.kept().as_mut()
        {
            kept.total.merge((*window).clone());
            kept.seconds = kept.seconds.max(second + 1);
            if kept.meta.events != run.meta.events {
                kept.meta.events.clone_from(&run.meta.events);
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: &Run, _: &[Verdict]) -> Result<(), OutputError> {
        Ok(())
    }
}
