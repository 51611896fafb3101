//! Who may ask.
//!
//! A page of another site, open in a browser on this machine, must not steer a run: neither by a name of its own that
//! leads here (DNS rebinding), so the name asked for has to be one of this machine's own, nor by sending what a browser
//! sends without asking first (a form, a `POST`), so whatever says that it comes from a page has to come from one of
//! this server's own. Tools say no origin. Where others can reach the server, and wherever one was chosen, a token is
//! shown.

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderName, Uri};
use loadline_serve::{Token, is_this_machine};

/// What a server asks of whoever asks it.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) token: Option<Token>,
    pub(crate) is_loopback: bool,
}

/// Why somebody does not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    /// It shows no token, or another one.
    NoToken,
    /// It asks for a name that is not this machine's.
    OtherName,
    /// It is a page of another site.
    OtherPage,
}

impl Door {
    /// Whether a request may be answered.
    pub(crate) fn admits(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Closed> {
        let text =
            |name: HeaderName| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
        let host = uri.authority().map(http::uri::Authority::as_str).or(text(HOST));
        if self.is_loopback && !host.is_some_and(is_this_machine) {
            return Err(Closed::OtherName);
        }
        if headers.contains_key(ORIGIN) {
            let own = text(ORIGIN).and_then(|origin| origin.split_once("://")).map(|(_, origin)| origin);
            if own.is_none() || own != host {
                return Err(Closed::OtherPage);
            }
        }
        if let Some("cross-site" | "same-site") = text(HeaderName::from_static("sec-fetch-site")) {
            return Err(Closed::OtherPage);
        }
        match &self.token {
            Some(token) if !token.admits(headers) => Err(Closed::NoToken),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(door: &Door, pairs: &[(&'static str, &str)]) -> Result<(), Closed> {
        let name = |name: &'static str| HeaderName::from_static(name);
        let headers = pairs.iter().map(|(key, value)| (name(key), value.parse().unwrap())).collect();
        door.admits(&"/v1/status".parse().unwrap(), &headers)
    }

    #[test]
    fn on_loopback_it_is_whoever_is_on_this_machine_and_no_page_of_another_site() {
        let door = Door { token: None, is_loopback: true };
        for admitted in [
            &[("host", "127.0.0.1:6565")][..],
            &[("host", "localhost:6565"), ("origin", "http://localhost:6565")],
            &[("host", "[::1]:6565"), ("sec-fetch-site", "none")],
        ] {
            assert_eq!(entry(&door, admitted), Ok(()), "{admitted:?}");
        }
        for (refused, why) in [
            (&[][..], Closed::OtherName),
            (&[("host", "evil.test:6565")], Closed::OtherName),
            (&[("host", "127.0.0.1:6565"), ("origin", "http://evil.test")], Closed::OtherPage),
            (&[("host", "127.0.0.1:6565"), ("origin", "null")], Closed::OtherPage),
            // Another server of this machine is another site, too.
            (&[("host", "127.0.0.1:6565"), ("origin", "http://127.0.0.1:3000")], Closed::OtherPage),
            (&[("host", "127.0.0.1:6565"), ("sec-fetch-site", "cross-site")], Closed::OtherPage),
        ] {
            assert_eq!(entry(&door, refused), Err(why), "{refused:?}");
        }
    }

    #[test]
    fn a_token_is_shown_wherever_there_is_one() {
        for is_loopback in [true, false] {
            let door = Door { token: Token::chosen("s3cret"), is_loopback };
            let with = |token: &str| {
                entry(&door, &[("host", "127.0.0.1"), ("authorization", &format!("Bearer {token}"))])
            };
            assert_eq!(with("s3cret"), Ok(()));
            assert_eq!(with("other"), Err(Closed::NoToken));
            assert_eq!(entry(&door, &[("host", "127.0.0.1")]), Err(Closed::NoToken));
        }
    }
}
