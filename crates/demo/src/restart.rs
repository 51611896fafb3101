//! Takes something away in mid-run, at a second of the run: the database, or the service behind a cache.
//!
//! It is an output of the run, because outputs are told of each second: so it is known which seconds came after the
//! crash, whatever the start of hundreds of users took.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use anyhow::{Context, Result};
use loadline_measure::{EventKind, Run, RunEvent};
use loadline_report::{Event, Output, OutputError};
use loadline_verdict::Verdict;

/// How long to wait for the answer when the run is over.
const LONGEST: Duration = Duration::from_mins(1);

type Crash<T> = Box<dyn FnOnce() -> Result<T> + Send>;
type Answer<T> = (u64, Result<T>);

/// Takes something away once a second of the run is over.
pub struct RestartAt<T> {
    after: Duration,
    what: &'static str,
    /// What a run's charts mark.
    happened: Vec<RunEvent>,
    crash: Option<Crash<T>>,
    answers: Sender<Answer<T>>,
}

/// What came of it.
pub struct Restarting<T> {
    what: &'static str,
    came: Receiver<Answer<T>>,
}

/// When that time of the run has passed, takes `what` away: `crash` does it, and returns when it is back.
pub fn restart_at<T: Send + 'static>(
    after: Duration,
    what: &'static str,
    crash: impl FnOnce() -> Result<T> + Send + 'static,
) -> (RestartAt<T>, Restarting<T>) {
    let (answers, came) = channel();
    let trigger = RestartAt { after, what, happened: Vec::new(), crash: Some(Box::new(crash)), answers };
    (trigger, Restarting { what, came })
}

impl<T> Restarting<T> {
    /// The first second of the run without it, and what is to be told of it.
    pub fn wait(self) -> Result<(u64, T)> {
        let what = self.what;
        let came = self.came.recv_timeout(LONGEST);
        let (second, crashed) = came.with_context(|| format!("the run ended before {what} was restarted"))?;
        Ok((second, crashed.with_context(|| format!("{what} was not restarted"))?))
    }
}

impl<T: Send + 'static> Output for RestartAt<T> {
    fn name(&self) -> &'static str {
        "the restart"
    }

    fn event(&mut self, event: &Event<'_>) -> Result<(), OutputError> {
        if let Event::Second { second, .. } = event
            && Duration::from_secs(second + 1) >= self.after
            && let Some(crash) = self.crash.take()
        {
            let (next, answers) = (second + 1, self.answers.clone());
            let words = format!("{} goes away, and is restarted", self.what);
            self.happened.push(RunEvent { at_ms: next * 1_000, kind: EventKind::Restart, words });
            // It takes seconds, and the run goes on.
            let thread = std::thread::Builder::new().name("restart".to_owned());
            let started = thread.spawn(move || {
                let _ = answers.send((next, crash()));
            });
            if let Err(error) = started {
                let _ = self.answers.send((next, Err(error.into())));
            }
        }
        Ok(())
    }

    fn happened(&mut self) -> Vec<RunEvent> {
        std::mem::take(&mut self.happened)
    }

    fn finish(&mut self, _run: &Run, _verdicts: &[Verdict]) -> Result<(), OutputError> {
        Ok(())
    }
}
