//! `PURGE`: what is kept is made stale, or forgotten, by its URL, key, tags or groups.
//!
//! | request | purges |
//! |---|---|
//! | `PURGE /a?b` | all answers for this URL |
//! | with `Cache-Tag: a, b` or `Surrogate-Key: a b` | what has one of these tags, whatever its URL |
//! | with `Cache-Groups: "a", "b"` | what is in one of these groups (RFC 9875) |
//! | with `Cache-Key: method=GET …` | what has this key, as `loadline edge key` shows it |
//! | with `Soft-Purge: 1` as well | makes it stale: it may still be served while it is asked for again |

use std::sync::Arc;
use std::sync::atomic::Ordering;

use http::{HeaderMap, Request, Response, StatusCode};
use loadline_edge::Purge;
use loadline_edge::fields::groups;
use url::Url;

use crate::answer;
use crate::arrival::{Client, Refusal};
use crate::body::Body;
use crate::edge::Edge;
use crate::outcome::Outcome;
use crate::worker::Worker;

/// What a request wants purged.
pub(crate) fn wanted(request: &Request<()>, client: &Client) -> Result<Vec<Purge>, Refusal> {
    let headers = request.headers();
    let mut purges = Vec::new();
    purges.extend(words(headers, "cache-tag", ',').map(Purge::Tag));
    purges.extend(words(headers, "surrogate-key", ' ').map(Purge::Tag));
    purges.extend(groups::names(headers, groups::CACHE_GROUPS).into_iter().map(Purge::Group));
    let keys = headers.get_all("cache-key").iter().filter_map(|line| line.to_str().ok());
    purges.extend(keys.map(|key| Purge::Key(key.to_owned())));
    if purges.is_empty() {
        let named = ["cache-tag", "surrogate-key", "cache-groups", "cache-key"];
        if named.iter().any(|name| headers.contains_key(*name)) {
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "what is to be purged cannot be read"));
        }
        let scheme = if client.is_encrypted { "https" } else { "http" };
        let host = client.host.as_ref().and_then(|host| host.to_str().ok()).unwrap_or_default();
        let target = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let url = Url::parse(&format!("{scheme}://{host}{target}"));
        let url =
            url.map_err(|_| Refusal::new(StatusCode::BAD_REQUEST, "the host is missing or malformed"))?;
        purges.push(Purge::Url(url));
    }
    Ok(purges)
}

/// Whether it is to be made stale only.
pub(crate) fn is_soft(headers: &HeaderMap) -> bool {
    ["soft-purge", "fastly-soft-purge"].iter().any(|name| {
        headers.get(*name).is_some_and(|value| value.as_bytes() == b"1" || value.as_bytes() == b"true")
    })
}

/// Purges, and says how much that was; with a disk, once a crash would not bring it back.
pub(crate) async fn purged(edge: &Arc<Edge>, purges: &[Purge], softly: bool) -> Response<Body> {
    let count: usize = purges.iter().map(|purge| edge.purge(purge, softly)).sum();
    // What is gone takes room until somebody comes upon it; nobody waits for it to be swept away.
    if !softly && count > 0 && !edge.is_swept.swap(true, Ordering::Relaxed) {
        let edge = Arc::clone(edge);
        tokio::task::spawn_blocking(move || {
            edge.cache.sweep();
            edge.is_swept.store(false, Ordering::Relaxed);
        });
    }
    if let Some(disk) = edge.disk.get() {
        let disk = Arc::clone(disk);
        let settled = tokio::task::spawn_blocking(move || {
            disk.settle();
            disk.counts().is_broken
        });
        if settled.await.unwrap_or(true) {
            let words =
                "it is purged, and the disk does not take that: empty its folder before the next start";
            return answer::spoken(StatusCode::INTERNAL_SERVER_ERROR, words);
        }
    }
    answer::json(StatusCode::OK, &serde_json::json!({ "purged": count, "soft": softly }))
}

impl Worker {
    /// A `PURGE` that came where clients come.
    pub(crate) async fn purge(
        &self,
        request: &Request<()>,
        client: &Client,
    ) -> Result<Response<Body>, Refusal> {
        if !self.edge.settings.access.admits(client.address.ip(), request.headers()) {
            let words =
                "purging is for whoever shows the token, or, where there is none, for this machine itself";
            return Err(Refusal::new(StatusCode::FORBIDDEN, words));
        }
        let purges = wanted(request, client)?;
        let answer = purged(&self.edge, &purges, is_soft(request.headers())).await;
        Ok(answer.map(|body| body.with_outcome(Outcome::Purged)))
    }
}

fn words<'h>(headers: &'h HeaderMap, name: &str, apart: char) -> impl Iterator<Item = String> + use<'h> {
    let lines: Vec<&'h str> = headers.get_all(name).iter().filter_map(|line| line.to_str().ok()).collect();
    lines
        .into_iter()
        .flat_map(move |line| line.split(apart))
        .map(|word| word.trim().to_owned())
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[(&'static str, &str)]) -> Result<Vec<Purge>, StatusCode> {
        let mut request = Request::new(());
        *request.uri_mut() = "/a?b=1".parse().unwrap();
        for (name, value) in lines {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        let client = Client {
            address: "127.0.0.1:1".parse().unwrap(),
            is_encrypted: false,
            host: Some("shop.test".parse().unwrap()),
            version: http::Version::HTTP_11,
        };
        wanted(&request, &client).map_err(|refusal| refusal.status)
    }

    #[test]
    fn what_is_named_is_purged_and_otherwise_the_url() {
        let url = Purge::Url(Url::parse("http://shop.test/a?b=1").unwrap());
        assert_eq!(of(&[]).unwrap(), [url]);
        let tag = |name: &str| Purge::Tag(name.to_owned());
        assert_eq!(of(&[("cache-tag", "a, b"), ("cache-tag", "c")]).unwrap(), [tag("a"), tag("b"), tag("c")]);
        assert_eq!(of(&[("surrogate-key", "a  b")]).unwrap(), [tag("a"), tag("b")]);
        assert_eq!(of(&[("cache-groups", "\"a\"")]).unwrap(), [Purge::Group("a".to_owned())]);
        assert_eq!(of(&[("cache-key", "method=GET")]).unwrap(), [Purge::Key("method=GET".to_owned())]);
        // Nothing that can be read is not the URL.
        for wrong in [("cache-groups", "a"), ("cache-tag", " , ")] {
            assert_eq!(of(&[wrong]).unwrap_err(), StatusCode::BAD_REQUEST, "{wrong:?}");
        }
    }
}
