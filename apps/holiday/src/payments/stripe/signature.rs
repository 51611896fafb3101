//! The header Stripe-Signature: `t=TIMESTAMP,v1=HMAC`, the HMAC-SHA256 of `TIMESTAMP.BODY` in hexadecimal digits.
//!
//! There may be several `v1` while a secret is changed; other schemes are ignored, or an attacker could choose a weaker one. The
//! timestamp is part of what is signed, so an old message can't be made to look new; within the tolerance, a message sent twice is
//! told by its event's identifier.
//!
//! Source: <https://docs.stripe.com/webhooks#verify-manually>.

use std::{fmt::Write, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How old a message may be, and how far ahead the sender's clock; Stripe's libraries have the same.
pub const TOLERANCE: Duration = Duration::from_mins(5);

/// Why a message is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The header is not of the form `t=…,v1=…`.
    #[error("the header `Stripe-Signature` must be like `t=1700000000,v1=…`")]
    Malformed,
    /// The time in the header is too far from now.
    #[error("the message is older than {} s, or from the future", TOLERANCE.as_secs())]
    Old,
    /// No signature fits the message and the secret.
    #[error("no signature in `Stripe-Signature` fits the message")]
    Wrong,
}

/// The value of the header for a message sent at `timestamp` (seconds since 1970).
pub fn sign(secret: &str, timestamp: i64, body: &[u8]) -> String {
    let mut header = format!("t={timestamp},v1=");
    for byte in mac(secret, &timestamp.to_string(), body).finalize().into_bytes() {
        write!(header, "{byte:02x}").expect("writing to a string never fails");
    }
    header
}

/// Whether the message is the sender's and recent at `now` (seconds since 1970). Signatures are compared in constant time.
///
/// # Errors
/// It is not, or the header can't be read.
pub fn verify(secret: &str, header: &str, body: &[u8], now: i64) -> Result<(), SignatureError> {
    let mut timestamp = None;
    let mut signatures = Vec::new();
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", value)) => timestamp = Some(value),
            Some(("v1", value)) => signatures.push(value),
            _ => {}
        }
    }
    let timestamp = timestamp.ok_or(SignatureError::Malformed)?;
    let time: i64 = timestamp.parse().map_err(|_| SignatureError::Malformed)?;
    if signatures.is_empty() {
        return Err(SignatureError::Malformed);
    }
    // The signature first: who can't sign learns nothing about this clock.
    let expected = mac(secret, timestamp, body);
    let fits = signatures.iter().any(|signature| {
        unhex(signature).is_some_and(|signature| expected.clone().verify_slice(&signature).is_ok())
    });
    if !fits {
        return Err(SignatureError::Wrong);
    }
    if now.abs_diff(time) > TOLERANCE.as_secs() {
        return Err(SignatureError::Old);
    }
    Ok(())
}

fn mac(secret: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: i64 = 1_700_000_000;

    #[test]
    fn the_value_of_another_implementation() {
        // printf '1700000000.{}' | openssl dgst -sha256 -hmac whsec_test
        assert_eq!(
            sign("whsec_test", NOW, b"{}"),
            "t=1700000000,v1=35495024f4ef3f94e5a93e22221544c4b75e9a42300cd965ab81cb85cd994e91"
        );
    }

    #[test]
    fn what_is_believed() {
        let good = sign("s", NOW, b"body");
        let hash = good.split_once("v1=").unwrap().1;
        for (header, body, now, expected) in [
            (good.clone(), "body", NOW, Ok(())),
            (good.clone(), "body", NOW + 300, Ok(())),
            (good.clone(), "body", NOW - 300, Ok(())),
            (format!("t={NOW}, v0=abc, v1={}, v1={hash}", "0".repeat(64)), "body", NOW, Ok(())),
            (good.clone(), "body", NOW + 301, Err(SignatureError::Old)),
            (good.clone(), "body", NOW - 301, Err(SignatureError::Old)),
            (good.clone(), "bodY", NOW, Err(SignatureError::Wrong)),
            (sign("t", NOW, b"body"), "body", NOW, Err(SignatureError::Wrong)),
            (format!("t={},v1={hash}", NOW + 1), "body", NOW, Err(SignatureError::Wrong)),
            (format!("t=+{NOW},v1={hash}"), "body", NOW, Err(SignatureError::Wrong)),
            (format!("t={NOW},v1={}", &hash[..62]), "body", NOW, Err(SignatureError::Wrong)),
            (format!("t={NOW},v0={hash}"), "body", NOW, Err(SignatureError::Malformed)),
            (format!("v1={hash}"), "body", NOW, Err(SignatureError::Malformed)),
            (format!("t=soon,v1={hash}"), "body", NOW, Err(SignatureError::Malformed)),
            (format!("t=-9223372036854775808,v1={hash}"), "body", NOW, Err(SignatureError::Wrong)),
            (String::new(), "body", NOW, Err(SignatureError::Malformed)),
        ] {
            assert_eq!(verify("s", &header, body.as_bytes(), now), expected, "{header}");
        }
    }

    proptest! {
        #[test]
        fn no_header_is_too_strange(header in "\\PC*", body: Vec<u8>) {
            prop_assert!(verify("s", &header, &body, NOW).is_err());
        }
    }
}
