//! Cookies, read and written.

use std::{fmt::Write, time::Duration};

use axum::http::{HeaderMap, HeaderValue, header};

/// The values of a request's cookies of this name.
pub(super) fn all<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(move |pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// The value of Set-Cookie: for this site only, not for scripts, over TLS only where the client spoke it. Without `lasts` it ends with
/// the browser.
pub(super) fn set(name: &str, value: &str, lasts: Option<Duration>, secure: bool) -> String {
    let mut cookie = format!("{name}={value}; Path=/");
    if let Some(lasts) = lasts {
        let _ = write!(cookie, "; Max-Age={}", lasts.as_secs());
    }
    cookie.push_str("; HttpOnly; SameSite=Lax");
    if secure {
        cookie.push_str("; Secure");
    }
    cookie
}

/// A header's value of a cookie that this service made.
pub(super) fn header_value(cookie: &str) -> HeaderValue {
    HeaderValue::from_str(cookie).expect("hexadecimal digits and fixed words")
}

/// Two digits a byte.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to a string never fails");
    }
    text
}
