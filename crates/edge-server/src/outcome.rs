//! What became of a request, in one word: for metrics, and in the words of nginx for its log.

use loadline_edge::fields::cache_status::{CacheStatus, Forward};

/// What became of a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Served from the cache, fresh.
    Hit,
    /// Served from the cache, stale by its own words or a client's.
    Stale,
    /// Served with what another request brought.
    Collapsed,
    /// Nothing was there.
    Miss,
    /// Something was there, for other fields.
    VaryMiss,
    /// What was there was too old, and another came.
    Expired,
    /// What was there was too old, and the origin said that it is still right.
    Revalidated,
    /// A part was there.
    Partial,
    /// The client would not have what was there.
    Request,
    /// The method has no answers that can be kept.
    Method,
    /// Not looked for: by a rule, or because only the origin can say.
    Bypass,
    /// The origin gave no answer, and there was nothing in its place.
    Failed,
    /// Answered without asking anybody.
    #[default]
    Refused,
    /// Nothing was asked for: something was purged.
    Purged,
}

/// How many there are.
pub(crate) const OUTCOMES: usize = 14;

impl Outcome {
    /// All of them, in their order.
    pub(crate) const ALL: [Self; OUTCOMES] = [
        Self::Hit,
        Self::Stale,
        Self::Collapsed,
        Self::Miss,
        Self::VaryMiss,
        Self::Expired,
        Self::Revalidated,
        Self::Partial,
        Self::Request,
        Self::Method,
        Self::Bypass,
        Self::Failed,
        Self::Refused,
        Self::Purged,
    ];

    /// By what `Cache-Status` says of it.
    pub(crate) fn of(status: &CacheStatus) -> Self {
        let is_stored = status.ttl.is_some_and(|ttl| ttl < 0);
        match &status.forward {
            None if status.hit && is_stored => Self::Stale,
            None if status.hit => Self::Hit,
            None => Self::Refused,
            Some(_) if status.collapsed => Self::Collapsed,
            Some(_) if status.forward_status.is_none() && is_stored => Self::Stale,
            Some(_) if status.forward_status.is_none() => Self::Failed,
            Some(Forward::Stale) if status.forward_status == Some(304) => Self::Revalidated,
            Some(Forward::Stale) if is_stored => Self::Stale,
            Some(Forward::Stale) => Self::Expired,
            Some(Forward::VaryMiss) => Self::VaryMiss,
            Some(Forward::Partial) => Self::Partial,
            Some(Forward::Request) => Self::Request,
            Some(Forward::Method) => Self::Method,
            Some(Forward::Bypass) => Self::Bypass,
            Some(Forward::UriMiss | Forward::Miss | Forward::Other(_)) => Self::Miss,
        }
    }

    /// The word, in metrics.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Stale => "stale",
            Self::Collapsed => "collapsed",
            Self::Miss => "miss",
            Self::VaryMiss => "vary-miss",
            Self::Expired => "expired",
            Self::Revalidated => "revalidated",
            Self::Partial => "partial",
            Self::Request => "request",
            Self::Method => "method",
            Self::Bypass => "bypass",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Purged => "purged",
        }
    }

    /// The word that nginx has for it in `$upstream_cache_status`.
    pub(crate) fn nginx(self) -> &'static str {
        match self {
            Self::Hit | Self::Collapsed => "HIT",
            Self::Stale => "STALE",
            Self::Miss | Self::VaryMiss | Self::Partial | Self::Failed => "MISS",
            Self::Expired => "EXPIRED",
            Self::Revalidated => "REVALIDATED",
            Self::Request | Self::Method | Self::Bypass => "BYPASS",
            Self::Refused | Self::Purged => "-",
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use loadline_edge::fields::cache_status::CACHE_STATUS;

    use super::*;

    #[test]
    fn every_status_has_its_word() {
        for (said, word) in [
            ("a; hit; ttl=3", "hit"),
            ("a; hit; ttl=-3; detail=\"stale-while-revalidate\"", "stale"),
            ("a; fwd=uri-miss; collapsed; ttl=3", "collapsed"),
            ("a; fwd=uri-miss; fwd-status=200; stored; ttl=3", "miss"),
            ("a; fwd=vary-miss; fwd-status=200", "vary-miss"),
            ("a; fwd=stale; fwd-status=200; stored; ttl=3", "expired"),
            ("a; fwd=stale; fwd-status=304; ttl=3", "revalidated"),
            ("a; fwd=stale; fwd-status=503; ttl=-3", "stale"),
            ("a; fwd=stale; ttl=-3; detail=\"origin-unreachable\"", "stale"),
            ("a; fwd=stale; detail=\"origin-unreachable\"", "failed"),
            ("a; fwd=method; fwd-status=200", "method"),
            ("a; fwd=bypass; fwd-status=200", "bypass"),
            ("a; fwd=request; fwd-status=200", "request"),
            ("a; fwd=partial; fwd-status=206", "partial"),
            ("a; detail=\"refused\"", "refused"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CACHE_STATUS, said.parse().unwrap());
            let status = CacheStatus::read(&headers, CACHE_STATUS).remove(0);
            assert_eq!(Outcome::of(&status).word(), word, "{said}");
        }
        for (index, outcome) in Outcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome as usize, index);
        }
    }
}
