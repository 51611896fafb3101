//! Whether a request is meant for this site and comes from it.
//!
//! A request of HTTP/1.1 names its host once, or what stands in front and this service could understand it differently. And a browser
//! says from which site it sends what changes something: another site's pages have no business here.

use axum::{
    extract::Request,
    http::{Method, StatusCode, Version, header},
};

/// What is wrong with a request, if anything; `proxied` when a proxy that is trusted sent it.
pub(crate) fn objection(request: &Request, proxied: bool) -> Option<(StatusCode, &'static str)> {
    let headers = request.headers();
    let mut hosts = headers.get_all(header::HOST).iter();
    let (host, another) = (hosts.next(), hosts.next());
    if another.is_some() || (host.is_none() && request.version() == Version::HTTP_11) {
        return Some((StatusCode::BAD_REQUEST, "the header `Host` must be there once"));
    }
    let origin = headers.get(header::ORIGIN)?;
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method()) {
        return None;
    }
    let origin =
        origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, authority)| authority);
    match (origin, authority(request, proxied)) {
        (Some(origin), Some(own)) if origin.eq_ignore_ascii_case(own) => None,
        _ => Some((StatusCode::FORBIDDEN, "the header `Origin` names another site")),
    }
}

/// The host and port that the client asked, as far as it is known.
pub(super) fn authority(request: &Request, proxied: bool) -> Option<&str> {
    let headers = request.headers();
    let forwarded = headers.get("x-forwarded-host").filter(|_| proxied);
    let host = forwarded.or_else(|| headers.get(header::HOST)).and_then(|host| host.to_str().ok());
    host.or(request.uri().authority().map(axum::http::uri::Authority::as_str))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn who_is_let_in() {
        for (method, headers, proxied, status) in [
            ("POST", &[("host", "a.example")][..], false, None),
            ("POST", &[], false, Some(400)),
            ("GET", &[("host", "a.example"), ("host", "a.example")], false, Some(400)),
            ("POST", &[("host", "a.example"), ("origin", "https://a.example")], false, None),
            ("POST", &[("host", "A.example:8080"), ("origin", "http://a.example:8080")], false, None),
            ("POST", &[("host", "a.example"), ("origin", "https://b.example")], false, Some(403)),
            ("POST", &[("host", "a.example"), ("origin", "null")], false, Some(403)),
            ("DELETE", &[("host", "a.example"), ("origin", "http://a.example:81")], false, Some(403)),
            ("GET", &[("host", "a.example"), ("origin", "https://b.example")], false, None),
            (
                "POST",
                &[("host", "inner"), ("x-forwarded-host", "a.example"), ("origin", "https://a.example")],
                true,
                None,
            ),
            (
                "POST",
                &[("host", "inner"), ("x-forwarded-host", "a.example"), ("origin", "https://a.example")],
                false,
                Some(403),
            ),
        ] {
            let request =
                headers.iter().fold(Request::builder().method(method).uri("/"), |request, (name, value)| {
                    request.header(*name, *value)
                });
            let found = objection(&request.body(Body::empty()).unwrap(), proxied);
            assert_eq!(found.map(|(status, _)| status.as_u16()), status, "{method} {headers:?} {proxied}");
        }
        // HTTP/2 names it in the request's URI.
        let request = Request::post("https://a.example/").version(Version::HTTP_2);
        let request = request.header("origin", "https://a.example").body(Body::empty()).unwrap();
        assert_eq!(objection(&request, false), None);
    }
}
