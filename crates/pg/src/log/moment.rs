//! Times in logs, as milliseconds that can be taken from each other.
//!
//! Zones are names that only the server's machine knows; all entries of a log have the same, so it is left out.

/// `2026-11-29 01:48:13.957 UTC` or `2026-11-29T01:48:13.957Z` in milliseconds, as if its zone was UTC.
pub(super) fn moment(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() < 19 || bytes[4] != b'-' || bytes[7] != b'-' || !matches!(bytes[10], b' ' | b'T') {
        return None;
    }
    if bytes[13] != b':' || bytes[16] != b':' {
        return None;
    }
    let number = |from: usize, to: usize| {
        bytes[from..to].iter().try_fold(0_i64, |number, byte| {
            byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'))
        })
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let fraction =
        if bytes.get(19) == Some(&b'.') && bytes.len() >= 23 { number(20, 23).unwrap_or(0) } else { 0 };
    Some(((days(year, month, day) * 24 + hour) * 60 + minute) * 60_000 + second * 1_000 + fraction)
}

/// Days since 1970: Howard Hinnant's `days_from_civil` (<https://howardhinnant.github.io/date_algorithms.html>).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_both_forms() {
        assert_eq!(moment("1970-01-02 00:00:01.500 UTC"), Some(86_401_500));
        assert_eq!(moment("2026-11-29T01:48:13.957Z"), Some(1_795_916_893_957));
        assert_eq!(moment("2024-02-29 12:00:00 CET"), Some(1_709_208_000_000));
        for wrong in ["", "2026-11-29", "2026-13-29 01:48:13", "2026-11-29 01-48-13", "a026-11-29 01:48:13"] {
            assert_eq!(moment(wrong), None, "{wrong}");
        }
    }
}
