//! A run, told to a dashboard.

use std::sync::Arc;

use loadline_measure::{Run, RunEvents, RunMeta, Schema};
use loadline_page::Judgement;
use loadline_report::{Event, Output, OutputError};
use loadline_verdict::{Budgets, Verdict, judge};

use crate::channel::Channel;
use crate::inbox::Told;

/// Between two judgements of a run the run grows by this share at least: judging takes the longer the longer it went
/// on.
const GROWS_BY: u64 = 20;

/// An output of a run that tells its seconds to viewers. It waits for nothing: windows are handed over, and what is
/// made of them is made elsewhere. While nobody looks, the run is not judged before its end.
pub struct Feed {
    channel: Arc<Channel>,
    budgets: Budgets,
    judged: u64,
    /// What is told of what happened.
    happened: RunEvents,
    another: bool,
    is_over: bool,
}

impl Feed {
    /// Tells a run that begins. It is judged by these budgets while it goes on.
    pub fn new(channel: &Arc<Channel>, meta: &RunMeta, schema: &Arc<Schema>, budgets: &Budgets) -> Self {
        channel.inbox.put(Told::Begun(Box::new(meta.clone()), Arc::clone(schema)));
        Self {
            channel: Arc::clone(channel),
            budgets: budgets.clone(),
            judged: 0,
            happened: meta.events.clone(),
            another: false,
            is_over: false,
        }
    }

    /// Another run is told on the same channel when this one is over; viewers wait for it.
    #[must_use]
    pub fn before_another(mut self) -> Self {
        self.another = true;
        self
    }

    fn is_due(&self, second: u64) -> bool {
        self.channel.viewers() > 0 && second + 1 > self.judged + self.judged / GROWS_BY
    }
}

impl Output for Feed {
    fn name(&self) -> &'static str {
        "the page"
    }

    fn event(&mut self, event: &Event<'_>) -> Result<(), OutputError> {
        if let Event::Second { second, window, run, .. } = event {
            if self.is_due(*second) {
                self.judged = second + 1;
                let verdicts = judge(run, &self.budgets);
                self.channel.inbox.put(Told::Judged(Judgement::so_far(run, &verdicts)));
            }
            if run.meta.events != self.happened {
                self.happened.clone_from(&run.meta.events);
                self.channel.inbox.put(Told::Happened(self.happened.clone()));
            }
            self.channel.inbox.put(Told::Second(*second, (*window).clone()));
        }
        Ok(())
    }

    fn finish(&mut self, run: &Run, verdicts: &[Verdict]) -> Result<(), OutputError> {
        self.is_over = true;
        if self.another {
            self.channel.inbox.put(Told::Judged(Judgement::at_last(run, verdicts)));
            return Ok(());
        }
        self.channel.end(run, verdicts);
        Ok(())
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        if !self.is_over && !self.another {
            self.channel.inbox.put(Told::Gone);
        }
    }
}
