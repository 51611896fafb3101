//! Who may look.
//!
//! On loopback it is whoever is on this machine. A page of another site must not read along by a name of its own that
//! leads here (DNS rebinding), so the name asked for has to be one of this machine's own. Where others can reach the
//! dashboard, they have to show a token: once in the address, and then in a cookie that no other site's page sends.

use std::net::SocketAddr;

use http::header::{AUTHORIZATION, COOKIE, HOST};
use http::{HeaderMap, HeaderValue, Uri};
use loadline_serve::{Token, is_this_machine};
use url::form_urlencoded;

/// The parameter that a token is shown in.
const TOKEN: &str = "token";

/// What a dashboard asks of a viewer.
pub(crate) struct Door {
    port: u16,
    /// None on loopback.
    token: Option<Token>,
}

/// What comes of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// Come in.
    Open,
    /// Come in at this path, and keep this cookie.
    With(String, String),
    /// No.
    Closed(&'static str),
}

impl Door {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let token = (!address.ip().is_loopback()).then(Token::random);
        Self { port: address.port(), token }
    }

    pub(crate) fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    pub(crate) fn entry(&self, uri: &Uri, headers: &HeaderMap) -> Entry {
        let Some(token) = &self.token else {
            let named = headers.get(HOST).and_then(|host| host.to_str().ok());
            let named = uri.authority().map(http::uri::Authority::as_str).or(named);
            return if named.is_some_and(is_this_machine) {
                Entry::Open
            } else {
                Entry::Closed("this is for this machine: open it as 127.0.0.1 or localhost")
            };
        };
        let shows = |text: &str| {
            let mut headers = HeaderMap::new();
            let shown = HeaderValue::from_str(&format!("Bearer {text}"));
            shown.is_ok_and(|shown| {
                headers.insert(AUTHORIZATION, shown);
                token.admits(&headers)
            })
        };
        let cookie = format!("loadline-{}", self.port);
        let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let kept = cookies
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .any(|(name, value)| name == cookie && shows(value));
        let query = uri.query().unwrap_or_default().as_bytes();
        let (shown, rest): (Vec<_>, Vec<_>) =
            form_urlencoded::parse(query).partition(|(name, _)| name == TOKEN);
        if shown.iter().any(|(_, value)| shows(value)) {
            // Out of the address, which people copy.
            let rest = form_urlencoded::Serializer::new(String::new()).extend_pairs(rest).finish();
            let path = if rest.is_empty() { uri.path().to_owned() } else { format!("{}?{rest}", uri.path()) };
            let cookie = format!("{cookie}={}; Path=/; HttpOnly; SameSite=Strict", token.secret());
            return Entry::With(path, cookie);
        }
        if kept || token.admits(headers) {
            return Entry::Open;
        }
        Entry::Closed("this needs the token: open the address as it was printed, with `?token=…`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(http::HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn on_loopback_only_this_machines_names_are_answered() {
        let door = Door::new("127.0.0.1:7007".parse().unwrap());
        let entry = |host: &str| door.entry(&"/".parse().unwrap(), &headers(&[(HOST, host)]));
        for host in ["127.0.0.1:7007", "localhost:9", "localhost", "[::1]:7007", "127.1.2.3", "a.localhost:1"]
        {
            assert_eq!(entry(host), Entry::Open, "{host}");
        }
        for host in ["evil.test:7007", "127.0.0.1.evil.test", "10.0.0.1:7007", "", "localhost.evil.test"] {
            assert!(matches!(entry(host), Entry::Closed(_)), "{host}");
        }
        assert!(matches!(door.entry(&"/".parse().unwrap(), &HeaderMap::new()), Entry::Closed(_)));
    }

    #[test]
    fn elsewhere_the_token_is_asked_for_and_kept() {
        let door = Door::new("0.0.0.0:7007".parse().unwrap());
        let secret = door.token().unwrap().secret().to_owned();
        let entry = |uri: &str, pairs: &[(http::HeaderName, &str)]| {
            door.entry(&uri.parse().unwrap(), &headers(pairs))
        };
        assert!(matches!(entry("/", &[(HOST, "127.0.0.1:7007")]), Entry::Closed(_)));
        assert!(matches!(entry("/?token=0123", &[]), Entry::Closed(_)));
        let Entry::With(path, cookie) = entry(&format!("/run/7?a=1&token={secret}&b=2"), &[]) else {
            panic!("it was shown")
        };
        assert_eq!(path, "/run/7?a=1&b=2");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
        let cookie = cookie.split(';').next().unwrap();
        assert_eq!(entry("/", &[(COOKIE, &format!("x=y; {cookie}"))]), Entry::Open);
        assert_eq!(entry("/", &[(AUTHORIZATION, &format!("Bearer {secret}"))]), Entry::Open);
        assert!(matches!(entry("/", &[(COOKIE, "loadline-7007=0")]), Entry::Closed(_)));
        assert!(matches!(entry("/", &[(COOKIE, &cookie.replace("7007", "7008"))]), Entry::Closed(_)));
    }
}
