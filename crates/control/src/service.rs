//! The API as an HTTP service: who may ask, and how large and how slow a body may be.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Incoming};
use loadline_secrets::masked;
use serde_json::Value;
use tokio::time::{Instant, timeout};
use tower_service::Service;

use crate::answer::Answer;
use crate::api::Api;
use crate::door::{Closed, Door};

/// The largest body: data of a setup.
const LARGEST: usize = 1 << 20;
/// How long a body may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Answers requests.
#[derive(Clone)]
pub(crate) struct Answering {
    pub(crate) api: Arc<Api>,
    pub(crate) door: Arc<Door>,
}

impl Answering {
    async fn answer(self, request: Request<Incoming>) -> Answer {
        if let Err(why) = self.door.admits(request.uri(), request.headers()) {
            return closed(why);
        }
        let too_large =
            || Answer::error(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 1 MiB: it was not read");
        if request.body().size_hint().lower() > LARGEST as u64 {
            return too_large();
        }
        let (head, body) = request.into_parts();
        let body = match timeout(PATIENCE, Limited::new(body, LARGEST).collect()).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => return too_large(),
            Ok(Err(_)) => return Answer::error(StatusCode::BAD_REQUEST, "the body ended before its time"),
            Err(_) => return Answer::error(StatusCode::REQUEST_TIMEOUT, "the body did not come in time"),
        };
        self.api.answer(&head.method, head.uri.path(), &body, Instant::now())
    }
}

fn closed(why: Closed) -> Answer {
    let (status, words) = match why {
        Closed::NoToken => {
            (StatusCode::UNAUTHORIZED, "this needs the token of the run: `authorization: Bearer TOKEN`")
        }
        Closed::OtherName => (StatusCode::FORBIDDEN, "this is for this machine: ask 127.0.0.1 or localhost"),
        Closed::OtherPage => (StatusCode::FORBIDDEN, "pages of other sites may not ask this"),
    };
    Answer::error(status, words)
}

/// An answer as it is sent.
pub(crate) fn response(answer: &Answer) -> Response<Full<Bytes>> {
    let (kind, text) = match &answer.body {
        Value::String(text) => ("text/plain; charset=utf-8", text.clone()),
        body => ("application/json; charset=utf-8", body.to_string()),
    };
    let mut response = Response::new(Full::new(Bytes::from(masked(&text).into_owned())));
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if answer.status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if answer.status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD, PATCH, POST, PUT"));
    }
    response
}

impl Service<Request<Incoming>> for Answering {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move { Ok(response(&service.answer(request).await)) })
    }
}
