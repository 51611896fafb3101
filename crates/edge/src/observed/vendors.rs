//! What vendors call what their caches did. Words are theirs, of late 2026; one that is not known tells nothing.

use http::HeaderMap;

use super::signal::{Outcome, Signal, Teller};
use crate::fields::delta;
use crate::fields::list::{first, members};

/// Everything that fields of vendors tell, and the age behind them.
pub(super) fn signals(headers: &HeaderMap) -> Vec<Signal> {
    let told = [
        (Teller::Cloudflare, first(headers, "cf-cache-status").and_then(cloudflare)),
        (Teller::Vercel, first(headers, "x-vercel-cache").and_then(vercel)),
        (Teller::Google, first(headers, "cdn-cache-status").and_then(google)),
        (Teller::Nginx, first(headers, "x-cache-status").and_then(nginx)),
        x_cache(headers),
        (Teller::Akamai, server_timing(headers)),
        (Teller::Varnish, first(headers, "x-varnish").and_then(varnish)),
        (Teller::Age, age(headers)),
    ];
    told.into_iter().filter_map(|(teller, outcome)| Some(Signal { teller, outcome: outcome? })).collect()
}

/// Whether a vendor says of a miss that there was something, which was stale.
pub(super) fn is_expired(headers: &HeaderMap) -> bool {
    ["cf-cache-status", "x-cache-status", "x-cache"].into_iter().filter_map(|name| first(headers, name)).any(
        |words| {
            let words = words.to_ascii_lowercase();
            let word = words.split_whitespace().next().unwrap_or_default();
            matches!(word, "expired" | "tcp_expired_miss" | "tcp_refresh_miss")
        },
    )
}

fn cloudflare(word: &str) -> Option<Outcome> {
    match word.to_ascii_uppercase().as_str() {
        "HIT" => Some(Outcome::Hit),
        "STALE" | "UPDATING" => Some(Outcome::Stale),
        "REVALIDATED" => Some(Outcome::Revalidated),
        "MISS" | "EXPIRED" => Some(Outcome::Miss),
        "BYPASS" | "DYNAMIC" => Some(Outcome::Bypass),
        _ => None,
    }
}

fn vercel(word: &str) -> Option<Outcome> {
    match word.to_ascii_uppercase().as_str() {
        // Made when the site was built, and served from the edge.
        "HIT" | "PRERENDER" => Some(Outcome::Hit),
        "STALE" => Some(Outcome::Stale),
        "REVALIDATED" => Some(Outcome::Revalidated),
        "MISS" => Some(Outcome::Miss),
        "BYPASS" => Some(Outcome::Bypass),
        _ => None,
    }
}

fn google(word: &str) -> Option<Outcome> {
    match word.to_ascii_lowercase().as_str() {
        "hit" => Some(Outcome::Hit),
        "stale" => Some(Outcome::Stale),
        "revalidated" => Some(Outcome::Revalidated),
        "miss" => Some(Outcome::Miss),
        "uncacheable" | "disabled" | "bypass" => Some(Outcome::Bypass),
        _ => None,
    }
}

fn nginx(word: &str) -> Option<Outcome> {
    match word.to_ascii_uppercase().as_str() {
        "HIT" => Some(Outcome::Hit),
        "STALE" | "UPDATING" => Some(Outcome::Stale),
        "REVALIDATED" => Some(Outcome::Revalidated),
        "MISS" | "EXPIRED" => Some(Outcome::Miss),
        "BYPASS" => Some(Outcome::Bypass),
        _ => None,
    }
}

/// `X-Cache`, which three vendors and many configurations fill with words of their own.
fn x_cache(headers: &HeaderMap) -> (Teller, Option<Outcome>) {
    let Some(line) = first(headers, "x-cache") else { return (Teller::Fastly, None) };
    let words = line.to_ascii_lowercase();
    if let Some(word) = words.strip_suffix(" from cloudfront") {
        return (Teller::CloudFront, cloudfront(word));
    }
    if words.starts_with("tcp_") {
        return (Teller::Akamai, akamai(words.split_whitespace().next().unwrap_or_default()));
    }
    // One word for each tier, the one nearest to the origin first: any hit spares it the request.
    let tiers: Vec<&str> = words.split(',').map(str::trim).collect();
    let outcome = if tiers.iter().any(|tier| tier.starts_with("hit")) {
        Some(Outcome::Hit)
    } else if tiers.iter().any(|tier| tier.starts_with("miss")) {
        Some(Outcome::Miss)
    } else if tiers.iter().any(|tier| tier.starts_with("pass")) {
        Some(Outcome::Bypass)
    } else {
        None
    };
    (Teller::Fastly, outcome)
}

fn cloudfront(word: &str) -> Option<Outcome> {
    match word {
        "hit" | "originshieldhit" => Some(Outcome::Hit),
        "refreshhit" => Some(Outcome::Revalidated),
        // An error is served after the origin was asked, or could not be.
        "miss" | "error" => Some(Outcome::Miss),
        _ => None,
    }
}

fn akamai(word: &str) -> Option<Outcome> {
    match word {
        "tcp_hit" | "tcp_mem_hit" | "tcp_ims_hit" | "tcp_negative_hit" => Some(Outcome::Hit),
        "tcp_refresh_fail_hit" | "tcp_expired_hit" => Some(Outcome::Stale),
        "tcp_refresh_hit" => Some(Outcome::Revalidated),
        "tcp_miss" | "tcp_refresh_miss" | "tcp_expired_miss" | "tcp_cookie_deny" => Some(Outcome::Miss),
        _ => None,
    }
}

/// `Server-Timing: cdn-cache; desc=HIT`, as Akamai's agents send it.
fn server_timing(headers: &HeaderMap) -> Option<Outcome> {
    let metric = members(headers, "server-timing").find(|metric| {
        metric.split(';').next().is_some_and(|name| name.trim().eq_ignore_ascii_case("cdn-cache"))
    })?;
    let word = metric.split(';').find_map(|part| part.trim().strip_prefix("desc="))?;
    match word.trim_matches('"').to_ascii_uppercase().as_str() {
        "HIT" => Some(Outcome::Hit),
        "REVALIDATE" => Some(Outcome::Revalidated),
        "MISS" => Some(Outcome::Miss),
        _ => None,
    }
}

/// The number of the request, and behind it that of the one which fetched the answer, if that was another.
fn varnish(numbers: &str) -> Option<Outcome> {
    let numbers: Vec<&str> = numbers.split_whitespace().collect();
    match numbers.as_slice() {
        [one] if one.parse::<u64>().is_ok() => Some(Outcome::Miss),
        [one, other] if one.parse::<u64>().is_ok() && other.parse::<u64>().is_ok() => Some(Outcome::Hit),
        _ => None,
    }
}

/// An age of a second or more; below, it says as little as none.
fn age(headers: &HeaderMap) -> Option<Outcome> {
    let age = members(headers, http::header::AGE).next().and_then(delta::seconds)?;
    (!age.is_zero()).then_some(Outcome::Hit)
}
