//! What the specifications leave to whoever runs a cache.
//!
//! The defaults are for a cache that many people share and that must not mix them up: answers to requests with
//! credentials are not kept, nor answers that set cookies, even where RFC 9111 permits it.

use std::time::Duration;

use http::HeaderName;

/// How a cache acts where the specifications give it a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The cache's name, in `Cache-Status`.
    pub name: String,
    /// The fields of targeted cache control that it goes by, the first that is valid alone (RFC 9213).
    pub targets: Vec<HeaderName>,
    /// What becomes of answers that set cookies.
    pub set_cookie: SetCookie,
    /// What becomes of answers to requests with `Authorization`.
    pub authorized: Authorized,
    /// Whether a client's `Cache-Control` can make the cache ask the origin.
    pub client_directives: ClientDirectives,
    /// How fresh an answer is that says nothing of it; none to ask the origin each time.
    pub heuristic: Option<Heuristic>,
    /// For how long an answer may be served stale when the origin cannot be reached at all, where the answer does not
    /// forbid it (RFC 9111 §4.2.4).
    pub stale_if_unreachable: Duration,
}

/// What becomes of answers that set cookies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetCookie {
    /// They are not kept: whoever came next would be given somebody's session.
    Refuse,
    /// They are kept without their cookies.
    Strip,
    /// They are kept as they are, as RFC 9111 §7.3 permits.
    Keep,
}

/// What becomes of answers to requests with `Authorization`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authorized {
    /// They are not kept.
    Never,
    /// They are kept where they say `public`, `must-revalidate` or `s-maxage` (RFC 9111 §3.5).
    WherePermitted,
}

/// Whether a client's `Cache-Control` can make the cache ask the origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientDirectives {
    /// They hold as RFC 9111 §5.2.1 has them.
    Honour,
    /// They do not: whoever reloads a page, or attacks with `no-cache`, puts no load on the origin. `no-store` and
    /// `only-if-cached` hold all the same.
    Ignore,
}

/// How fresh an answer is that says nothing of it (RFC 9111 §4.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heuristic {
    /// For this part of a hundred of the time since it was last modified.
    pub percent: u32,
    /// For so long at the most.
    pub most: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            name: "loadline".to_owned(),
            targets: vec![HeaderName::from_static("cdn-cache-control")],
            set_cookie: SetCookie::Refuse,
            authorized: Authorized::Never,
            client_directives: ClientDirectives::Honour,
            // The tenth that RFC 9111 §4.2.2 mentions as typical.
            heuristic: Some(Heuristic { percent: 10, most: Duration::from_hours(24) }),
            stale_if_unreachable: Duration::from_hours(24),
        }
    }
}
