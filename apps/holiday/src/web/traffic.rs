//! Whether a request is a load test's.
//!
//! The header `X-Load-Test: true` alone changes nothing but a label in metrics, since anybody can send it. Together with the operator's
//! secret in `X-Load-Test-Secret` it is believed: its payments stay in the gateway's test mode.

use axum::http::HeaderMap;
use subtle::ConstantTimeEq;

/// Whose request it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traffic {
    /// A user's.
    User,
    /// A load test's.
    LoadTest,
}

/// Whether a request says that it is a load test's, as anybody can.
pub(crate) fn claims(headers: &HeaderMap) -> bool {
    headers.get("x-load-test").is_some_and(|value| value == "true")
}

impl Traffic {
    /// By the request's headers; without a secret there are no load tests. The secret is compared in constant time.
    pub(crate) fn of(headers: &HeaderMap, secret: Option<&str>) -> Traffic {
        let (true, Some(secret), Some(given)) = (claims(headers), secret, headers.get("x-load-test-secret"))
        else {
            return Traffic::User;
        };
        if bool::from(secret.as_bytes().ct_eq(given.as_bytes())) { Traffic::LoadTest } else { Traffic::User }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_secret_makes_a_load_test() {
        for (claim, given, secret, expected) in [
            ("true", "s3cret", Some("s3cret"), Traffic::LoadTest),
            ("true", "s3cre", Some("s3cret"), Traffic::User),
            ("true", "", Some("s3cret"), Traffic::User),
            ("false", "s3cret", Some("s3cret"), Traffic::User),
            ("true", "s3cret", None, Traffic::User),
            ("true", "", None, Traffic::User),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-load-test", claim.parse().unwrap());
            headers.insert("x-load-test-secret", given.parse().unwrap());
            assert_eq!(Traffic::of(&headers, secret), expected, "{claim} {given}");
        }
    }
}
