//! A run's output that sends it to a receiver.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use loadline_measure::{Run, Schema};
use loadline_report::{Event, Output, OutputError};
use loadline_verdict::Verdict;

use crate::prometheus::RemoteWrite;
use crate::sending::{Pace, Post, Sender, Sent, now_ms};
use crate::settings::{Of, Settings};

/// The longest that an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest that what is left at a run's end may take.
const AT_END: Duration = Duration::from_secs(15);

/// A receiver, fed with each second of a run.
pub struct Telemetry {
    place: String,
    sender: Sender,
}

impl Telemetry {
    /// Begins to send. Nothing is asked of the receiver before there is something to say.
    ///
    /// # Errors
    /// When the machine's certificates cannot be used, or there can be no more threads.
    pub fn start(settings: Settings, schema: &Arc<Schema>) -> Result<Self, OutputError> {
        let interval = settings.interval();
        let Of::Prometheus(settings) = settings.0;
        let place = settings.endpoint.to_string();
        let failed = |source| OutputError::NotBegun { place: place.clone(), source };
        let form = RemoteWrite::new(Arc::clone(schema), settings.trends, settings.stale_markers, now_ms());
        let shared = Post::shared(&settings.endpoint).map_err(|errors| failed(io::Error::other(errors)))?;
        let pace = Pace { interval, patience: PATIENCE, at_end: AT_END };
        let sender = Sender::start(Box::new(form), settings.endpoint, shared, pace).map_err(failed)?;
        Ok(Self { place, sender })
    }
}

impl Output for Telemetry {
    fn name(&self) -> &str {
        &self.place
    }

    fn event(&mut self, event: &Event<'_>) -> Result<(), OutputError> {
        if let Event::Second { window, .. } = event {
            self.sender.put((*window).clone());
        }
        Ok(())
    }

    fn remarks(&mut self) -> Vec<String> {
        self.sender.remarks()
    }

    fn finish(&mut self, _run: &Run, _verdicts: &[Verdict]) -> Result<(), OutputError> {
        let place = self.place.clone();
        let Some(Sent { points, lost, behind, trouble }) = self.sender.finish() else {
            return Err(OutputError::NotBegun {
                place,
                source: io::Error::other("what sends there broke down"),
            });
        };
        if lost == 0 {
            return Ok(());
        }
        let why = trouble.unwrap_or_else(|| "too much waited for it".to_owned());
        Err(OutputError::NotSent { place, lost, points, behind, why })
    }
}
