//! Where a request's time went, told to its client in `Server-Timing` (<https://www.w3.org/TR/server-timing/>).
//!
//! `cache` is what the edge itself took, with what became of the request as its description; `origin` is what was
//! waited for the origin, be it by the question of another. What the origin tells of itself stands before that, and is
//! within `origin`; it is never kept, so that nobody is told the time of somebody else's request.

use std::fmt::Write;
use std::time::Duration;

use http::{HeaderValue, Response};
use loadline_edge::fields::server_timing::SERVER_TIMING;

use crate::body::Body;
use crate::outcome::Outcome;

/// Puts it on an answer that took this long, `waited` of it for the origin.
pub(crate) fn tell(response: &mut Response<Body>, took: Duration, waited: Option<Duration>) {
    let outcome = response.body().outcome();
    if matches!(outcome, Outcome::Refused | Outcome::Purged) {
        return;
    }
    let own = took.saturating_sub(waited.unwrap_or_default());
    let mut text = format!("cache;dur={};desc={}", milliseconds(own), outcome.word());
    if let Some(waited) = waited {
        // Writing to a text does not fail.
        let _ = write!(text, ", origin;dur={}", milliseconds(waited));
    }
    if let Ok(value) = HeaderValue::try_from(text) {
        // A head that has no room for it goes without.
        let _ = response.headers_mut().try_append(SERVER_TIMING, value);
    }
}

/// With three digits; what is less than a microsecond is cut off.
fn milliseconds(time: Duration) -> String {
    let microseconds = time.as_micros();
    format!("{}.{:03}", microseconds / 1_000, microseconds % 1_000)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn what_the_edge_took_and_what_it_waited() {
        let ms = Duration::from_millis;
        for (outcome, took, waited, expected) in [
            (Outcome::Hit, Duration::from_nanos(12_999), None, Some("cache;dur=0.012;desc=hit")),
            (Outcome::Miss, ms(52), Some(ms(50)), Some("cache;dur=2.000;desc=miss, origin;dur=50.000")),
            (
                Outcome::VaryMiss,
                ms(50),
                Some(ms(51)),
                Some("cache;dur=0.000;desc=vary-miss, origin;dur=51.000"),
            ),
            (Outcome::Refused, ms(1), None, None),
            (Outcome::Purged, ms(1), None, None),
        ] {
            let mut response = Response::new(Body::whole(Bytes::new()).with_outcome(outcome));
            tell(&mut response, took, waited);
            let told = response.headers().get("server-timing").map(|value| value.to_str().unwrap());
            assert_eq!(told, expected);
        }
    }
}
