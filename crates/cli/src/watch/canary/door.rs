//! Where rollouts ask about a canary: `GET` for whoever reads the answer, `POST` for whoever goes by its status alone.
//!
//! Questions wait in a queue, because each is several of a Prometheus; whoever comes when it is full is told so.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tower_service::Service;

use super::question::Question;

/// Where it is asked.
pub(super) const PATH: &str = "/canary";
/// Questions that wait.
pub(super) const MOST: usize = 16;

/// A question, and who waits for the answer.
pub(super) struct Asked {
    pub(super) question: Question,
    pub(super) answer: oneshot::Sender<Answer>,
}

/// What is known of it.
pub(super) enum Answer {
    /// Found out: the document, and whether the canary may go on.
    Found(Value, bool),
    /// Not found out, and why.
    Unknown(String),
}

/// A service that hands questions on.
#[derive(Clone)]
pub(super) struct Door {
    pub(super) usual: Question,
    pub(super) questions: mpsc::Sender<Asked>,
}

impl Door {
    /// What is asked and the way to its answer, or what is answered at once.
    fn asked<B>(&self, request: &Request<B>) -> Result<oneshot::Receiver<Answer>, (StatusCode, Value)> {
        let refused = |status: StatusCode, why: String| (status, json!({ "error": why }));
        if request.uri().path() != PATH {
            return Err(refused(StatusCode::NOT_FOUND, format!("here is {PATH}")));
        }
        if ![Method::GET, Method::POST].contains(request.method()) {
            let why = "it is asked with GET, or with POST by whoever goes by the status".to_owned();
            return Err(refused(StatusCode::METHOD_NOT_ALLOWED, why));
        }
        let question = self.usual.with(request.uri().query().unwrap_or_default());
        let question = question.map_err(|error| refused(StatusCode::BAD_REQUEST, format!("{error:#}")))?;
        let (answer, answered) = oneshot::channel();
        self.questions.try_send(Asked { question, answer }).map(|()| answered).map_err(|_| {
            let why = format!("{MOST} questions wait already: ask again later");
            refused(StatusCode::SERVICE_UNAVAILABLE, why)
        })
    }
}

/// The status and the document of an answer.
fn status(answer: Option<Answer>, by_status: bool) -> (StatusCode, Value) {
    match answer {
        Some(Answer::Found(document, goes_on)) if goes_on || !by_status => (StatusCode::OK, document),
        Some(Answer::Found(document, _)) => (StatusCode::PRECONDITION_FAILED, document),
        Some(Answer::Unknown(why)) => (StatusCode::BAD_GATEWAY, json!({ "error": why })),
        None => (StatusCode::SERVICE_UNAVAILABLE, json!({ "error": "it ends" })),
    }
}

fn response((status, document): (StatusCode, Value)) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(format!("{document}\n"))));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, POST"));
    }
    response
}

impl<B> Service<Request<B>> for Door {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (asked, by_status) = (self.asked(&request), request.method() == Method::POST);
        Box::pin(async move {
            Ok(response(match asked {
                Ok(answered) => status(answered.await.ok(), by_status),
                Err(refused) => refused,
            }))
        })
    }
}

#[cfg(test)]
mod tests {
    use loadline_watch::canary::Side;

    use super::*;

    fn door() -> (Door, mpsc::Receiver<Asked>) {
        let (questions, asked) = mpsc::channel(MOST);
        let usual = Question::new(&Side::parse("track=canary").unwrap(), None, 900).unwrap();
        (Door { usual, questions }, asked)
    }

    fn request(method: &str, path: &str) -> Request<()> {
        Request::builder().method(method).uri(path).body(()).unwrap()
    }

    #[test]
    fn whoever_goes_by_the_status_is_told_by_it() {
        let found = |goes_on| Some(Answer::Found(json!({}), goes_on));
        let of = |answer, by_status| status(answer, by_status).0.as_u16();
        assert_eq!((of(found(true), true), of(found(false), true)), (200, 412));
        assert_eq!((of(found(true), false), of(found(false), false)), (200, 200));
        let unknown = || Some(Answer::Unknown("away".to_owned()));
        assert_eq!((of(unknown(), true), of(unknown(), false), of(None, false)), (502, 502, 503));
    }

    #[test]
    fn what_is_no_question_is_answered_at_once() {
        let (door, _asked) = door();
        let status = |method: &str, path: &str| {
            door.asked(&request(method, path)).err().map(|(status, _)| status.as_u16())
        };
        assert_eq!(status("GET", "/"), Some(404));
        assert_eq!(status("PUT", "/canary"), Some(405));
        assert_eq!(status("GET", "/canary?over=x"), Some(400));
        assert_eq!(status("POST", "/canary?over=1h"), None);
        for _ in 1..MOST {
            assert_eq!(status("GET", "/canary"), None);
        }
        assert_eq!(status("GET", "/canary"), Some(503));
    }
}
