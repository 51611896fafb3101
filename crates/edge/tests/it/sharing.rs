//! What must hold whatever comes: nobody gets somebody else's answer, and what is private is not kept.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CACHE_CONTROL, COOKIE, SET_COOKIE, VARY};
use http::{HeaderName, HeaderValue, Request, Response};
use loadline_edge::fields::hop;
use loadline_edge::policy::{Authorized, Policy, Times};
use loadline_edge::{Answer, Cache, Limits, Moment, Step, key};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

const NOW: Moment = Moment::from_seconds(784_111_777);

/// When what is coming has not come to its end yet.
const LATER: Moment = Moment::from_seconds(784_111_779);

/// Somebody's request: where to, and what it says of who sends it.
#[derive(Debug, Clone)]
struct Asked {
    path: String,
    authorization: Option<String>,
    cookie: Option<String>,
    language: Option<String>,
    encoding: Option<&'static str>,
    others: Vec<(&'static str, String)>,
}

fn asked() -> impl Strategy<Value = Asked> {
    let path = "/[ab%2F~.;]{0,3}(\\?[ab=&%+]{0,4})?";
    let other = (
        prop_oneof![
            Just("x-forwarded-host"),
            Just("x-http-method-override"),
            Just("range"),
            Just("if-none-match"),
            Just("cache-control"),
            Just("connection"),
            Just("x-original-url"),
        ],
        prop_oneof![
            Just("a".to_owned()),
            Just("bytes=0-3".to_owned()),
            Just("\"v1\"".to_owned()),
            Just("no-cache".to_owned()),
            Just("max-stale".to_owned()),
            Just("authorization, cookie, accept-language".to_owned()),
        ],
    );
    let encoding = option::of(prop_oneof![Just("gzip"), Just("br"), Just("gzip;q=0, br"), Just("")]);
    let who = (option::of("[ab]"), option::of("user=[ab]"), option::of("[ab]"));
    (path, who, encoding, vec(other, 0..3)).prop_map(
        |(path, (authorization, cookie, language), encoding, others)| Asked {
            path: path.replace('%', "%2"),
            authorization,
            cookie,
            language,
            encoding,
            others,
        },
    )
}

impl Asked {
    fn request(&self) -> Option<Request<()>> {
        let mut request = Request::get(format!("http://shop.test{}", self.path)).body(()).ok()?;
        let headers = request.headers_mut();
        let own = [(AUTHORIZATION, &self.authorization), (COOKIE, &self.cookie)];
        for (name, value) in own.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
            headers.insert(name, value.parse().ok()?);
        }
        if let Some(language) = &self.language {
            headers.insert("accept-language", language.parse().ok()?);
        }
        if let Some(encoding) = self.encoding {
            headers.insert("accept-encoding", HeaderValue::from_static(encoding));
        }
        for (name, value) in &self.others {
            headers.append(HeaderName::from_static(name), value.parse().ok()?);
        }
        Some(request)
    }
}

/// An origin that says to everybody who they are, and declares it as the specifications have it: `private` to those who
/// say who they are by a cookie, nothing at all to those with `Authorization`, and `Vary` to the rest.
fn origin(request: &Request<()>) -> Response<Bytes> {
    let said = |name: HeaderName| {
        request.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let coded = said(http::header::ACCEPT_ENCODING);
    let own = (said(AUTHORIZATION), said(COOKIE), said(http::header::ACCEPT_LANGUAGE), coded);
    let control = if own.1.is_some() {
        "private, max-age=600"
    } else {
        "public, max-age=600, stale-while-revalidate=60"
    };
    let mut response = Response::new(Bytes::from(format!("{} {own:?}", request.uri())));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(control));
    response.headers_mut().insert(VARY, HeaderValue::from_static("Accept-Language, Accept-Encoding"));
    response
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Whoever asks gets what the origin would say to them, or to somebody who says nothing of themselves.
    #[test]
    fn nobody_gets_what_was_said_to_somebody_else(all in vec(asked(), 1..30)) {
        let cache = Cache::new(Policy::default(), Limits::default());
        for asked in all {
            let Some(request) = asked.request() else { continue };
            let Ok(key) = key::plain(&request, &[]) else { continue };
            let mut step = cache.request(NOW, &key, &request);
            let reply = loop {
                step = match step {
                    Step::Done(reply) | Step::DoneAndAsk(reply, _) => break reply,
                    Step::Ask(asking) => {
                        let answer = origin(&asking.forwarded.request);
                        cache.answer_whole(NOW, asking, answer)
                    }
                };
            };
            // What `Connection` names is said to the cache, and not to the origin.
            let request = hop::stripped(&request).into_owned();
            let mut nobody = request.clone();
            nobody.headers_mut().remove(AUTHORIZATION);
            nobody.headers_mut().remove(COOKIE);
            let allowed = [origin(&request).into_body(), origin(&nobody).into_body()];
            let body = reply.response.into_body();
            // A part of it, or word that it has not changed, is allowed as well.
            let normal = |body: &Bytes| loadline_edge::query::normal(&String::from_utf8_lossy(body));
            let is_allowed = |body: &Bytes| allowed.iter().any(|whole| normal(whole).starts_with(&normal(body)));
            prop_assert!(is_allowed(&body), "{request:?} got {body:?}, not {allowed:?}");
        }
    }

    /// Whoever comes while an answer is coming gets of it what they would get once it is kept, byte for byte, or
    /// nothing.
    #[test]
    fn what_is_shared_while_it_comes_is_what_is_served_once_it_is_kept(
        first in asked(),
        others in vec(asked(), 1..10),
        age in 0_u32..3,
        is_late in any::<bool>(),
    ) {
        let cache = Cache::new(Policy::default(), Limits::default());
        let asks = |asked: &Asked| {
            let request = asked.request()?;
            let key = key::plain(&request, &[]).ok()?;
            let now = if is_late { LATER } else { NOW };
            match cache.request(now, &key, &request) {
                Step::Ask(asking) => Some(asking),
                Step::Done(_) | Step::DoneAndAsk(..) => None,
            }
        };
        let Some(request) = first.request() else { return Ok(()) };
        let Ok(key) = key::plain(&request, &[]) else { return Ok(()) };
        let Step::Ask(asking) = cache.request(NOW, &key, &request) else { return Ok(()) };
        let (mut head, body) = origin(&asking.forwarded.request).into_parts();
        head.headers.insert(http::header::CONTENT_LENGTH, body.len().into());
        head.headers.insert(http::header::AGE, (300 * age).into());
        let Answer::Pass(passing) = cache.answer(NOW, asking, &Response::from_parts(head, ())) else {
            return Ok(());
        };
        let Some(mut keeping) = passing.keeping else { return Ok(()) };
        let Some(underway) = keeping.underway() else { return Ok(()) };
        let all: Vec<_> = [first].iter().chain(&others).filter_map(asks).collect();
        let shares: Vec<_> = all.iter().map(|asking| cache.share(LATER, asking, &underway)).collect();
        keeping.add(&body);
        prop_assert!(cache.keep(keeping));
        for (asking, share) in all.iter().zip(shares) {
            match (share, cache.waited(LATER, asking)) {
                (Some(share), Step::Done(reply) | Step::DoneAndAsk(reply, _)) => {
                    let at = |place: u64| usize::try_from(place).unwrap_or(usize::MAX).min(body.len());
                    let shown = body.slice(at(share.shown.start)..at(share.shown.end));
                    prop_assert_eq!(share.response.status(), reply.response.status());
                    prop_assert_eq!(share.response.headers(), reply.response.headers());
                    prop_assert_eq!(&shown, reply.response.body());
                }
                (None, Step::Ask(_)) => {}
                (share, step) => prop_assert!(false, "{asking:?}: {share:?} and then {step:?}"),
            }
        }
    }

    /// Whatever else it says, what is private, sets a cookie, or answers a request with credentials is not kept.
    #[test]
    fn what_is_private_or_authorized_is_not_kept(
        directives in vec("(max-age=60|public|s-maxage=60|must-revalidate|immutable|no-cache=\"x\"|foo=\"a, b\"|private=\"x\")", 0..5),
        place in 0_usize..5,
        why in 0..5,
        is_permitted in any::<bool>(),
    ) {
        let mut directives = directives;
        let mut request = Request::get("http://shop.test/").body(()).expect("a request");
        let mut response = Response::new(());
        response.headers_mut().insert(http::header::ETAG, HeaderValue::from_static("\"v1\""));
        let mut policy = Policy::default();
        let place = place.min(directives.len());
        match why {
            0 => directives.insert(place, "private".to_owned()),
            1 => directives.insert(place, "PRIVATE".to_owned()),
            2 => directives.insert(place, "no-store".to_owned()),
            3 => {
                response.headers_mut().insert(SET_COOKIE, HeaderValue::from_static("a=b"));
            }
            _ => {
                request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_static("Bearer a"));
                if is_permitted {
                    // Even then only what says so.
                    policy.authorized = Authorized::WherePermitted;
                    directives.retain(|directive| {
                        !["public", "s-maxage=60", "must-revalidate"].contains(&directive.as_str())
                    });
                }
            }
        }
        for directive in &directives {
            response.headers_mut().append(CACHE_CONTROL, directive.parse().expect("a directive"));
        }
        let kept = policy.keep(&request, &response, Times { requested: NOW, received: NOW });
        prop_assert!(kept.is_err(), "{directives:?}");
    }
}
