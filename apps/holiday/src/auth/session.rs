//! Sessions: a random token in the user's cookie, its hash in the store.

use std::time::Duration;

use axum::http::HeaderMap;
use sha2::{Digest, Sha256};

use super::cookie;
use crate::{
    clock::now,
    store::{Store, StoreError},
};

/// The cookie's name, as next-auth calls it.
const COOKIE: &str = "next-auth.session-token";
/// How long a session lasts, as next-auth has it.
const LIFETIME: Duration = Duration::from_hours(30 * 24);

/// A session's secret: 32 random bytes as 64 hexadecimal digits.
pub(crate) struct Token(String);

impl Token {
    /// A new one.
    pub(crate) fn generate() -> Token {
        Token(cookie::hex(&rand::random::<[u8; 32]>()))
    }

    /// What is stored of it.
    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }

    /// When a session that begins now ends, in seconds since 1970.
    pub(crate) fn expiry(now: i64) -> i64 {
        now.saturating_add(LIFETIME.as_secs() as i64)
    }

    /// The value of Set-Cookie.
    pub(crate) fn set_cookie(&self, secure: bool) -> String {
        cookie::set(COOKIE, &self.0, Some(LIFETIME), secure)
    }

    /// The value of Set-Cookie that makes a browser forget it.
    pub(crate) fn unset_cookie(secure: bool) -> String {
        cookie::set(COOKIE, "", Some(Duration::ZERO), secure)
    }

    /// The token of a request's cookies. Where several have the name, the first that looks like a token counts.
    pub(super) fn from_headers(headers: &HeaderMap) -> Option<Token> {
        cookie::all(headers, COOKIE)
            .find(|token| token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .map(|token| Token(token.to_owned()))
    }
}

/// Whose request this is; `None` without a session that is alive.
pub(crate) async fn account_of(store: &dyn Store, headers: &HeaderMap) -> Result<Option<i64>, StoreError> {
    match Token::from_headers(headers) {
        Some(token) => store.session_account(token.hash(), now()).await,
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(cookies: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(axum::http::header::COOKIE, cookie.parse().unwrap());
        }
        Token::from_headers(&headers).map(|token| token.0)
    }

    #[test]
    fn a_token_comes_back_from_its_cookie() {
        let made = Token::generate();
        let pair = made.set_cookie(false).split(';').next().unwrap().to_owned();
        assert_eq!(token(&[&pair]), Some(made.0.clone()));
        assert_eq!(token(&["theme=dark", &format!("a=b;{pair} ; c=d")]), Some(made.0.clone()));
        assert_eq!(token(&[&format!("{pair}; {pair}")]), Some(made.0.clone()), "sent twice");
        assert_ne!(Token::generate().0, made.0);
    }

    #[test]
    fn what_is_no_token() {
        let digits = "0".repeat(64);
        for cookie in [
            String::new(),
            "next-auth.session-token=".to_owned(),
            "next-auth.session-token=undefined".to_owned(),
            format!("next-auth.session-token={}g", &digits[1..]),
            format!("next-auth.session-token-2={digits}"),
            format!("x-next-auth.session-token={digits}"),
        ] {
            assert_eq!(token(&[&cookie]), None, "{cookie}");
        }
    }
}
