//! How old an answer was when it came (RFC 9111 §4.2.3).

use std::time::Duration;

use http::HeaderMap;
use http::header::{AGE, DATE};

use crate::fields::list::{first, members};
use crate::fields::{date, delta};
use crate::moment::Moment;

/// When a request went to the origin, and when its answer's head came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// When it went.
    pub requested: Moment,
    /// When the answer came.
    pub received: Moment,
}

/// The date of an answer; when it came, if it has none that can be read (RFC 9110 §6.6.1).
pub(super) fn date(headers: &HeaderMap, received: Moment) -> Moment {
    first(headers, DATE).and_then(|text| date::parse(text, received)).unwrap_or(received)
}

/// `corrected_initial_age`.
///
/// Of several ages the first counts, and one that is no number is none (RFC 9111 §5.1).
pub(super) fn initial(headers: &HeaderMap, times: Times) -> Duration {
    let apparent = times.received.since(date(headers, times.received));
    let said = members(headers, AGE).next().and_then(delta::seconds).unwrap_or_default();
    let delay = times.received.since(times.requested);
    apparent.max(said.saturating_add(delay))
}
