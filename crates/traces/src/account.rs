//! What became of requests that carried a trace, and of spans.

use std::fmt;

use crate::parts::{Explained, Unexplained};

/// Counts of a run. Of requests each is in exactly one place in the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Requests that carried a trace and ended.
    pub requests: u64,
    /// Of them those whose server's time is explained.
    pub explained: u64,
    /// Those of which no server span came.
    pub never_came: u64,
    /// Those that share their trace and span with others, so that nobody can say whose spans are whose.
    pub shared: u64,
    /// Those that made room for later ones, because too many waited or their spans took too many bytes.
    pub evicted: u64,
    /// Spans that were taken.
    pub spans: u64,
    /// Spans that cannot be: without an identifier, with an end before their beginning.
    pub invalid: u64,
    /// Spans of traces that no request of the run was in.
    pub foreign: u64,
    /// Spans of the run's traces that came when nobody waited for them any more, or for requests that never ended.
    pub late: u64,
    /// Spans that one trace had beyond what is kept of one.
    pub beyond: u64,
    /// Spans that were moved because clocks contradict each other.
    pub moved: u64,
}

impl Account {
    /// Takes note of what became of a request.
    pub(crate) fn count(&mut self, outcome: &Result<Explained, Unexplained>) {
        match outcome {
            Ok(explained) => {
                self.explained += 1;
                self.moved += u64::from(explained.moved);
            }
            Err(Unexplained::NeverCame) => self.never_came += 1,
            Err(Unexplained::Shared) => self.shared += 1,
            Err(Unexplained::Evicted) => self.evicted += 1,
        }
    }

    /// Those of requests and of spans that are missing, as words; nothing where all is there.
    pub fn lacks(&self) -> Vec<String> {
        let counted = [
            (
                self.never_came,
                "without any span of a server: is it told to export, and are its spans sampled?",
            ),
            (self.shared, "with a trace and a span that others had, too"),
            (self.evicted, "that made room for later ones"),
        ];
        let requests = counted.into_iter().filter(|(count, _)| *count > 0);
        requests.map(|(count, words)| format!("{count} requests {words}")).collect()
    }
}

/// `1,200 of 1,300 requests explained by 9,000 spans`.
impl fmt::Display for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, explained, spans, .. } = self;
        write!(formatter, "{explained} of {requests} requests explained by {spans} spans")
    }
}
