//! What is asked for, and what is answered.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::{HOST, ORIGIN};
use http::{HeaderName, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use loadline_page::{live_page, program, style};
use tokio::time::timeout;
use tower_service::Service;

use crate::answer::{self, Body};
use crate::channel::Channel;
use crate::door::{Door, Entry};
use crate::steered::Steered;

/// The header by which a browser says what it had last.
const LAST_EVENT: &str = "last-event-id";

/// Paths that are answered by whoever steers the run.
const STEERED: &str = "/v1/";
/// The largest body that steers.
const LARGEST: usize = 64 << 10;
/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What there is at a path.
pub enum Shown {
    /// A page, as HTML without program and style of its own.
    Page(String),
    /// A run that goes on: the page that follows it.
    Live(Arc<Channel>),
    /// What happens in it.
    Events(Arc<Channel>),
    /// There is nothing; why, in words.
    Nothing(String),
    /// It could not be made; why, in words.
    Failed(String),
}

/// What a dashboard shows.
pub trait Shows: Send + Sync + 'static {
    /// What there is at this path, with this query. The path of the events of a page is that of the page with `events`
    /// behind it.
    fn at(&self, path: &str, query: &str) -> Pin<Box<dyn Future<Output = Shown> + Send>>;
}

/// One run alone.
impl Shows for Arc<Channel> {
    fn at(&self, path: &str, _: &str) -> Pin<Box<dyn Future<Output = Shown> + Send>> {
        let shown = match path {
            "/" => Shown::Live(Arc::clone(self)),
            "/events" => Shown::Events(Arc::clone(self)),
            _ => Shown::Nothing("there is one page here, at `/`".to_owned()),
        };
        let answer: Ready<Shown> = ready(shown);
        Box::pin(answer)
    }
}

/// Answers requests.
#[derive(Clone)]
pub(crate) struct Pages {
    pub(crate) door: Arc<Door>,
    pub(crate) shows: Arc<dyn Shows>,
    /// Where the run that it shows can be steered.
    pub(crate) steered: Option<Arc<dyn Steered>>,
}

impl Pages {
    async fn answer(self, request: Request<Incoming>) -> Response<Body> {
        match self.door.entry(request.uri(), request.headers()) {
            Entry::Open => {}
            Entry::With(path, cookie) => return answer::elsewhere(&path, &cookie),
            Entry::Closed(why) => return answer::words(StatusCode::FORBIDDEN, why),
        }
        if let Some(steered) = self.steered.clone().filter(|_| request.uri().path().starts_with(STEERED)) {
            return steer(&*steered, request).await;
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return answer::words(StatusCode::METHOD_NOT_ALLOWED, "there is nothing here but to look at");
        }
        let path = request.uri().path();
        match path {
            "/page.js" => return answer::file("text/javascript; charset=utf-8", program()),
            "/page.css" => return answer::file("text/css; charset=utf-8", style()),
            _ => {}
        }
        match self.shows.at(path, request.uri().query().unwrap_or_default()).await {
            Shown::Page(html) => answer::page(html),
            Shown::Live(channel) => {
                let events = format!("{}/events", path.trim_end_matches('/'));
                answer::page(live_page(&channel.title(), &events, self.steered.is_some()))
            }
            Shown::Events(channel) => {
                let had = request.headers().get(LAST_EVENT).and_then(|id| id.to_str().ok());
                let had = had.and_then(|id| channel.known(id));
                answer::stream(channel, had)
            }
            Shown::Nothing(why) => answer::nothing(StatusCode::NOT_FOUND, &why),
            Shown::Failed(why) => answer::nothing(StatusCode::INTERNAL_SERVER_ERROR, &why),
        }
    }
}

/// Asks whoever steers the run, for a page of this server's own: one of another site can send without asking first what
/// a form can, but not without its origin.
async fn steer(steered: &dyn Steered, request: Request<Incoming>) -> Response<Body> {
    let text = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let host = request.uri().authority().map(http::uri::Authority::as_str).or(text(HOST));
    let origin = request
        .headers()
        .contains_key(ORIGIN)
        .then(|| text(ORIGIN).and_then(|origin| origin.split_once("://")).map(|(_, origin)| origin));
    let is_own = origin.is_none_or(|origin| origin.is_some() && origin == host);
    let site = text(HeaderName::from_static("sec-fetch-site"));
    if !is_own || matches!(site, Some("cross-site" | "same-site")) {
        return answer::words(StatusCode::FORBIDDEN, "pages of other sites may not steer this run");
    }
    let (head, body) = request.into_parts();
    let body = timeout(PATIENCE, Limited::new(body, LARGEST).collect()).await;
    let Ok(Ok(body)) = body else {
        return answer::words(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large, or did not come");
    };
    let (status, text) = steered.ask(&head.method, head.uri.path(), &body.to_bytes());
    answer::json(status, &text)
}

impl Service<Request<Incoming>> for Pages {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let pages = self.clone();
        Box::pin(async move { Ok(pages.answer(request).await) })
    }
}
