//! What one request under load is: where it goes, what it says, how often and how.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use loadline_verdict::TargetBudget;
use url::Url;

/// How long a hit goes on unless told otherwise.
pub const DURATION: Duration = Duration::from_secs(10);

/// So many starts in so much time, as often as it takes: `1` in two seconds is half a request per second.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ArrivalRate {
    /// How many; at least one.
    pub count: u64,
    /// In how long; longer than nothing.
    pub per: Duration,
}

impl ArrivalRate {
    /// So many in each second.
    pub const fn per_second(count: u64) -> Self {
        Self { count, per: Duration::from_secs(1) }
    }

    /// A number per second with up to nine decimals, above zero and up to ten million, exactly as written.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() && decimals.is_empty()
            || decimals.len() > 9
            || !digits(whole)
            || !digits(decimals)
        {
            return None;
        }
        let decimals = decimals.trim_end_matches('0');
        let count = format!("{whole}{decimals}").parse().ok().filter(|count| *count > 0)?;
        let rate = Self { count, per: Duration::from_secs(10_u64.pow(decimals.len() as u32)) };
        (rate.in_a_second() <= MOST_PER_SECOND).then_some(rate)
    }

    /// As a number per second.
    pub fn in_a_second(self) -> f64 {
        self.count as f64 / self.per.as_secs_f64()
    }

    /// The time in which exactly so many begin.
    pub fn time_of(self, requests: u64) -> Duration {
        let nanoseconds = u128::from(requests) * self.per.as_nanos() / u128::from(self.count);
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX)).max(Duration::from_nanos(1))
    }
}

/// The most that can be asked for.
const MOST_PER_SECOND: f64 = 10_000_000.0;

/// One request, and how it is sent again and again.
#[derive(Clone, Debug)]
pub struct HitSettings {
    /// What it is sent to.
    pub url: Url,
    /// Its method.
    pub method: Method,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// How long an answer is waited for.
    pub timeout: Duration,
    /// How many connections carry it.
    pub connections: u64,
    /// Requests at a time on each of them; more than one with HTTP/2 alone.
    pub streams: u64,
    /// Requests started per second, whether answers come or not; without it each waits for the one before it.
    pub rate: Option<ArrivalRate>,
    /// How long it goes on, if no number of requests says so.
    pub duration: Duration,
    /// Exactly so many requests.
    pub requests: Option<u64>,
    /// HTTP/2, as the server agrees to it with https, and without asking with http.
    pub http2: bool,
    /// Whether a connection carries more than one request.
    pub keep_alive: bool,
    /// Whether certificates that do not verify are accepted.
    pub insecure: bool,
    /// What must hold.
    pub budgets: Vec<TargetBudget>,
}

impl HitSettings {
    /// A `GET` on 50 connections for ten seconds.
    pub fn new(url: Url) -> Self {
        Self {
            url,
            method: Method::GET,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            timeout: Duration::from_secs(30),
            connections: 50,
            streams: 1,
            rate: None,
            duration: DURATION,
            requests: None,
            http2: false,
            keep_alive: true,
            insecure: false,
            budgets: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_exactly_as_written() {
        let rate = |count, seconds| Some(ArrivalRate { count, per: Duration::from_secs(seconds) });
        for (text, expected) in [
            ("500", rate(500, 1)),
            ("0.5", rate(5, 10)),
            ("2.50", rate(25, 10)),
            (".25", rate(25, 100)),
            ("10000000", rate(10_000_000, 1)),
        ] {
            assert_eq!(ArrivalRate::parse(text), expected, "{text}");
        }
        for text in ["", ".", "0", "0.0", "-1", "1e3", "10000001", "1/s", "0.0000000001", "+5"] {
            assert_eq!(ArrivalRate::parse(text), None, "{text}");
        }
    }
}
