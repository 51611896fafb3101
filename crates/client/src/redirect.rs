//! What a redirection asks for next (RFC 9110 section 15.4, and the ways of Go that k6's users know).

use http::{HeaderMap, Method, header};
use url::Url;

use crate::exchange::Response;
use crate::failure::{Failure, code};
use crate::masked::without_credentials;

/// The request that follows a redirection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Next {
    pub(crate) url: Url,
    pub(crate) method: Method,
    /// 307 and 308 send the body again.
    pub(crate) keeps_body: bool,
    /// The host is another, and not below the first: credentials stay behind.
    pub(crate) leaves_site: bool,
}

/// Where `response` to `method` at `url` leads; `None` when it is an answer.
pub(crate) fn next(method: &Method, url: &Url, response: &Response) -> Option<Result<Next, Failure>> {
    let (method, keeps_body) = match response.status {
        301..=303 if *method == Method::HEAD => (Method::HEAD, false),
        301..=303 => (Method::GET, false),
        307 | 308 => (method.clone(), true),
        _ => return None,
    };
    let location = response.headers.get("location").filter(|location| !location.is_empty())?;
    let bad = |why: String| {
        Failure::new(code::BAD_URL, "invalid redirect location")
            .with_detail(format!("redirect from {url} to `{location}`: {why}"))
    };
    Some(match url.join(&location) {
        Err(error) => Err(bad(error.to_string())),
        Ok(target) if !matches!(target.scheme(), "http" | "https") => {
            Err(bad(format!("unsupported scheme `{}`", target.scheme())))
        }
        Ok(target) => {
            let leaves_site = !is_same_or_below(&target, url);
            Ok(Next { url: target, method, keeps_body, leaves_site })
        }
    })
}

/// Takes out what must not follow to the next request.
pub(crate) fn strip(headers: &mut HeaderMap, next: &Next, jar_in_use: bool) {
    headers.remove(header::HOST);
    if next.leaves_site {
        headers.remove(header::AUTHORIZATION);
        headers.remove(header::WWW_AUTHENTICATE);
    }
    // With a jar the next request gets its cookies from there.
    if next.leaves_site || jar_in_use {
        headers.remove(header::COOKIE);
    }
    if !next.keeps_body {
        for name in [
            header::CONTENT_TYPE,
            header::CONTENT_ENCODING,
            header::CONTENT_LANGUAGE,
            header::CONTENT_LOCATION,
        ] {
            headers.remove(name);
        }
    }
}

/// The `Referer` of a redirected request; none from https to http.
pub(crate) fn referer(from: &Url, to: &Url) -> Option<String> {
    if from.scheme() == "https" && to.scheme() == "http" {
        return None;
    }
    let mut from = without_credentials(from).into_owned();
    from.set_fragment(None);
    Some(from.into())
}

fn is_same_or_below(target: &Url, origin: &Url) -> bool {
    let (Some(target), Some(origin)) = (target.host_str(), origin.host_str()) else { return false };
    target == origin || target.strip_suffix(origin).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::Headers;
    use bytes::Bytes;

    fn follow(method: &Method, status: u16, from: &str, location: &str) -> Option<Result<Next, Failure>> {
        let head = if location.is_empty() { String::new() } else { format!("Location: {location}\r\n") };
        let response = Response {
            status,
            version: http::Version::HTTP_11,
            headers: Headers::from_head(Bytes::from(format!("HTTP/1.1 {status} x\r\n{head}\r\n"))),
            body: Bytes::new(),
            encoded_bytes: 0,
        };
        next(method, &Url::parse(from).unwrap(), &response)
    }

    fn check(method: &Method, status: u16, from: &str, location: &str, expected: &str) {
        let text = match follow(method, status, from, location) {
            None => "stop".to_owned(),
            Some(Err(failure)) => format!("failure {}", failure.code),
            Some(Ok(next)) => format!(
                "{} {}{}{}",
                next.method,
                next.url,
                if next.keeps_body { " body" } else { "" },
                if next.leaves_site { " leaves" } else { "" }
            ),
        };
        assert_eq!(text, expected, "{status} {location}");
    }

    #[test]
    fn methods_and_locations() {
        check(&Method::POST, 301, "http://a/x/y?q", "z", "GET http://a/x/z");
        check(&Method::POST, 302, "http://a/x", "/z?r=1", "GET http://a/z?r=1");
        check(&Method::HEAD, 303, "http://a/x", "//b/c", "HEAD http://b/c leaves");
        check(&Method::PUT, 307, "http://a/x", "?z", "PUT http://a/x?z body");
        check(&Method::POST, 308, "http://a/", "https://www.a/", "POST https://www.a/ body");
        check(&Method::GET, 302, "http://www.a/", "http://a/", "GET http://a/ leaves");
        check(&Method::GET, 302, "http://a/", "http://bada/", "GET http://bada/ leaves");
        check(&Method::GET, 200, "http://a/", "/x", "stop");
        check(&Method::GET, 304, "http://a/", "/x", "stop");
        check(&Method::GET, 302, "http://a/", "", "stop");
        check(&Method::GET, 302, "http://a/", "ftp://x/", "failure 1020");
        check(&Method::GET, 302, "http://a/", "http://[", "failure 1020");
    }

    #[test]
    fn credentials_stay_behind() {
        let mut headers = HeaderMap::new();
        for name in ["authorization", "cookie", "content-type", "x-mine", "host"] {
            headers.insert(name, "v".parse().unwrap());
        }
        let mut near = headers.clone();
        strip(&mut near, &follow(&Method::POST, 307, "http://a/", "/b").unwrap().unwrap(), false);
        assert_eq!(near.len(), 4);
        let mut far = headers;
        strip(&mut far, &follow(&Method::POST, 302, "http://a/", "http://b/").unwrap().unwrap(), false);
        assert_eq!(far.keys().map(http::HeaderName::as_str).collect::<Vec<_>>(), ["x-mine"]);
    }

    #[test]
    fn referers_hide_secrets() {
        let url = |text| Url::parse(text).unwrap();
        assert_eq!(referer(&url("http://u:p@a/x#f"), &url("http://a/")).as_deref(), Some("http://a/x"));
        assert_eq!(referer(&url("https://a/x"), &url("http://a/")), None);
    }
}
