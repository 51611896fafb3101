//! What all signals of an answer come to.

use http::HeaderMap;

use super::signal::{Outcome, Signal, Teller};
use super::vendors;
use crate::fields::cache_status::{CACHE_STATUS, CacheStatus, Forward};

/// How much stands behind an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// Nothing tells anything: there may be no cache, or one that does not say.
    None,
    /// One field alone.
    One,
    /// Several fields, which agree.
    Several,
    /// Fields that contradict each other; the outcome is that of the most precise one.
    Contradicting,
}

/// What is known of a request's way through caches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// What happened; none when nothing tells it.
    pub outcome: Option<Outcome>,
    /// How much stands behind that.
    pub evidence: Evidence,
    /// Why the request went on to the origin, where the cache nearest to it says so.
    pub why: Option<Forward>,
    /// Whether a cache says that it waited for the answer to another request like this one.
    pub collapsed: bool,
    /// Everything that told something, the most precise first.
    pub signals: Vec<Signal>,
}

impl Observed {
    /// What the headers of an answer tell.
    ///
    /// ```
    /// use http::HeaderMap;
    /// use loadline_edge::observed::{Evidence, Observed, Outcome};
    /// let mut headers = HeaderMap::new();
    /// headers.insert("cf-cache-status", "HIT".parse()?);
    /// assert_eq!(Observed::of(&headers).evidence, Evidence::One);
    /// headers.insert("age", "30".parse()?);
    /// let observed = Observed::of(&headers);
    /// assert_eq!((observed.outcome, observed.evidence), (Some(Outcome::Hit), Evidence::Several));
    /// headers.insert("cf-cache-status", "MISS".parse()?);
    /// assert_eq!(Observed::of(&headers).evidence, Evidence::Contradicting);
    /// # Ok::<(), http::header::InvalidHeaderValue>(())
    /// ```
    pub fn of(headers: &HeaderMap) -> Self {
        let members = CacheStatus::read(headers, CACHE_STATUS);
        let standard = of_members(&members).map(|outcome| Signal { teller: Teller::CacheStatus, outcome });
        let mut signals: Vec<Signal> = standard.into_iter().collect();
        signals.extend(vendors::signals(headers));
        let outcome = signals.iter().find(|signal| signal.teller != Teller::Age).map(|signal| signal.outcome);
        // An age alone says that somebody kept it; without one nothing is said, because nobody has to send it.
        let outcome = outcome.or_else(|| signals.first().map(|signal| signal.outcome));
        let evidence = match outcome {
            None => Evidence::None,
            Some(_) if signals.len() == 1 => Evidence::One,
            Some(outcome) if signals.iter().all(|signal| agrees(outcome, signal)) => Evidence::Several,
            Some(_) => Evidence::Contradicting,
        };
        let why = members.first().filter(|_| outcome.is_some_and(|outcome| !outcome.is_hit()));
        let collapsed = members.iter().any(|member| member.collapsed);
        Self { outcome, evidence, why: why.and_then(|member| member.forward.clone()), collapsed, signals }
    }
}

/// Whether a signal tells the same, as far as it can: an age knows hits from misses, and nothing finer.
fn agrees(outcome: Outcome, signal: &Signal) -> bool {
    if signal.teller == Teller::Age {
        // A stored answer that was found to be right may have the age that it had.
        return outcome.is_hit() || outcome == Outcome::Revalidated;
    }
    let came_from_origin = |outcome| matches!(outcome, Outcome::Miss | Outcome::Bypass);
    signal.outcome == outcome
        || (came_from_origin(outcome) && came_from_origin(signal.outcome))
        || (outcome.is_hit() && signal.outcome.is_hit())
}

/// What the members of `Cache-Status` come to: any cache on the way that had it makes it a hit, and the one nearest to
/// the origin knows whether it was asked (RFC 9211 §2).
fn of_members(members: &[CacheStatus]) -> Option<Outcome> {
    let nearest_to_client = members.last()?;
    if let Some(hit) = members.iter().find(|member| member.hit) {
        return Some(if hit.ttl.is_some_and(|ttl| ttl < 0) { Outcome::Stale } else { Outcome::Hit });
    }
    let nearest_to_origin = members.first().unwrap_or(nearest_to_client);
    match (&nearest_to_origin.forward, nearest_to_origin.forward_status) {
        (Some(_), Some(304)) => Some(Outcome::Revalidated),
        (Some(Forward::Bypass | Forward::Method), _) => Some(Outcome::Bypass),
        // The origin was asked, and what is stale was served all the same: it failed.
        (Some(Forward::Stale), _) if nearest_to_origin.ttl.is_some_and(|ttl| ttl < 0) => Some(Outcome::Stale),
        (Some(_), _) => Some(Outcome::Miss),
        // A member that says neither tells nothing.
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(lines: &str) -> Observed {
        let mut headers = HeaderMap::new();
        for line in lines.split(" | ").filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(": ").unwrap();
            headers.append(name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap());
        }
        Observed::of(&headers)
    }

    #[test]
    fn every_vendor_is_understood() {
        use Evidence::{Contradicting, None as Nothing, One, Several};
        use Outcome::{Bypass, Hit, Miss, Revalidated, Stale};
        for (lines, outcome, evidence) in [
            ("", None, Nothing),
            ("age: 0", None, Nothing),
            ("age: soon", None, Nothing),
            ("age: 5", Some(Hit), One),
            ("cache-status: Edge; hit; ttl=5", Some(Hit), One),
            ("cache-status: Edge; hit; ttl=-5 | age: 65", Some(Stale), Several),
            ("cache-status: Edge; fwd=uri-miss; stored", Some(Miss), One),
            ("cache-status: Edge; fwd=stale; fwd-status=304", Some(Revalidated), One),
            ("cache-status: Edge; fwd=bypass", Some(Bypass), One),
            ("cache-status: Edge; fwd=stale; fwd-status=503; ttl=-30", Some(Stale), One),
            ("cache-status: Edge; fwd=stale; stored; ttl=30", Some(Miss), One),
            ("cache-status: \"Netlify Durable\"; hit; ttl=5, \"Netlify Edge\"; fwd=miss", Some(Hit), One),
            ("cache-status: Shield; fwd=uri-miss, Edge; fwd=uri-miss", Some(Miss), One),
            ("cache-status: Edge", None, Nothing),
            ("cache-status: 5", None, Nothing),
            ("cf-cache-status: HIT | age: 7", Some(Hit), Several),
            ("cf-cache-status: STALE | age: 70", Some(Stale), Several),
            ("cf-cache-status: UPDATING", Some(Stale), One),
            ("cf-cache-status: REVALIDATED", Some(Revalidated), One),
            ("cf-cache-status: EXPIRED", Some(Miss), One),
            ("cf-cache-status: MISS", Some(Miss), One),
            ("cf-cache-status: DYNAMIC", Some(Bypass), One),
            // An origin's own age comes through a bypass.
            ("cf-cache-status: BYPASS | age: 7", Some(Bypass), Contradicting),
            ("cf-cache-status: NONE", None, Nothing),
            ("x-cache: Hit from cloudfront | age: 9", Some(Hit), Several),
            ("x-cache: RefreshHit from cloudfront", Some(Revalidated), One),
            ("x-cache: OriginShieldHit from cloudfront", Some(Hit), One),
            ("x-cache: Miss from cloudfront", Some(Miss), One),
            ("x-cache: Error from cloudfront", Some(Miss), One),
            ("x-cache: LambdaGeneratedResponse from cloudfront", None, Nothing),
            ("x-cache: MISS, HIT | x-cache-hits: 0, 3 | age: 4", Some(Hit), Several),
            ("x-cache: HIT, MISS | age: 4", Some(Hit), Several),
            ("x-cache: MISS, MISS", Some(Miss), One),
            ("x-cache: HIT", Some(Hit), One),
            (
                "x-cache: TCP_MEM_HIT from a23-1.deploy.akamaitechnologies.com (AkamaiGHost/10)",
                Some(Hit),
                One,
            ),
            ("x-cache: TCP_REFRESH_HIT from a23-1.deploy.akamaitechnologies.com", Some(Revalidated), One),
            ("x-cache: TCP_REFRESH_MISS from a23-1.deploy.akamaitechnologies.com", Some(Miss), One),
            ("x-cache: TCP_REFRESH_FAIL_HIT from a23-1.deploy.akamaitechnologies.com", Some(Stale), One),
            ("x-cache: TCP_MISS from a23-1.deploy.akamaitechnologies.com", Some(Miss), One),
            ("server-timing: cdn-cache; desc=HIT, edge; dur=1", Some(Hit), One),
            ("x-vercel-cache: HIT | age: 3", Some(Hit), Several),
            ("x-vercel-cache: PRERENDER", Some(Hit), One),
            ("x-vercel-cache: STALE", Some(Stale), One),
            ("x-vercel-cache: REVALIDATED", Some(Revalidated), One),
            ("x-vercel-cache: BYPASS", Some(Bypass), One),
            ("cdn-cache-status: hit | age: 3", Some(Hit), Several),
            ("cdn-cache-status: uncacheable", Some(Bypass), One),
            ("cdn-cache-status: revalidated", Some(Revalidated), One),
            ("x-cache-status: EXPIRED", Some(Miss), One),
            ("x-cache-status: UPDATING", Some(Stale), One),
            ("x-varnish: 32770 5 | age: 2", Some(Hit), Several),
            ("x-varnish: 32770", Some(Miss), One),
            // A cache that calls it a hit, and another that knows that the origin was asked.
            ("cache-status: Edge; fwd=uri-miss | x-cache: HIT", Some(Miss), Contradicting),
            ("cf-cache-status: HIT | x-cache: Miss from cloudfront", Some(Hit), Contradicting),
        ] {
            let found = observed(lines);
            assert_eq!((found.outcome, found.evidence), (outcome, evidence), "{lines}: {found:?}");
        }
    }

    #[test]
    fn why_is_said_by_the_cache_nearest_to_the_origin() {
        let why = |lines| observed(lines).why;
        assert_eq!(why("cache-status: Shield; fwd=vary-miss, Edge; fwd=uri-miss"), Some(Forward::VaryMiss));
        assert_eq!(why("cache-status: Shield; hit, Edge; fwd=uri-miss"), None);
        assert_eq!(why("cf-cache-status: MISS"), None);
    }
}
