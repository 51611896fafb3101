//! What a cache in front really did, as it says itself: `loadline edge serve` counts requests by rule and outcome, and
//! this service, which sees only what the cache did not have, reads its counters and shows them as its own
//! `cache_hit_rate`.

use std::{collections::BTreeMap, time::Duration};

use axum::http::Uri;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use loadline_monitor::Monitor;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// How often it is asked.
const EVERY: Duration = Duration::from_secs(5);
/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// More of its answer is not read.
const LARGEST_BYTES: usize = 1 << 20;
/// The counter of requests by rule.
const COUNTER: &str = "loadline_edge_rule_requests_total{";

/// What this service calls the endpoints of its rules, where that is not the rule's own name.
const ENDPOINTS: [(&str, &str); 3] =
    [("page", "/"), ("static", "/_next/static/{*path}"), ("images", "/images/programs/{file}")];

/// Asks again and again, for as long as the service runs.
pub(super) async fn follow(metrics: &Uri, monitor: &Monitor) {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_there = true;
    loop {
        ticks.tick().await;
        match timeout(PATIENCE, read(&client, metrics)).await {
            Ok(Ok(text)) => {
                is_there = true;
                for (rule, (hits, misses)) in counted(&text) {
                    let known = ENDPOINTS.iter().find(|(known, _)| *known == rule);
                    monitor.tell_cache(known.map_or(rule.as_str(), |(_, endpoint)| endpoint), hits, misses);
                }
            }
            // Said once: what it has told stays as it was.
            answer if is_there => {
                is_there = false;
                let why = answer
                    .map_or_else(|_| "it does not answer".to_owned(), |read| read.err().unwrap_or_default());
                tracing::warn!(%metrics, why, "the cache in front does not tell what it did");
            }
            _ => {}
        }
    }
}

async fn read(client: &Client<HttpConnector, Empty<Bytes>>, metrics: &Uri) -> Result<String, String> {
    let answer = client.get(metrics.clone()).await.map_err(|error| error.to_string())?;
    if !answer.status().is_success() {
        return Err(format!("it answers {}", answer.status()));
    }
    let body = Limited::new(answer.into_body(), LARGEST_BYTES).collect().await;
    let bytes = body.map_err(|error| error.to_string())?.to_bytes();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Hits and misses by rule. What was refused, and what no rule is for, is neither.
fn counted(text: &str) -> BTreeMap<String, (u64, u64)> {
    let mut all: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for line in text.lines() {
        let Some((labels, value)) = line.strip_prefix(COUNTER).and_then(|rest| rest.split_once("} ")) else {
            continue;
        };
        let label = |name: &str| {
            let (_, rest) = labels.split_once(&format!("{name}=\""))?;
            rest.split_once('"').map(|(value, _)| value)
        };
        let (Some(rule), Some(outcome), Ok(count)) =
            (label("rule"), label("outcome"), value.trim().parse::<u64>())
        else {
            continue;
        };
        let is_asked = !matches!(outcome, "refused" | "bypass" | "method");
        if rule.is_empty() || !is_asked {
            continue;
        }
        let (hits, misses) = all.entry(rule.to_owned()).or_default();
        if matches!(outcome, "hit" | "stale") {
            *hits += count;
        } else {
            *misses += count;
        }
    }
    all.retain(|_, (hits, misses)| *hits + *misses > 0);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_hits_and_misses() {
        let text = "# TYPE loadline_edge_rule_requests_total counter\n\
                    loadline_edge_rule_requests_total{rule=\"static\",outcome=\"hit\"} 90\n\
                    loadline_edge_rule_requests_total{rule=\"static\",outcome=\"stale\"} 5\n\
                    loadline_edge_rule_requests_total{rule=\"static\",outcome=\"collapsed\"} 3\n\
                    loadline_edge_rule_requests_total{rule=\"static\",outcome=\"miss\"} 2\n\
                    loadline_edge_rule_requests_total{rule=\"everything else\",outcome=\"bypass\"} 7\n\
                    loadline_edge_rule_requests_total{rule=\"\",outcome=\"hit\"} 7\n\
                    loadline_edge_rule_requests_total{rule=\"odd\",outcome=\"hit\"} many\n\
                    loadline_edge_requests_total{outcome=\"hit\"} 95\n";
        assert_eq!(counted(text), BTreeMap::from([("static".to_owned(), (95, 5))]));
    }
}
