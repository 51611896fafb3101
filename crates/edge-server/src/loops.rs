//! Requests that come round again, because the origin's address leads back to the edge (RFC 8586).

use http::{HeaderMap, HeaderName, HeaderValue};
use rand::RngExt;

const CDN_LOOP: HeaderName = HeaderName::from_static("cdn-loop");

/// The sign by which a request is recognised that has been here before.
#[derive(Debug)]
pub(crate) struct Loops {
    sign: HeaderValue,
}

impl Loops {
    /// A sign that no other process has.
    pub(crate) fn new() -> Self {
        let sign = format!("loadline; id={:016x}", rand::rng().random::<u64>());
        Self { sign: HeaderValue::from_str(&sign).unwrap_or_else(|_| HeaderValue::from_static("loadline")) }
    }

    /// Puts the sign on a request.
    pub(crate) fn sign(&self, headers: &mut HeaderMap) {
        headers.append(CDN_LOOP, self.sign.clone());
    }

    /// Whether a request has the sign.
    pub(crate) fn is_one(&self, headers: &HeaderMap) -> bool {
        let sign = self.sign.as_bytes();
        headers
            .get_all(CDN_LOOP)
            .iter()
            .any(|line| line.as_bytes().windows(sign.len()).any(|part| part == sign))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_been_here_is_recognised() {
        let (here, there) = (Loops::new(), Loops::new());
        let mut headers = HeaderMap::new();
        headers.append(CDN_LOOP, HeaderValue::from_static("other-cdn"));
        assert!(!here.is_one(&headers));
        there.sign(&mut headers);
        assert!(!here.is_one(&headers) && there.is_one(&headers));
    }
}
