//! Follows a run: merges its seconds, writes them down, judges thresholds that may abort it.

use loadline_load::{Directive, Observer, Stuck};
use loadline_measure::{Run, ScenarioProgress, Window};
use loadline_report::{Event, Output, OutputError, RunOutput};
use loadline_verdict::{Budgets, stops};

pub(crate) struct Watch<'a> {
    pub(crate) run: Run,
    pub(crate) budgets: &'a Budgets,
    pub(crate) file: Option<RunOutput>,
    pub(crate) trouble: Option<OutputError>,
    pub(crate) warnings: Vec<String>,
}

impl Observer for Watch<'_> {
    fn second(&mut self, second: u64, window: Window, progress: &[ScenarioProgress]) -> Directive {
        self.run.push(second, window.clone());
        if let Some(file) = &mut self.file {
            let event = Event::Second { second, window: &window, run: &self.run, progress };
            if let Err(error) = file.event(&event) {
                self.file = None;
                self.trouble.get_or_insert(error);
            }
        }
        match stops(&self.run, self.budgets) {
            Some(verdict) => Directive::Stop(format!(
                "threshold `{}` on `{}` failed: {}",
                verdict.expression, verdict.selector, verdict.evidence
            )),
            None => Directive::Continue,
        }
    }

    fn stuck(&mut self, stuck: &Stuck) {
        self.warnings.push(format!(
            "{stuck}; the other VUs of its worker thread waited for it: give way with `tokio::task::yield_now().await`"
        ));
    }
}
