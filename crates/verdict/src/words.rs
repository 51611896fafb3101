//! Figures as people read them: `432.1 ms`, `12,043`, `99.58 %`.

use loadline_measure::Unit;

/// A whole number with its thousands apart: `19,880`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with its thousands apart and at most this many decimals, without trailing zeros.
pub(crate) fn number(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), count);
    let fraction = fraction.trim_end_matches('0');
    let sign = if value < 0.0 { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// A value in its unit, with at most this many decimals.
pub(crate) fn value(value: f64, unit: Unit, decimals: usize) -> String {
    let magnitude = value.abs();
    let (divisor, name) = match unit {
        Unit::Plain => (1.0, ""),
        Unit::Milliseconds if magnitude == 0.0 => (1.0, " ms"),
        Unit::Milliseconds if magnitude < 1.0 => (1e-3, " µs"),
        Unit::Milliseconds if magnitude < 1e3 => (1.0, " ms"),
        Unit::Milliseconds => (1e3, " s"),
        Unit::Bytes if magnitude < 1e3 => (1.0, " B"),
        Unit::Bytes if magnitude < 1e6 => (1e3, " kB"),
        Unit::Bytes if magnitude < 1e9 => (1e6, " MB"),
        Unit::Bytes => (1e9, " GB"),
    };
    format!("{}{name}", number(value / divisor, decimals))
}

/// Two values in their unit, with as many decimals as it takes to tell them apart.
pub(crate) fn apart(left: f64, right: f64, unit: Unit) -> (String, String) {
    let fewest = if unit == Unit::Plain { 4 } else { 2 };
    let mut texts = (value(left, unit, fewest), value(right, unit, fewest));
    for decimals in fewest..=12 {
        texts = (value(left, unit, decimals), value(right, unit, decimals));
        if left == right || texts.0 != texts.1 {
            break;
        }
    }
    texts
}

/// A share of a whole in percent; says 0 or 100 only when it is.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    let share = if whole == 0 { 0.0 } else { part as f64 / whole as f64 * 100.0 };
    let decimals = (2..12).find(|decimals| {
        let text = number(share, *decimals);
        (text != "100" || part == whole) && (text != "0" || part == 0)
    });
    format!("{} %", number(share, decimals.unwrap_or(12)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(123), "123");
        assert_eq!(number(-1234.5, 2), "-1,234.5");
        assert_eq!(value(432.1, Unit::Milliseconds, 2), "432.1 ms");
        assert_eq!(value(0.30107, Unit::Milliseconds, 2), "301.07 µs");
        assert_eq!(value(3000.0, Unit::Milliseconds, 2), "3 s");
        assert_eq!(value(12_345_678.0, Unit::Bytes, 2), "12.35 MB");
        assert_eq!(percent(995, 1000), "99.5 %");
        assert_eq!(percent(999_999, 1_000_000), "99.9999 %");
        assert_eq!(percent(7, 7), "100 %");
        assert_eq!(apart(500.0004, 500.0, Unit::Milliseconds), ("500.0004 ms".into(), "500 ms".into()));
    }
}
