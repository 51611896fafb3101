//! When a receiver that did not take a message is asked again: after a quarter of a second, then twice as long each
//! time up to ten seconds; or when it says, up to a minute.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use crate::form::Answer;

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(10);
/// A receiver that wants to be left alone for longer is asked sooner.
const LONGEST_ASKED_FOR: Duration = Duration::from_mins(1);

/// How long to wait after so many failures in a row, from 1.
pub(crate) fn wait(failures: u32, retry_after: Option<Duration>) -> Duration {
    let doubled = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST);
    retry_after.map_or(doubled, |asked| asked.clamp(FIRST, LONGEST_ASKED_FOR))
}

/// How long an answer asks to wait.
pub(crate) fn asked(answer: &Answer, now: Timestamp) -> Option<Duration> {
    retry_after(answer.headers.get("retry-after")?.to_str().ok()?, now)
}

/// How long a `Retry-After` asks to wait: a number of seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = rfc2822::parse(value).ok()?.timestamp();
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn waits_grow_to_a_bound_and_the_receiver_may_ask_for_longer() {
        let ms = |failures| wait(failures, None).as_millis();
        assert_eq!([ms(1), ms(2), ms(3), ms(6), ms(7), ms(u32::MAX)], [250, 500, 1000, 8000, 10_000, 10_000]);
        assert_eq!(wait(1, Some(Duration::from_secs(30))), Duration::from_secs(30));
        assert_eq!(wait(1, Some(Duration::from_hours(1))), Duration::from_mins(1));
        assert_eq!(wait(9, Some(Duration::ZERO)), FIRST);
    }

    #[test]
    fn seconds_and_dates() {
        let now = "2026-11-30T12:00:00Z".parse().unwrap();
        let read = |text| retry_after(text, now).map(|duration| duration.as_secs());
        assert_eq!(read("120"), Some(120));
        assert_eq!(read("Mon, 30 Nov 2026 12:00:07 GMT"), Some(7));
        assert_eq!(read("Mon, 30 Nov 2026 11:00:00 GMT"), Some(0));
        assert_eq!(read("soon"), None);
        assert_eq!(read("-1"), None);
    }

    proptest! {
        #[test]
        fn whatever_is_asked_the_wait_is_bounded(value in "[ -~]{0,30}", failures: u32) {
            let asked = retry_after(&value, "2026-11-30T12:00:00Z".parse().unwrap());
            prop_assert!(wait(failures, asked) <= LONGEST_ASKED_FOR && wait(failures, asked) >= FIRST);
        }
    }
}
