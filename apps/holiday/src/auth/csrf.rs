//! Tokens against forged forms, as next-auth has them: a cookie holds `TOKEN|HMAC`, and a form must repeat the token.
//!
//! Another site can make a browser send the cookie, but it can't read it; and it can't make one up, for lack of the key.

use axum::http::HeaderMap;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::cookie;

const COOKIE: &str = "next-auth.csrf-token";

/// The key of one service.
pub(crate) struct Csrf {
    key: [u8; 32],
}

impl Csrf {
    /// With this secret, or a random one.
    pub(crate) fn new(secret: Option<&str>) -> Csrf {
        Csrf { key: secret.map_or_else(rand::random, |secret| Sha256::digest(secret).into()) }
    }

    /// A new token, and the cookie that goes with it.
    pub(super) fn issue(&self, secure: bool) -> (String, String) {
        let token = cookie::hex(&rand::random::<[u8; 32]>());
        let value = format!("{token}|{}", self.mac(&token));
        let cookie = cookie::set(COOKIE, &value, None, secure);
        (token, cookie)
    }

    /// The token of a request's cookie, when this service made it.
    pub(super) fn token_of(&self, headers: &HeaderMap) -> Option<String> {
        cookie::all(headers, COOKIE).find_map(|value| {
            // Some clients encode the bar.
            let (token, mac) = value.split_once('|').or_else(|| value.split_once("%7C"))?;
            bool::from(self.mac(token).as_bytes().ct_eq(mac.as_bytes())).then(|| token.to_owned())
        })
    }

    /// Whether a form's token is the cookie's.
    pub(super) fn confirms(&self, headers: &HeaderMap, token: &str) -> bool {
        self.token_of(headers).is_some_and(|expected| expected.as_bytes().ct_eq(token.as_bytes()).into())
    }

    fn mac(&self, token: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        mac.update(token.as_bytes());
        cookie::hex(&mac.finalize().into_bytes())
    }
}
