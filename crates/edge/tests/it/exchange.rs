//! Requests and answers for tests of what is kept.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, Request, Response};
use loadline_edge::key::{self, Key};
use loadline_edge::policy::Policy;
use loadline_edge::{Asking, Cache, Limits, Moment, Step};

pub(crate) const NOW: Moment = Moment::from_seconds(784_111_777);

pub(crate) fn cache() -> Cache {
    Cache::new(Policy::default(), Limits::default())
}

pub(crate) fn request(path: &str, headers: &[(&str, &str)]) -> (Key, Request<()>) {
    let mut request = Request::get(format!("http://shop.test{path}")).body(()).expect("a request");
    for (name, value) in headers {
        request
            .headers_mut()
            .append(name.parse::<HeaderName>().expect("a name"), value.parse().expect("a value"));
    }
    (key::plain(&request, b"").expect("a key"), request)
}

pub(crate) fn answer(headers: &[(&str, &str)], body: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::copy_from_slice(body.as_bytes()));
    for (name, value) in headers {
        response
            .headers_mut()
            .append(name.parse::<HeaderName>().expect("a name"), value.parse().expect("a value"));
    }
    response
}

pub(crate) fn ask(cache: &Cache, now: Moment, path: &str) -> Step {
    let (key, request) = request(path, &[]);
    cache.request(now, &key, &request)
}

pub(crate) fn asked(step: Step) -> Box<Asking> {
    match step {
        Step::Ask(asking) | Step::DoneAndAsk(_, asking) => asking,
        Step::Done(reply) => panic!("it is answered: {reply:?}"),
    }
}

pub(crate) fn fill(cache: &Cache, path: &str, headers: &[(&str, &str)], body: &str) {
    let asking = asked(ask(cache, NOW, path));
    cache.answer_whole(NOW, asking, answer(headers, body));
}

pub(crate) fn seconds(seconds: u64) -> Moment {
    NOW.plus(Duration::from_secs(seconds))
}

/// The body that is served without asking; none when the origin is asked.
pub(crate) fn served(cache: &Cache, now: Moment, path: &str) -> Option<Bytes> {
    match ask(cache, now, path) {
        Step::Done(reply) | Step::DoneAndAsk(reply, _) => Some(reply.response.into_body()),
        Step::Ask(_) => None,
    }
}
