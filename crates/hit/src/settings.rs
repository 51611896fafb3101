//! What one request under load is: where it goes, what it says, how often and how.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use loadline_verdict::TargetBudget;
use url::Url;

/// How long a hit goes on unless told otherwise.
pub const DURATION: Duration = Duration::from_secs(10);

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
    pub rate: Option<u64>,
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
