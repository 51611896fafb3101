//! A secret that shows that a request comes from whoever started the server.

use std::fmt::{self, Write as _};

use http::HeaderMap;
use http::header::AUTHORIZATION;
use rand::RngExt;
use subtle::ConstantTimeEq;

/// Compared in constant time, and never printed by accident: it is shown where someone asks for it, nowhere else.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A new one of 128 random bits, in hexadecimal.
    pub fn random() -> Self {
        let bytes: [u8; 16] = rand::rng().random();
        Self(bytes.iter().fold(String::with_capacity(32), |mut text, byte| {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        }))
    }

    /// One that was chosen; `None` when it is empty, or could not stand in a header.
    pub fn chosen(text: &str) -> Option<Self> {
        let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }

    /// The secret itself, to be shown to its owner.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// Whether a request shows it: `authorization: Bearer TOKEN`.
    pub fn admits(&self, headers: &HeaderMap) -> bool {
        let shown = headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().split_at_checked(7));
        shown.is_some_and(|(scheme, shown)| {
            scheme.eq_ignore_ascii_case(b"bearer ") && bool::from(shown.ct_eq(self.0.as_bytes()))
        })
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_bearer_is_admitted() {
        let token = Token::random();
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, value.parse().unwrap());
            token.admits(&headers)
        };
        assert!(with(&format!("Bearer {}", token.secret())));
        assert!(with(&format!("bearer {}", token.secret())));
        for wrong in ["", "Bearer", "Bearer ", "Basic x", "Bearer 0123"] {
            assert!(!with(wrong), "{wrong}");
        }
        assert!(!with(&format!("Bearer {}0", token.secret())));
        assert!(!token.admits(&HeaderMap::new()));
        assert_ne!(token.secret(), Token::random().secret());
        assert_eq!(format!("{token:?}"), "Token");
    }

    #[test]
    fn what_cannot_stand_in_a_header_is_no_token() {
        assert!(Token::chosen("s3cret").is_some());
        for wrong in ["", "two words", "line\nbreak", "ä"] {
            assert!(Token::chosen(wrong).is_none(), "{wrong}");
        }
    }
}
