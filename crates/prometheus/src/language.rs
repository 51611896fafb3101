//! Pieces of its query language: texts, regular expressions, lengths of time, and a bound of a histogram however it is
//! written.

use std::fmt::Write as _;

/// A string of the query language.
///
/// Source: <https://prometheus.io/docs/prometheus/latest/querying/basics/#string-literals>.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            other if (other as u32) < 0x20 || other as u32 == 0x7f => {
                let _ = write!(quoted, "\\x{:02x}", other as u32);
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// A regular expression of RE2's that only this text matches.
pub fn literal(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, character| {
        if character.is_ascii()
            && !character.is_ascii_alphanumeric()
            && character != '_'
            && !character.is_ascii_control()
        {
            escaped.push('\\');
        }
        escaped.push(character);
        escaped
    })
}

/// A regular expression of RE2's for a bound in `le`, as any library and either version of Prometheus writes it: `500`
/// and `500.0`, and from a million on `1e+06`.
pub fn bound_pattern(bound: f64) -> String {
    if bound == f64::INFINITY {
        return literal("+Inf");
    }
    let plain = bound.to_string();
    let zeros = if plain.contains('.') { "0*" } else { r"(\.0+)?" };
    let mut pattern = format!("{}{zeros}", literal(&plain));
    // Go writes large and small numbers with an exponent of two digits.
    if bound != 0.0 && (bound.abs() >= 1e6 || bound.abs() < 1e-4) {
        let scientific = format!("{bound:e}");
        if let Some((digits, exponent)) = scientific.split_once('e') {
            let (sign, exponent) = exponent.strip_prefix('-').map_or(("+", exponent), |rest| ("-", rest));
            let _ = write!(pattern, "|{}", literal(&format!("{digits}e{sign}{exponent:0>2}")));
        }
    }
    pattern
}

/// A length of time as the query language has it: `5400` seconds are `1h30m`.
pub fn length(seconds: u64) -> String {
    let mut left = seconds;
    let mut text = String::new();
    for (unit, name) in [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")] {
        if left >= unit {
            let _ = write!(text, "{}{name}", left / unit);
            left %= unit;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_found_however_it_is_written() {
        for (bound, pattern) in [
            (500.0, r"500(\.0+)?"),
            (0.5, r"0\.50*"),
            (f64::INFINITY, r"\+Inf"),
            (1_800_000.0, r"1800000(\.0+)?|1\.8e\+06"),
            (0.000_05, r"0\.000050*|5e\-05"),
        ] {
            assert_eq!(bound_pattern(bound), pattern);
        }
    }

    #[test]
    fn lengths_have_units() {
        let lengths = [0, 59, 300, 3600, 5400, 86_400, 259_200, 90_061].map(length);
        assert_eq!(lengths, ["0s", "59s", "5m", "1h", "1h30m", "1d", "3d", "1d1h1m1s"]);
    }
}
