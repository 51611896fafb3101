//! One text at one path, made anew for each request: metrics, for whoever scrapes them.

use std::convert::Infallible;
use std::fmt;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use tower_service::Service;

/// A service that has nothing but a text.
#[derive(Clone)]
pub struct Page {
    path: &'static str,
    kind: &'static str,
    made: Arc<dyn Fn() -> String + Send + Sync>,
}

impl Page {
    /// What is `made` for each request of this path, of a kind such as `text/plain`.
    pub fn new(
        path: &'static str,
        kind: &'static str,
        made: impl Fn() -> String + Send + Sync + 'static,
    ) -> Self {
        Self { path, kind, made: Arc::new(made) }
    }

    fn answer<B>(&self, request: &Request<B>) -> Response<Full<Bytes>> {
        let (status, kind, text) = match (request.method(), request.uri().path() == self.path) {
            (_, false) => (StatusCode::NOT_FOUND, "text/plain", format!("here is {}\n", self.path)),
            (&Method::GET | &Method::HEAD, true) => (StatusCode::OK, self.kind, (self.made)()),
            (_, true) => (StatusCode::METHOD_NOT_ALLOWED, "text/plain", "it is read with GET\n".to_owned()),
        };
        let mut response = Response::new(Full::new(Bytes::from(text)));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        if status == StatusCode::METHOD_NOT_ALLOWED {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        response
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Page({}, {})", self.path, self.kind)
    }
}

impl<B> Service<Request<B>> for Page {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ready(Ok(self.answer(&request)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_at_its_path_and_nowhere_else() {
        let page = Page::new("/metrics", "text/plain", || "a 1\n".to_owned());
        let status = |method: &str, path: &str| {
            page.answer(&Request::builder().method(method).uri(path).body(()).unwrap()).status().as_u16()
        };
        let asked = [("GET", "/metrics"), ("GET", "/metrics?x"), ("GET", "/"), ("POST", "/metrics")];
        assert_eq!(asked.map(|(method, path)| status(method, path)), [200, 200, 404, 405]);
    }
}
