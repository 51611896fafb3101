//! Figures in the words of a watch.

use std::time::Duration;

use loadline_units as units;

/// `5m`, `3d`, `12d6h`.
pub(crate) fn length(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let text = |seconds: u64| units::duration_text(Duration::from_secs(seconds));
    match (days, rest) {
        (1.., 0) => format!("{days}d"),
        (2.., _) => format!("{days}d{}", text(rest)),
        _ => text(seconds),
    }
}

/// `14.4×`.
pub(crate) fn times(rate: f64) -> String {
    if rate.is_infinite() {
        return "∞×".to_owned();
    }
    let text = if rate >= 100.0 { units::decimals(rate, 0) } else { units::decimals(rate, 1) };
    format!("{}×", text.strip_suffix(".0").unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_rates_are_short() {
        let lengths = [300, 10_560, 86_400, 90_000, 259_200, 1_058_400].map(length);
        assert_eq!(lengths, ["5m", "2h56m", "1d", "25h", "3d", "12d6h"]);
        assert_eq!([0.0, 0.54, 14.4, 123.4, f64::INFINITY].map(times), ["0×", "0.5×", "14.4×", "123×", "∞×"]);
    }
}
