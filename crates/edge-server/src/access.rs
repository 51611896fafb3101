//! Who may purge, read rules again and see metrics: whoever shows the token, or, where there is none, this machine.

use http::HeaderMap;
use loadline_serve::Token;

use std::net::IpAddr;

/// Who may.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// What is to be shown; without one, loopback addresses may.
    pub token: Option<Token>,
}

impl Access {
    /// Whether a request from this address may. What another proxy on this machine passes on comes from a loopback
    /// address too, so a request that has come through one needs a token; and so does one that a page in a browser
    /// made.
    pub(crate) fn admits(&self, address: IpAddr, headers: &HeaderMap) -> bool {
        if let Some(token) = &self.token {
            return token.admits(headers);
        }
        let passed_on = ["x-forwarded-for", "forwarded", "via", "x-real-ip", "cdn-loop", "origin"];
        address.to_canonical().is_loopback() && !passed_on.iter().any(|name| headers.contains_key(*name))
    }
}

#[cfg(test)]
mod tests {
    use http::header::AUTHORIZATION;

    use super::*;

    #[test]
    fn without_a_token_only_this_machine_may() {
        let (access, none) = (Access::default(), HeaderMap::new());
        let (here, there) = ("127.0.0.1".parse().unwrap(), "203.0.113.5".parse().unwrap());
        assert!(access.admits(here, &none) && access.admits("::ffff:127.0.0.1".parse().unwrap(), &none));
        assert!(!access.admits(there, &none));
        for name in ["x-forwarded-for", "forwarded", "via", "origin"] {
            let mut passed_on = HeaderMap::new();
            passed_on.insert(name, "x".parse().unwrap());
            assert!(!access.admits(here, &passed_on), "{name}");
        }
    }

    #[test]
    fn a_token_is_asked_of_everybody() {
        let access = Access { token: Token::chosen("s3cret") };
        let (here, there) = ("127.0.0.1".parse().unwrap(), "203.0.113.5".parse().unwrap());
        let mut headers = HeaderMap::new();
        assert!(!access.admits(here, &headers));
        headers.insert(AUTHORIZATION, "Bearer s3cret".parse().unwrap());
        assert!(access.admits(there, &headers));
    }
}
