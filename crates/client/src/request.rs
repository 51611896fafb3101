//! What a caller asks for.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use url::Url;

use crate::failure::{Failure, code};
use crate::masked::masked_text;

/// A request to be sent with [`Client::send`](crate::Client::send).
#[derive(Clone, Debug)]
pub struct Request {
    /// The method, of any name.
    pub method: Method,
    /// An `http` or `https` URL; shared, because most requests go where others went. Credentials in it are sent as
    /// `auth` says and masked in what is reported.
    pub url: Arc<Url>,
    /// Header fields to send. `Host` replaces the URL's; `Content-Length` and `Transfer-Encoding` are ours to set and
    /// ignored here; an empty `User-Agent` sends none.
    pub headers: HeaderMap,
    /// Cookies of this request alone, sent before the jar's.
    pub cookies: Vec<RequestCookie>,
    /// The body as it goes on the wire.
    pub body: Bytes,
    /// From the call to the last byte, over all redirects.
    pub timeout: Duration,
    /// How many redirects to follow; 0 returns the first response whatever it is.
    pub max_redirects: u32,
    /// How the credentials in the URL are used.
    pub auth: Auth,
    /// Whether the response's body is wanted.
    pub body_mode: BodyMode,
}

/// A cookie given with one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestCookie {
    /// Its name.
    pub name: String,
    /// Its value, sent as it is; a byte that no cookie may have makes the request a failure that names the cookie.
    pub value: String,
    /// Leave out the jar's cookies of the same name; otherwise both are sent.
    pub replace: bool,
}

/// How credentials in the URL are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    /// As a Basic `Authorization` header (RFC 7617), unless the request has one already.
    #[default]
    Basic,
    /// Not sent at all.
    None,
}

/// Whether a response's body is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BodyMode {
    /// Keep and decode it.
    #[default]
    Keep,
    /// Read and count it, keep nothing; memory stays constant whatever its size.
    Discard,
}

impl Request {
    /// A request without body, with k6's defaults: 60 s timeout, ten redirects, the body kept.
    pub fn new(method: Method, url: Url) -> Request {
        Request {
            method,
            url: Arc::new(url),
            headers: HeaderMap::new(),
            cookies: Vec::new(),
            body: Bytes::new(),
            timeout: Duration::from_mins(1),
            max_redirects: 10,
            auth: Auth::default(),
            body_mode: BodyMode::default(),
        }
    }

    /// [`Request::new`] with GET.
    pub fn get(url: Url) -> Request {
        Request::new(Method::GET, url)
    }
}

/// Reads an absolute `http` or `https` URL.
///
/// # Errors
/// A [`Failure`] with code 1020 that quotes the text and says what a URL looks like.
pub fn parse_url(text: &str) -> Result<Url, Failure> {
    let bad = |why: &str| {
        let mut shown = String::new();
        for character in masked_text(text).chars().take(200) {
            // Whoever says it says one line.
            if character.is_control() {
                shown.extend(character.escape_debug());
            } else {
                shown.push(character);
            }
        }
        Failure::new(code::BAD_URL, "invalid URL").with_detail(format!(
            "`{shown}` is not a URL to send a request to: {why}; write it as `https://host/path`"
        ))
    };
    let url = Url::parse(text).map_err(|error| bad(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad(&format!("its scheme is `{}`", url.scheme())));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_url_with_words() {
        for text in ["", "search?x=1", "ftp://host/x", "http://", "http://[::1", "https://host:99999/"] {
            let failure = parse_url(text).unwrap_err();
            assert_eq!(failure.code, 1020, "{text}");
            assert!(failure.to_string().contains("https://host/path"), "{failure}");
        }
        assert!(!parse_url("htp://me:secret@host/").unwrap_err().to_string().contains("secret"));
        assert_eq!(parse_url("http://a/b").unwrap().as_str(), "http://a/b");
    }
}
