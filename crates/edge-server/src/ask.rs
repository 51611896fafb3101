//! Questions to the origin: sent with what a proxy adds, and their answers brought to the cache.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, EXPIRES, SET_COOKIE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};
use hyper::body::Body as _;
use loadline_edge::fields::cache_status::{CacheStatus, Forward};
use loadline_edge::fields::hop;
use loadline_edge::rules::Asker;
use loadline_edge::{Answer, Asking, Passing, Reply};

use crate::answer;
use crate::body::Body;
use crate::clock::now;
use crate::download::Download;
use crate::forwarded;
use crate::origin::{Content, Failure, Outgoing, Upgrades};
use crate::outcome::Outcome;
use crate::worker::{Question, Worker};

/// What came of a question to the origin.
pub(crate) enum Told {
    /// This goes to the client.
    Reply(Reply),
    /// The origin's answer goes to the client as it comes.
    Passing(Box<Passing>, Download),
    /// Nothing came; this goes to the client all the same.
    Failed(Reply, Failure),
}

impl Worker {
    /// Asks the origin until there is something to say to the client.
    pub(crate) async fn ask(
        &self,
        mut asking: Box<Asking>,
        mut outgoing: Outgoing,
        question: &Question,
    ) -> Told {
        asking.set_cookie = question.applied.as_ref().and_then(|applied| applied.rule.set_cookie);
        loop {
            let content = outgoing.again();
            let request = clone(&asking.forwarded.request);
            let answer = self.sent(request.map(|()| outgoing), question, Upgrades::No).await;
            outgoing = content.unwrap_or(Outgoing::None);
            let answer = match answer {
                Ok(answer) => answer,
                Err(failure) => return Told::Failed(self.unreachable(&asking, &failure), failure),
            };
            let has_end = has_end(&answer);
            let (head, body) = answer.into_parts();
            match self.edge.cache.answer(now(), asking, &Response::from_parts(head, ())) {
                Answer::Pass(mut passing) => {
                    if passing.keeping.is_some() && !has_end {
                        passing.keeping = None;
                        (passing.status.stored, passing.status.ttl) = (false, None);
                        passing.status.detail = Some("no-length".to_owned());
                        answer::again(&mut passing.response, &passing.status);
                    }
                    return Told::Passing(passing, self.download(body));
                }
                Answer::Reply(reply) => return Told::Reply(reply),
                Answer::Ask(next) => asking = next,
            }
        }
    }

    /// Passes a request on that the cache has nothing to do with.
    pub(crate) async fn passed(
        &self,
        mut request: Request<()>,
        outgoing: Outgoing,
        question: &Question,
    ) -> Response<Body> {
        hop::strip(request.headers_mut());
        self.passed_on(self.sent(request.map(|()| outgoing), question, Upgrades::No).await)
    }

    /// What goes to the client of what was asked past the cache.
    pub(crate) fn passed_on(&self, sent: Result<Response<Content>, Failure>) -> Response<Body> {
        let mut status = self.bypass();
        let response = match sent {
            Ok(mut answer) => {
                hop::strip(answer.headers_mut());
                status.forward_status = Some(answer.status().as_u16());
                answer.map(|content| Body::streamed(self.download(content)))
            }
            Err(failure) => {
                status.detail = Some(format!("origin-{}", failure.word()));
                answer::failed(&failure)
            }
        };
        marked(response, &status)
    }

    /// That the cache had no part in it.
    pub(crate) fn bypass(&self) -> CacheStatus {
        CacheStatus {
            cache: self.edge.settings.policy.name.clone(),
            forward: Some(Forward::Bypass),
            ..CacheStatus::default()
        }
    }

    /// An answer's content as it comes.
    pub(crate) fn download(&self, content: Content) -> Download {
        Download::new(content, self.edge.settings.waits.idle, &self.counters)
    }

    /// Sends what a proxy sends. What comes back has the headers of its rule.
    pub(crate) async fn sent(
        &self,
        mut request: Request<Outgoing>,
        question: &Question,
        upgrades: Upgrades,
    ) -> Result<Response<Content>, Failure> {
        let asker = Asker::of(request.method(), request.headers());
        let host = self.edge.settings.origin_host.as_ref();
        forwarded::put(request.headers_mut(), &question.client, host, &self.edge.loops);
        let sent = self.origin.send(request, upgrades, question.urgency).await;
        let sent =
            sent.and_then(|answer| sound(answer.status(), answer.headers(), upgrades).map(|()| answer));
        match &sent {
            Ok(answer) => self.counters.asked(class(answer.status())),
            Err(failure) if failure.is_unasked() => self.counters.unasked(failure.word()),
            Err(failure) => self.counters.asked(failure.word()),
        }
        let mut answer = sent?;
        let status = answer.status();
        if let Some(time) = self.edge.settings.negative {
            negative(&asker, status, time, answer.headers_mut());
        }
        if let Some(applied) = &question.applied {
            applied.rule.put(&asker, status, answer.headers_mut());
        }
        Ok(answer)
    }

    /// What a client gets when there was no answer.
    pub(crate) fn unreachable(&self, asking: &Asking, failure: &Failure) -> Reply {
        let mut reply = self.edge.cache.unreachable(now(), asking);
        // What is stored has a time, be it over; an error has none.
        if reply.status.ttl.is_none() {
            let spoken = answer::failed(failure);
            reply.status.detail = Some(format!("origin-{}", failure.word()));
            reply.response = spoken.map(|_| Bytes::from(format!("{failure}\n")));
            reply.status.append_to(reply.response.headers_mut());
        }
        reply
    }
}

/// The kind of a status.
fn class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

/// Whether an answer says where it ends. One that ends with its connection could have been cut off anywhere, and nobody
/// would know.
fn has_end(answer: &Response<Content>) -> bool {
    answer.version() == Version::HTTP_2
        || answer.body().body.is_end_stream()
        || [CONTENT_LENGTH, TRANSFER_ENCODING].iter().any(|name| answer.headers().contains_key(name))
}

fn clone(request: &Request<()>) -> Request<()> {
    let mut same = Request::new(());
    *same.method_mut() = request.method().clone();
    *same.uri_mut() = request.uri().clone();
    *same.headers_mut() = request.headers().clone();
    same
}

/// An answer that says in two ways how long it is may be two answers to somebody (RFC 9112 §6.3), and so may one behind
/// which another protocol is to begin that nobody has asked for (RFC 9110 §7.8). Other interim answers do not get here:
/// they are of this connection, and go no further.
fn sound(status: StatusCode, headers: &HeaderMap, upgrades: Upgrades) -> Result<(), Failure> {
    let codings: Vec<&HeaderValue> = headers.get_all(TRANSFER_ENCODING).iter().collect();
    let wrong = |what: &str| Err(Failure::Malformed(what.to_owned()));
    if status == StatusCode::SWITCHING_PROTOCOLS && upgrades == Upgrades::No {
        return wrong("it goes on in another protocol, which nobody has asked for");
    }
    match codings.as_slice() {
        [] => Ok(()),
        [coding] if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => {
            if headers.contains_key(CONTENT_LENGTH) {
                return wrong("it has both a length and a transfer coding");
            }
            Ok(())
        }
        _ => wrong("it has a transfer coding that is not `chunked`"),
    }
}

/// Has an error kept for a while that says nothing of it itself.
fn negative(asker: &Asker, status: StatusCode, time: Duration, headers: &mut HeaderMap) {
    let is_lasting = matches!(status.as_u16(), 404 | 405 | 410 | 414 | 501);
    let is_asking = matches!(asker.method, Method::GET | Method::HEAD) && !asker.is_authorized;
    let says = [CACHE_CONTROL, EXPIRES, SET_COOKIE].iter().any(|name| headers.contains_key(name));
    if is_lasting && is_asking && !says {
        let value = format!("max-age={}", time.as_secs());
        headers.extend(HeaderValue::from_str(&value).ok().map(|value| (CACHE_CONTROL, value)));
    }
}

/// An answer that says what the cache did, and is counted as that.
pub(crate) fn marked(mut response: Response<Body>, status: &CacheStatus) -> Response<Body> {
    status.append_to(response.headers_mut());
    response.map(|body| body.with_outcome(Outcome::of(status)))
}
