//! What can be wrong with traffic.

/// Why there is no profile of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrafficError {
    /// There is nothing.
    #[error(
        "the traffic has no rates\nhint: one line for each point: a time and requests per second, `09:00,120`"
    )]
    Empty,
    /// It is longer than a year.
    #[error("the traffic is longer than a year, which is the most that can be simulated")]
    TooLong,
    /// A rate that cannot be.
    #[error("{at}: {rate} requests per second cannot be: a rate is a number from 0 on")]
    Negative {
        /// Where.
        at: String,
        /// What it is.
        rate: String,
    },
    /// A line that does not read.
    #[error("line {line}: `{text}` has no {what}")]
    Unreadable {
        /// Which one, from 1.
        line: usize,
        /// The field.
        text: String,
        /// What was to be there, and how it is written.
        what: &'static str,
    },
    /// Time runs backwards.
    #[error("line {line}: the time is not after that of the line before\nhint: sort the lines by time")]
    Backwards {
        /// Which line, from 1.
        line: usize,
    },
    /// A part is missing.
    #[error(
        "line {line}: {missing} are missing before it, where lines are {usual} apart: what came then is not known\n\
         hint: with `--bridge-gaps` a straight line is drawn over them, and said so"
    )]
    Gap {
        /// The line after the gap, from 1.
        line: usize,
        /// How long, in words.
        missing: String,
        /// How far lines are apart otherwise, in words.
        usual: String,
    },
    /// The run has no requests to replay.
    #[error("the run has no requests to replay")]
    NoRequests,
}
