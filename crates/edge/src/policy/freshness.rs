//! For how long an answer is fresh, and what holds afterwards (RFC 9111 §4.2, RFC 5861).

use std::time::Duration;

use http::header::{EXPIRES, LAST_MODIFIED};
use http::{HeaderMap, StatusCode};

use super::age::{self, Times};
use super::settings::Policy;
use crate::fields::cache_control::{CacheControl, Seconds};
use crate::fields::date;
use crate::fields::list::text;

/// For how long an answer is fresh, and what holds afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// From its origin's sending it.
    pub lifetime: Duration,
    /// What says so.
    pub source: Source,
    /// Whether it has to be validated each time, `no-cache`.
    pub validate_always: bool,
    /// What holds when it is stale.
    pub stale: Staleness,
}

/// What says for how long an answer is fresh, in the order in which it is asked (RFC 9111 §4.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// `s-maxage`
    SMaxage,
    /// `max-age`
    MaxAge,
    /// `Expires`
    Expires,
    /// A part of the time since it was last modified.
    Heuristic,
    /// Nothing.
    Nothing,
}

/// What may be done with an answer that is stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Staleness {
    /// Whether it may never be served stale: `must-revalidate`, `proxy-revalidate`, `s-maxage` (RFC 9111 §5.2.2.10) or
    /// `no-cache`.
    pub is_forbidden: bool,
    /// For how long it may be served while it is validated in the background (RFC 5861 §3).
    pub while_revalidate: Duration,
    /// For how long it may be served in place of an error (RFC 5861 §4); none when the answer does not say.
    pub if_error: Option<Duration>,
}

/// Statuses that may be kept without anything that says for how long (RFC 9110 §15.1).
pub(super) fn is_heuristic(status: StatusCode) -> bool {
    matches!(status.as_u16(), 200 | 203 | 204 | 206 | 300 | 301 | 308 | 404 | 405 | 410 | 414 | 501)
}

impl Policy {
    /// What an answer's own words, or those for caches like this one, say of its freshness. `may_guess` permits the
    /// heuristic.
    pub(super) fn freshness(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        control: &CacheControl,
        is_targeted: bool,
        times: Times,
        may_guess: bool,
    ) -> Freshness {
        let explicit = || {
            if let Some(time) = control.s_maxage.vouched() {
                return Some((time, Source::SMaxage));
            }
            if let Some(time) = control.max_age.vouched() {
                return Some((time, Source::MaxAge));
            }
            // A targeted field is all that counts (RFC 9213 §2.2).
            if is_targeted { None } else { expires(headers, times).map(|time| (time, Source::Expires)) }
        };
        let guess = || {
            let heuristic =
                self.heuristic.filter(|_| may_guess && (is_heuristic(status) || control.public))?;
            let modified = date::parse(text(headers.get(LAST_MODIFIED)?)?, times.received)?;
            let unchanged = age::date(headers, times.received).since(modified);
            let part = unchanged.saturating_mul(heuristic.percent) / 100;
            Some((part.min(heuristic.most), Source::Heuristic))
        };
        let (lifetime, source) = explicit().or_else(guess).unwrap_or((Duration::ZERO, Source::Nothing));
        let validate_always = control.no_cache.is_whole();
        Freshness {
            lifetime,
            source,
            validate_always,
            stale: Staleness {
                is_forbidden: validate_always
                    || control.must_revalidate
                    || control.proxy_revalidate
                    || control.s_maxage != Seconds::Absent,
                while_revalidate: control.stale_while_revalidate.known().unwrap_or_default(),
                if_error: control.stale_if_error.known(),
            },
        }
    }
}

impl Freshness {
    /// Whether an answer says itself for how long it is fresh.
    pub fn is_explicit(&self) -> bool {
        matches!(self.source, Source::SMaxage | Source::MaxAge | Source::Expires)
    }
}

/// The time from an answer's date to its `Expires`: none at all when that is malformed or there twice and differs,
/// which is as good as expired (RFC 9111 §5.3).
fn expires(headers: &HeaderMap, times: Times) -> Option<Duration> {
    let mut lines = headers.get_all(EXPIRES).iter();
    let line = lines.next()?;
    if lines.any(|other| other != line) {
        return Some(Duration::ZERO);
    }
    let moment = text(line).and_then(|text| date::parse(text.trim(), times.received));
    Some(moment.map(|moment| moment.since(age::date(headers, times.received))).unwrap_or_default())
}
