//! What can be wrong with traffic.

use loadline_prometheus::AnswerError;

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
    #[error("{at}: the time is not after the one before\nhint: sort them by time")]
    Backwards {
        /// Where.
        at: String,
    },
    /// A part is missing.
    #[error(
        "{at}: {missing} are missing before it, where others are {usual} apart: what came then is not known\n\
         hint: with `--bridge-gaps` a straight line is drawn over them, and said so"
    )]
    Gap {
        /// What comes after the gap.
        at: String,
        /// How long, in words.
        missing: String,
        /// How far lines are apart otherwise, in words.
        usual: String,
    },
    /// A part of a log is missing.
    #[error(
        "{at}: {missing} without a line, where about {expected} were to be expected: the log is not whole\n\
         hint: with `--bridge-gaps` a straight line is drawn over such times, and said so"
    )]
    Silence {
        /// When it begins.
        at: String,
        /// How long, in words.
        missing: String,
        /// How many lines are missing, in words.
        expected: String,
    },
    /// Most lines are no requests.
    #[error(
        "line {line}: it has no time, and {number} lines are like it\n\
         hint: an access log has `[04/Jul/2026:09:00:00 +0200]` or JSON with a time on each line; a table a time and a rate"
    )]
    NoLog {
        /// The first of them, from 1.
        line: u64,
        /// How many.
        number: u64,
    },
    /// There is no answer of Prometheus in it.
    #[error(transparent)]
    NoAnswer(#[from] AnswerError),
    /// It is no range.
    #[error(
        "this answer is of one moment (`vector`): traffic is a range of them\nhint: ask `/api/v1/query_range`"
    )]
    NoRange,
    /// Nothing fits.
    #[error(
        "the query has no series in this time\nhint: one of requests per second, such as `sum(rate(http_requests_total[1m]))`"
    )]
    NoSeries,
    /// There are no requests to replay.
    #[error("there are no requests to replay")]
    NoRequests,
}
