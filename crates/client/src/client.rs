//! One virtual user's client: requests with their redirects, cookies and credentials.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use http::header;
use tokio::time::Instant;
use url::Url;

use crate::connections::Connections;
use crate::cookie::{CookieError, CookieJar, check_cookie};
use crate::exchange::{Exchange, Hop};
use crate::failure::{Failure, code};
use crate::h1::HeadParts;
use crate::hop::run;
use crate::masked::masked;
use crate::outgoing::{Measured, Outgoing};
use crate::redirect;
use crate::request::{Auth, Request, RequestCookie};
use crate::shared::Shared;
use crate::tracing::Carried;

/// A timeout beyond this is as good as none.
pub(crate) const LONGEST_TIMEOUT: Duration = Duration::from_hours(24 * 365);

/// A client with connections of its own: one per virtual user.
///
/// Several requests may be under way at once. A future of [`Client::send`] may be dropped at any time: its connection
/// is closed (or its HTTP/2 stream reset) and the rest goes on.
#[derive(Debug)]
pub struct Client(Connections);

impl Client {
    /// A client without connections; it takes the next of the local addresses.
    pub fn new(shared: Arc<Shared>) -> Client {
        Client(Connections::new(shared))
    }

    /// A client for requests beside the load, such as scrapes: they carry no traces.
    pub fn aside(shared: Arc<Shared>) -> Client {
        Client(Connections::new(shared).aside())
    }

    /// Closes all kept connections, and those in use when their request ends: the next request comes from a new
    /// visitor.
    pub fn close_connections(&self) {
        self.0.close();
    }

    /// Sends a request and follows its redirects. Cookies of `jar` go with it, and those that are set come into it.
    ///
    /// Never fails as a call: what went wrong is in the last hop's outcome. Needs a tokio runtime with I/O and time,
    /// and for HTTP/2 one that can spawn.
    #[expect(clippy::manual_async_fn, reason = "an `async fn` would keep what it is given twice")]
    pub fn send<'a>(
        &'a self,
        mut request: Request,
        jar: Option<&'a CookieJar>,
    ) -> impl Future<Output = Exchange> + 'a {
        // No part of the request is moved before its end: what waits is to be small, and each move across an await
        // would be room for one more.
        async move {
            let mut now = Instant::now();
            let deadline = now + request.timeout.min(LONGEST_TIMEOUT);
            // Room for a hop is made when it is there: what is allocated before the wait is far from the caches after
            // it.
            let mut hops = Vec::new();
            let mut referer: Option<String> = None;
            loop {
                let mut measured = Measured::default();
                self.hop(&request, referer.as_deref(), jar, deadline, now, &mut measured).await;
                let next = match &measured.outcome {
                    Ok(response) => redirect::next(&request.method, &request.url, response),
                    Err(_) => None,
                };
                let may_follow = hops.len() < request.max_redirects as usize;
                let redirects_exhausted = !may_follow && matches!(next, Some(Ok(_)));
                let next = match next.filter(|_| may_follow) {
                    Some(Ok(next)) => next,
                    Some(Err(failure)) => {
                        measured.outcome = Err(failure);
                        push(&mut hops, finish(request.method, request.url, measured));
                        return Exchange { hops, redirects_exhausted };
                    }
                    None => {
                        push(&mut hops, finish(request.method, request.url, measured));
                        return Exchange { hops, redirects_exhausted };
                    }
                };
                referer = redirect::referer(&request.url, &next.url);
                redirect::strip(&mut request.headers, &next, jar.is_some());
                if !next.keeps_body {
                    request.body.clear();
                }
                let method = std::mem::replace(&mut request.method, next.method);
                let url = std::mem::replace(&mut request.url, Arc::new(next.url));
                push(&mut hops, finish(method, url, measured));
                now = Instant::now();
            }
        }
    }

    /// Sends a request once, with cookies and credentials, and stores the cookies that are set.
    async fn hop(
        &self,
        request: &Request,
        referer: Option<&str>,
        jar: Option<&CookieJar>,
        deadline: Instant,
        now: Instant,
        measured: &mut Measured,
    ) {
        let Request { method, url, headers, body, .. } = request;
        let cookie = match cookie_header(url, headers, &request.cookies, jar) {
            Ok(cookie) => cookie,
            Err(error) => {
                let failure = Failure::new(code::GENERIC, "invalid cookie").with_detail(error.to_string());
                measured.outcome = Err(failure.at(format_args!("{method} {}", masked(url))));
                return;
            }
        };
        let authorization = match request.auth {
            Auth::Basic if !headers.contains_key(header::AUTHORIZATION) => basic_credentials(url),
            _ => None,
        };
        let carried = self.0.trace(headers, now);
        measured.trace = carried.map(|carried| carried.context);
        let parts = HeadParts {
            method,
            url,
            headers,
            user_agent: &self.0.shared.config.user_agent,
            authorization: authorization.as_deref(),
            cookie: cookie.as_deref(),
            referer: referer.filter(|_| !headers.contains_key(header::REFERER)),
            body_length: body.len(),
            close: !self.0.shared.config.reuse_connections,
            traceparent: carried.and_then(Carried::field),
        };
        let (body_mode, timeout) = (request.body_mode, request.timeout);
        let outgoing = Outgoing { parts, body, body_mode, deadline, timeout, template: None };
        run(&self.0, &outgoing, now, measured).await;
        if let (Some(jar), Ok(response)) = (jar, &measured.outcome)
            && response.headers.contains("set-cookie")
        {
            jar.store(url, response.headers.get_all("set-cookie"));
        }
    }
}

/// Adds a hop; most exchanges have one.
fn push(hops: &mut Vec<Hop>, hop: Hop) {
    if hops.is_empty() {
        hops.reserve_exact(1);
    }
    hops.push(hop);
}

fn finish(method: http::Method, url: Arc<Url>, measured: Measured) -> Hop {
    let url = match masked(&url) {
        Cow::Borrowed(_) => url,
        Cow::Owned(masked) => Arc::new(masked),
    };
    Hop {
        method,
        url,
        request_headers: measured.request_headers,
        outcome: measured.outcome,
        partial: measured.partial,
        timings: measured.timings,
        remote: measured.remote,
        tls: measured.tls,
        sent_bytes: measured.bytes.sent,
        received_bytes: measured.bytes.received,
        reused: measured.reused,
        repeats: measured.repeats,
        trace: measured.trace,
    }
}

/// The `Cookie` header: what the request gives in its own header, its own cookies, then the jar's.
///
/// # Errors
/// When one of its own cookies can't be sent.
fn cookie_header(
    url: &Url,
    headers: &http::HeaderMap,
    cookies: &[RequestCookie],
    jar: Option<&CookieJar>,
) -> Result<Option<String>, CookieError> {
    let kept = jar.filter(|jar| !jar.is_empty()).map(|jar| jar.sent_to(url)).unwrap_or_default();
    if cookies.is_empty() && kept.is_empty() {
        return Ok(None);
    }
    let mut text = String::new();
    let mut put = |parts: &[&str]| {
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.extend(parts.iter().copied());
    };
    for value in headers.get_all(header::COOKIE) {
        put(&[&String::from_utf8_lossy(value.as_bytes())]);
    }
    for cookie in cookies {
        check_cookie(&cookie.name, &cookie.value)?;
        put(&[&cookie.name, "=", &cookie.value]);
    }
    // A jar takes only what can be sent.
    for kept in &kept {
        if !cookies.iter().any(|cookie| cookie.replace && cookie.name == kept.name) {
            let quote = if kept.quoted { "\"" } else { "" };
            put(&[&kept.name, "=", quote, &kept.value, quote]);
        }
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

pub(crate) fn basic_credentials(url: &Url) -> Option<String> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let mut plain = percent_decoded(url.username());
    plain.push(b':');
    plain.extend(percent_decoded(url.password().unwrap_or_default()));
    Some(format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(plain)))
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let digits = (byte == b'%').then(|| tail.get(..2)).flatten();
        let decoded = digits
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        out.push(decoded.unwrap_or(byte));
        rest = if decoded.is_some() { &tail[2..] } else { tail };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cookie::SetCookie;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn credentials_are_sent_and_masked() {
        let with = url("http://al%40ice:p%3Ass@host/x");
        assert_eq!(basic_credentials(&with).unwrap(), "Basic YWxAaWNlOnA6c3M=");
        assert_eq!(masked(&with).as_str(), "http://****:****@host/x");
        assert_eq!(basic_credentials(&url("http://host/")), None);
        assert_eq!(percent_decoded("a%4g%"), b"a%4g%");
    }

    #[test]
    fn cookies_are_merged_as_k6_merges_them() {
        let to = url("http://a.test/");
        let jar = CookieJar::new();
        jar.set(&to, SetCookie::new("a", "jar"));
        jar.set(&to, SetCookie::new("b", "jar"));
        let mut headers = http::HeaderMap::new();
        let sent = |headers: &_, cookies: &[_], jar| {
            cookie_header(&to, headers, cookies, jar).map(Option::unwrap_or_default)
        };
        assert_eq!(cookie_header(&to, &headers, &[], None), Ok(None));
        assert_eq!(sent(&headers, &[], Some(&jar)).unwrap(), "a=jar; b=jar");
        headers.insert("cookie", "h=1".parse().unwrap());
        let own =
            |name: &str, replace| RequestCookie { name: name.to_owned(), value: "own".to_owned(), replace };
        let cookies = [own("a", true), own("b", false)];
        assert_eq!(sent(&headers, &cookies, Some(&jar)).unwrap(), "h=1; a=own; b=own; b=jar");
        let words = sent(&headers, &[own("c\r\nX", false)], Some(&jar)).unwrap_err().to_string();
        assert!(words.contains("cookie `c\\r\\nX`"), "{words}");
        let kept = CookieJar::new();
        kept.set(&to, SetCookie::parse(b"sid=\"a b\"").unwrap());
        assert_eq!(sent(&http::HeaderMap::new(), &[], Some(&kept)).unwrap(), "sid=\"a b\"");
        assert_eq!(kept.cookies_for(&to), [("sid".to_owned(), "a b".to_owned())]);
    }
}
