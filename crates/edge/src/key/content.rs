//! What stands in a key for the content of a `QUERY` (RFC 10008 §2.7).
//!
//! The content itself may be long, so a digest stands for it: of the content and of the fields that say how to read it.
//! Content is not normalised: what two texts have in common is known to those who know the format.

use std::fmt::Write;

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_TYPE};
use sha2::{Digest, Sha256};

/// A digest of content and of the fields that say how to read it, in hexadecimal.
pub fn content_digest(headers: &HeaderMap, content: &[u8]) -> String {
    let mut digest = Sha256::new();
    for name in [CONTENT_TYPE, CONTENT_ENCODING, CONTENT_LANGUAGE] {
        let lines: Vec<&[u8]> = headers.get_all(&name).iter().map(http::HeaderValue::as_bytes).collect();
        // How many lines, and how long each is: no two lists run together to the same bytes.
        digest.update((lines.len() as u64).to_be_bytes());
        for line in lines {
            digest.update((line.len() as u64).to_be_bytes());
            digest.update(line);
        }
    }
    digest.update(content);
    let mut text = String::new();
    for byte in digest.finalize() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
