//! What is for whoever runs the edge, on an address of its own: metrics, purging, rules that are read again.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use loadline_edge::Purge;
use loadline_prometheus::TEXT;
use loadline_serve::{Bound, Drained, Patience, Peer};
use serde_json::json;
use tower_service::Service;
use url::Url;
use url::form_urlencoded;

use crate::answer;
use crate::arrival::Refusal;
use crate::body::Body;
use crate::edge::Edge;
use crate::purge::purged;

/// Serves it until `stop`.
pub async fn serve_admin(
    edge: &Arc<Edge>,
    bound: Bound,
    patience: Patience,
    stop: impl Future<Output = ()>,
) -> Drained {
    loadline_serve::serve(bound, Admin(Arc::clone(edge)), patience, stop).await
}

#[derive(Clone)]
struct Admin(Arc<Edge>);

impl Admin {
    async fn answer(&self, request: &Request<Incoming>) -> Result<Response<Body>, Refusal> {
        let address = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
        if !address.is_some_and(|address| self.0.settings.access.admits(address, request.headers())) {
            let words =
                "this is for whoever shows the token, or, where there is none, for this machine itself";
            return Err(Refusal::new(StatusCode::FORBIDDEN, words));
        }
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/metrics") => {
                let mut response = answer::spoken(StatusCode::OK, self.0.metrics().trim_end());
                let kind = HeaderValue::from_static(TEXT);
                response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
                Ok(response)
            }
            (&Method::GET, "/health") => {
                let origin = if self.0.health.counts().is_down { "down" } else { "up" };
                Ok(answer::json(StatusCode::OK, &json!({ "origin": origin })))
            }
            (&Method::POST, "/purge") => {
                let query = request.uri().query().unwrap_or_default();
                let (purges, softly) = wanted(query)
                    .ok_or_else(|| Refusal::new(StatusCode::BAD_REQUEST, "say what: `/purge?url=…`, `key=…`, `tag=…`, `group=…` or `all`, each as often as you like, and `soft` to make it stale only"))?;
                Ok(purged(&self.0, &purges, softly).await)
            }
            (&Method::POST, "/reload") => Ok(match self.0.reload() {
                Ok(rules) => answer::json(StatusCode::OK, &json!({ "rules": rules })),
                Err(error) => answer::spoken(StatusCode::UNPROCESSABLE_ENTITY, &error),
            }),
            (_, "/metrics" | "/health" | "/purge" | "/reload") => Err(Refusal::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "metrics and health are read, the others are `POST`",
            )),
            _ => Err(Refusal::new(StatusCode::NOT_FOUND, "here are /metrics, /health, /purge and /reload")),
        }
    }
}

/// What a query wants purged, and whether softly; none when it does not say clearly.
fn wanted(query: &str) -> Option<(Vec<Purge>, bool)> {
    let (mut purges, mut softly) = (Vec::new(), false);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match (&*name, value) {
            ("url", url) => purges.push(Purge::Url(Url::parse(&url).ok()?)),
            ("key", key) => purges.push(Purge::Key(key.into_owned())),
            ("tag", tag) => purges.push(Purge::Tag(tag.into_owned())),
            ("group", group) => purges.push(Purge::Group(group.into_owned())),
            ("all", value) if is_yes(&value) => purges.push(Purge::All),
            ("soft", value) if is_yes(&value) => softly = true,
            _ => return None,
        }
    }
    (!purges.is_empty()).then_some((purges, softly))
}

fn is_yes(value: &str) -> bool {
    matches!(value, "" | "1" | "true")
}

impl Service<Request<Incoming>> for Admin {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let admin = self.clone();
        Box::pin(async move {
            let cache = &admin.0.settings.policy.name;
            Ok(admin.answer(&request).await.unwrap_or_else(|refusal| answer::refused(cache, &refusal)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_says_clearly_what_is_purged() {
        let tag = |name: &str| Purge::Tag(name.to_owned());
        assert_eq!(wanted("tag=a&tag=b%20c&soft=1"), Some((vec![tag("a"), tag("b c")], true)));
        assert_eq!(wanted("all"), Some((vec![Purge::All], false)));
        assert_eq!(wanted("group=a&soft"), Some((vec![Purge::Group("a".to_owned())], true)));
        for unclear in ["", "soft=1", "url=a", "tags=a", "all=no", "tag=a&soft=no"] {
            assert_eq!(wanted(unclear), None, "{unclear}");
        }
    }
}
