//! Fields that are of one connection, and never of an answer that is kept or passed on (RFC 9110 §7.6.1, RFC 9111
//! §3.1).

use std::borrow::Cow;

use http::header::{
    CONNECTION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, Request};

use super::list::members;

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
const PROXY_AUTHENTICATION_INFO: HeaderName = HeaderName::from_static("proxy-authentication-info");

/// A request as it goes on. What `Connection` names is not of it: whoever decides by the request before is fooled by a
/// client that names the fields which choose an answer, because the origin does not see them.
pub fn stripped(request: &Request<()>) -> Cow<'_, Request<()>> {
    if !request.headers().contains_key(CONNECTION) {
        return Cow::Borrowed(request);
    }
    let mut request = request.clone();
    strip(request.headers_mut());
    Cow::Owned(request)
}

/// Takes them out, those that `Connection` names among them.
pub fn strip(headers: &mut HeaderMap) {
    // `Connection` may not take out what belongs to the message whatever the connection.
    let named: Vec<HeaderName> = members(headers, CONNECTION)
        .filter_map(|name| name.parse().ok())
        .filter(|name| !is_end_to_end(name))
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in [
        CONNECTION,
        KEEP_ALIVE,
        PROXY_CONNECTION,
        PROXY_AUTHENTICATE,
        PROXY_AUTHENTICATION_INFO,
        PROXY_AUTHORIZATION,
        TE,
        TRAILER,
        TRANSFER_ENCODING,
        UPGRADE,
    ] {
        headers.remove(name);
    }
}

/// Fields by which it is decided who may see an answer and for how long: a sender that names them in `Connection` makes
/// a mistake or an attack (RFC 9110 §7.6.1).
fn is_end_to_end(name: &HeaderName) -> bool {
    use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, COOKIE, HOST, SET_COOKIE, VARY};
    [AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, COOKIE, HOST, SET_COOKIE, VARY].contains(name)
}
