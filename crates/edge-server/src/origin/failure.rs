//! Why the origin gave no answer, and what a client is told of it.

use std::error::Error;
use std::time::Duration;

use http::StatusCode;

use super::connector::ConnectError;
use super::health::Blame;
use super::outgoing::{ContentEnded, UploadError};

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// No connection could be made.
    #[error("the origin cannot be reached: {0}")]
    Unreachable(String),
    /// None was made in time.
    #[error("the origin took no connection within {0:?}")]
    ConnectTimedOut(Duration),
    /// No head came in time.
    #[error("the origin did not answer within {0:?}")]
    HeadTimedOut(Duration),
    /// It ended the connection before its answer's head was there.
    #[error("the origin ended the connection before it answered")]
    Ended,
    /// What it sent is no answer.
    #[error("what the origin answered is not HTTP: {0}")]
    Malformed(String),
    /// It failed a moment ago, and is not asked again yet.
    #[error("the origin gave no answers a moment ago, and is not asked again yet")]
    Down,
    /// It has as many requests as it may at once, and as many wait as may.
    #[error("the origin is busy: it has {at_once} requests at once, and {waiting} more wait already")]
    QueueFull {
        /// How many it may have.
        at_once: usize,
        /// How many may wait.
        waiting: usize,
    },
    /// The request waited for too long for the origin to have fewer.
    #[error("the origin is busy: it took no further request within {0:?}")]
    QueueTimedOut(Duration),
    /// The client's content ended early, or came too slowly.
    #[error("{0}")]
    Content(ContentEnded),
}

impl Failure {
    /// Out of what the client library says.
    pub(super) fn of(error: &hyper_util::client::legacy::Error) -> Self {
        if let Some(error) = find::<ConnectError>(error) {
            return match error {
                ConnectError::TimedOut(wait) => Self::ConnectTimedOut(*wait),
                error => Self::Unreachable(error.to_string()),
            };
        }
        if let Some(UploadError(ended)) = find::<UploadError>(error) {
            return Self::Content(*ended);
        }
        match find::<hyper::Error>(error) {
            Some(error) if error.is_parse() || error.is_parse_too_large() => {
                Self::Malformed(error.to_string())
            }
            _ => Self::Ended,
        }
    }

    /// The status that says so.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::ConnectTimedOut(_) | Self::HeadTimedOut(_) => StatusCode::GATEWAY_TIMEOUT,
            Self::Unreachable(_) | Self::Ended | Self::Malformed(_) | Self::Down => StatusCode::BAD_GATEWAY,
            Self::QueueFull { .. } | Self::QueueTimedOut(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Content(ContentEnded::Early) => StatusCode::BAD_REQUEST,
            Self::Content(ContentEnded::TooSlow) => StatusCode::REQUEST_TIMEOUT,
        }
    }

    /// One word for it, in metrics and in `Cache-Status`.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::ConnectTimedOut(_) => "connect-timeout",
            Self::HeadTimedOut(_) => "head-timeout",
            Self::Ended => "ended",
            Self::Malformed(_) => "malformed",
            Self::Down => "down",
            Self::QueueFull { .. } => "queue-full",
            Self::QueueTimedOut(_) => "queue-timeout",
            Self::Content(_) => "client-content",
        }
    }

    /// Whether the origin was not asked at all.
    pub(crate) fn is_unasked(&self) -> bool {
        matches!(self, Self::Down | Self::QueueFull { .. } | Self::QueueTimedOut(_))
    }

    /// What it says of the origin's health, if anything.
    pub(super) fn blame(&self) -> Option<Blame> {
        match self {
            Self::Unreachable(_) | Self::ConnectTimedOut(_) => Some(Blame::Unreachable),
            Self::HeadTimedOut(_) | Self::Ended | Self::Malformed(_) => Some(Blame::Silent),
            Self::Down | Self::QueueFull { .. } | Self::QueueTimedOut(_) | Self::Content(_) => None,
        }
    }
}

/// The first cause of this kind.
fn find<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}
