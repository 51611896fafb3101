//! Numbers of seconds in headers (RFC 9111 §1.2.2).

use std::time::Duration;

/// More seconds than this are this many: longer than anybody keeps anything, and far from the end of any arithmetic.
const MOST: u64 = 1 << 40;

/// A number of seconds: digits and nothing else; a number that is too large is the largest.
///
/// ```
/// use loadline_edge::fields::delta::seconds;
/// assert_eq!(seconds("0300").map(|time| time.as_secs()), Some(300));
/// assert!(seconds("99999999999999999999999").is_some());
/// assert_eq!(seconds("-1"), None);
/// assert_eq!(seconds("1.0"), None);
/// ```
pub fn seconds(text: &str) -> Option<Duration> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(Duration::from_secs(text.parse::<u64>().unwrap_or(MOST).min(MOST)))
}
