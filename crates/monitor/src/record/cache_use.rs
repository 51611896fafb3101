//! Whether an answer came from a cache, as far as this service can know.
//!
//! A service behind a cache sees only what the cache did not have, so it cannot know the cache's hit rate, and nothing here guesses it.
//! What it can know: an answer that passed through a cache on its way to this layer says so (`Cache-Status` of RFC 9211, `X-Cache`,
//! `Age`), as in a proxy or under a cache layer of the same process; and a 304 tells a cache that its copy is still good, so no body is
//! sent. Both are hits. Other successful answers that a shared cache may keep are misses. Answers that no cache may keep don't count.

use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, Method, StatusCode, header};

/// How often an endpoint's answers came from a cache.
#[derive(Debug, Default)]
pub(crate) struct CacheUse {
    hits: AtomicU64,
    misses: AtomicU64,
}

impl CacheUse {
    /// Counts an answer to a request of this method if caches may keep it.
    pub(crate) fn record(&self, method: &Method, status: StatusCode, headers: &HeaderMap) {
        match is_hit(method, status, headers) {
            Some(true) => self.hits.fetch_add(1, Ordering::Relaxed),
            Some(false) => self.misses.fetch_add(1, Ordering::Relaxed),
            None => 0,
        };
    }

    /// Hits and misses.
    pub(crate) fn get(&self) -> (u64, u64) {
        (self.hits.load(Ordering::Relaxed), self.misses.load(Ordering::Relaxed))
    }
}

/// Whether an answer that a shared cache may keep came from one; `None` when none may keep it.
fn is_hit(method: &Method, status: StatusCode, headers: &HeaderMap) -> Option<bool> {
    if (method != Method::GET && method != Method::HEAD)
        || (status != StatusCode::OK && status != StatusCode::NOT_MODIFIED)
    {
        return None;
    }
    let control = headers.get(header::CACHE_CONTROL)?.as_bytes();
    if !is_shareable(control) {
        return None;
    }
    Some(status == StatusCode::NOT_MODIFIED || says_hit(headers))
}

/// RFC 9111, 3: `public` or a lifetime for shared caches, without a word against keeping.
fn is_shareable(control: &[u8]) -> bool {
    let mut shareable = false;
    for directive in control.split(|byte| *byte == b',') {
        let directive = directive.trim_ascii();
        let (name, value) = match directive.iter().position(|byte| *byte == b'=') {
            Some(at) => (&directive[..at], &directive[at + 1..]),
            None => (directive, &b""[..]),
        };
        if name.eq_ignore_ascii_case(b"private") || name.eq_ignore_ascii_case(b"no-store") {
            return false;
        }
        let is_lifetime = name.eq_ignore_ascii_case(b"s-maxage") || name.eq_ignore_ascii_case(b"max-age");
        shareable |= name.eq_ignore_ascii_case(b"public") || (is_lifetime && value != b"0");
    }
    shareable
}

fn says_hit(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(status) = text("cache-status") {
        // The last cache of the list is the one nearest to the client.
        let nearest = status.rsplit(',').next().unwrap_or_default();
        return nearest.split(';').skip(1).any(|parameter| parameter.trim() == "hit");
    }
    if let Some(word) = text("x-cache") {
        return word.get(..3).is_some_and(|begin| begin.eq_ignore_ascii_case("hit"))
            || word.to_ascii_lowercase().contains("_hit");
    }
    headers.contains_key(header::AGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Method, status, headers, and whether it is a hit.
    type Case<'a> = (&'a str, u16, &'a [(&'static str, &'a str)], Option<bool>);

    #[test]
    fn what_is_a_hit() {
        let public = ("cache-control", "public, max-age=300");
        let cases: &[Case<'_>] = &[
            ("GET", 200, &[public], Some(false)),
            ("HEAD", 200, &[("cache-control", "Max-Age=60")], Some(false)),
            ("GET", 304, &[public], Some(true)),
            ("GET", 200, &[public, ("age", "12")], Some(true)),
            ("GET", 200, &[public, ("x-cache", "HIT, MISS")], Some(true)),
            ("GET", 200, &[public, ("x-cache", "TCP_HIT")], Some(true)),
            ("GET", 200, &[public, ("x-cache", "MISS"), ("age", "0")], Some(false)),
            ("GET", 200, &[public, ("cache-status", "origin; fwd=miss, edge; hit; ttl=30")], Some(true)),
            (
                "GET",
                200,
                &[public, ("cache-status", "edge; fwd=uri-miss; stored"), ("age", "3")],
                Some(false),
            ),
            ("POST", 200, &[public], None),
            ("GET", 404, &[public], None),
            ("GET", 200, &[], None),
            ("GET", 304, &[("cache-control", "private, no-store")], None),
            ("GET", 200, &[("cache-control", "public, no-store")], None),
            ("GET", 200, &[("cache-control", "max-age=0")], None),
        ];
        for (method, status, headers, expected) in cases {
            let map = headers.iter().map(|(name, value)| {
                (header::HeaderName::from_static(name), value.parse::<header::HeaderValue>().unwrap())
            });
            let status = StatusCode::from_u16(*status).unwrap();
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            assert_eq!(is_hit(&method, status, &map.collect()), *expected, "{method} {status} {headers:?}");
        }
    }
}
