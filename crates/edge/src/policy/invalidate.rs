//! What an answer makes worthless: its URL, others that it names, and groups (RFC 9111 §4.4, RFC 9875 §3).

use http::header::{CONTENT_LOCATION, HOST, LOCATION};
use http::{HeaderValue, Request, Response};
use url::Url;

use super::settings::Policy;
use crate::fields::groups::{self, CACHE_GROUP_INVALIDATION};

/// What is to be marked [`Mark::Invalid`](super::Mark::Invalid), or forgotten.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invalidation {
    /// Answers to requests for these URLs, whatever else their keys say.
    pub urls: Vec<Url>,
    /// Answers in these groups, of the origin of the request.
    pub groups: Vec<String>,
}

impl Invalidation {
    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.urls.is_empty() && self.groups.is_empty()
    }
}

impl Policy {
    /// What an answer makes worthless: nothing when the method is safe, or the request came to nothing.
    pub fn invalidates(&self, request: &Request<()>, response: &Response<()>) -> Invalidation {
        let is_safe = matches!(request.method().as_str(), "GET" | "HEAD" | "OPTIONS" | "TRACE" | "QUERY");
        let is_success = response.status().is_success() || response.status().is_redirection();
        if is_safe || !is_success {
            return Invalidation::default();
        }
        let Some(target) = resolved(request, &HeaderValue::from_static("")) else {
            return Invalidation::default();
        };
        let mut urls = vec![target];
        for name in [LOCATION, CONTENT_LOCATION] {
            for value in response.headers().get_all(name) {
                // Only of the same origin: nobody may empty a cache of somebody else's answers.
                let named = resolved(request, value).filter(|named| named.origin() == urls[0].origin());
                urls.extend(named);
            }
        }
        urls.dedup();
        Invalidation { urls, groups: groups::names(response.headers(), CACHE_GROUP_INVALIDATION) }
    }
}

/// A reference resolved against the URL of a request, without its fragment; the empty one is that URL itself.
pub(crate) fn resolved(request: &Request<()>, reference: &HeaderValue) -> Option<Url> {
    let uri = request.uri();
    let base = if uri.scheme().is_some() {
        uri.to_string()
    } else {
        let host = request.headers().get(HOST)?.to_str().ok()?;
        format!("http://{host}{}", uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str))
    };
    let mut url = Url::parse(&base).ok()?.join(std::str::from_utf8(reference.as_bytes()).ok()?).ok()?;
    url.set_fragment(None);
    Some(url)
}
