//! Durations as people write them: `24m`, `1h30m`, `1m30s`, `500ms`.

use std::fmt::Write;
use std::time::Duration;

/// The shortest usual text of a duration, to the millisecond; below one millisecond to the nanosecond.
pub(crate) fn duration_text(duration: Duration) -> String {
    let total_ms = duration.as_millis();
    if duration.is_zero() {
        return "0s".to_owned();
    }
    if total_ms == 0 {
        return format!("{}ns", duration.as_nanos());
    }
    let (hours, minutes) = (total_ms / 3_600_000, total_ms / 60_000 % 60);
    let (seconds, ms) = (total_ms / 1_000 % 60, total_ms % 1_000);
    let mut text = String::new();
    for (value, unit) in [(hours, "h"), (minutes, "m"), (seconds, "s"), (ms, "ms")] {
        if value > 0 {
            // Writing to a string does not fail.
            let _ = write!(text, "{value}{unit}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_usual_text() {
        for (ms, expected) in [
            (0, "0s"),
            (500, "500ms"),
            (1_500, "1s500ms"),
            (90_000, "1m30s"),
            (1_440_000, "24m"),
            (5_400_000, "1h30m"),
        ] {
            assert_eq!(duration_text(Duration::from_millis(ms)), expected);
        }
        assert_eq!(duration_text(Duration::from_micros(200)), "200000ns");
    }
}
