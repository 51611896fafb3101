//! What is asked for, and what is answered.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use loadline_page::{live_page, program, style};
use tower_service::Service;

use crate::answer::{self, Body};
use crate::channel::Channel;
use crate::door::{Door, Entry};

/// The header by which a browser says what it had last.
const LAST_EVENT: &str = "last-event-id";

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
}

impl Pages {
    async fn answer(self, request: Request<Incoming>) -> Response<Body> {
        match self.door.entry(request.uri(), request.headers()) {
            Entry::Open => {}
            Entry::With(path, cookie) => return answer::elsewhere(&path, &cookie),
            Entry::Closed(why) => return answer::words(StatusCode::FORBIDDEN, why),
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
                answer::page(live_page(&channel.title(), &events))
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
