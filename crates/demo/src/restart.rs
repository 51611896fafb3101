//! Crashes the database in mid-run, at a second of the run.
//!
//! It is an output of the run, because outputs are told of each second: so it is known which seconds came after the
//! crash, whatever the start of hundreds of users took.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use anyhow::{Context, Result};
use loadline_measure::Run;
use loadline_report::{Event, Output, OutputError};
use loadline_verdict::Verdict;

use crate::system::Crashed;

/// How long to wait for the answer when the run is over.
const LONGEST: Duration = Duration::from_mins(1);

type Crash = Box<dyn FnOnce() -> Result<Crashed> + Send>;
type Answer = (u64, Result<Crashed>);

/// Restarts the database once a second of the run is over.
pub struct RestartAt {
    after: Duration,
    crash: Option<Crash>,
    answers: Sender<Answer>,
}

/// What came of it.
pub struct Restarting(Receiver<Answer>);

/// When that time of the run has passed, crashes the database.
pub fn restart_at(
    after: Duration,
    crash: impl FnOnce() -> Result<Crashed> + Send + 'static,
) -> (RestartAt, Restarting) {
    let (answers, came) = channel();
    (RestartAt { after, crash: Some(Box::new(crash)), answers }, Restarting(came))
}

impl Restarting {
    /// The first second of the run without a database, and what the database remembered.
    pub fn wait(self) -> Result<(u64, Crashed)> {
        let (second, crashed) =
            self.0.recv_timeout(LONGEST).context("the run ended before the database was restarted")?;
        Ok((second, crashed.context("the database was not restarted")?))
    }
}

impl Output for RestartAt {
    fn name(&self) -> &'static str {
        "the database's restart"
    }

    fn event(&mut self, event: &Event<'_>) -> Result<(), OutputError> {
        if let Event::Second { second, .. } = event
            && Duration::from_secs(second + 1) >= self.after
            && let Some(crash) = self.crash.take()
        {
            let (next, answers) = (second + 1, self.answers.clone());
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

    fn finish(&mut self, _run: &Run, _verdicts: &[Verdict]) -> Result<(), OutputError> {
        Ok(())
    }
}
