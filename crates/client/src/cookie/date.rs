//! Dates of cookies, read as leniently as RFC 6265 section 5.1.1 asks: tokens in any order.

use std::time::{Duration, SystemTime};

/// The instant a cookie date names; `None` if it names none.
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    let delimiter = |c: char| matches!(c, '\t' | ' '..='/' | ';'..='@' | '['..='`' | '{'..='~');
    for token in text.split(delimiter).filter(|token| !token.is_empty()) {
        if time.is_none() && token.contains(':') {
            time = parse_time(token);
        } else if let Some(number) = leading_digits(token, 1, 2).filter(|_| day.is_none()) {
            day = Some(number);
        } else if let Some(number) = parse_month(token).filter(|_| month.is_none()) {
            month = Some(number);
        } else if let Some(number) = leading_digits(token, 2, 4).filter(|_| year.is_none()) {
            year = Some(match number {
                70..=99 => number + 1900,
                0..=69 => number + 2000,
                other => other,
            });
        }
    }
    let (day, month, year, seconds) = (day?, month?, year?, time?);
    if !(1..=31).contains(&day) || year < 1601 {
        return None;
    }
    let since_epoch = days_from_civil(i64::from(year), i64::from(month), i64::from(day)) * 86_400 + seconds;
    let distance = Duration::from_secs(since_epoch.unsigned_abs());
    if since_epoch >= 0 {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    }
}

/// A number of `from` to `to` digits that no further digit follows.
fn leading_digits(token: &str, from: usize, to: usize) -> Option<u32> {
    let count = token.bytes().take_while(u8::is_ascii_digit).count();
    (from..=to).contains(&count).then(|| token[..count].parse().ok())?
}

fn parse_time(token: &str) -> Option<i64> {
    let mut parts = token.splitn(3, ':').map(|part| leading_digits(part, 1, 2).map(i64::from));
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    (hour < 24 && minute < 60 && second < 60).then_some(hour * 3600 + minute * 60 + second)
}

fn parse_month(token: &str) -> Option<u32> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let start = token.get(..3)?;
    MONTHS.iter().position(|month| month.eq_ignore_ascii_case(start)).map(|index| index as u32 + 1)
}

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar; Howard Hinnant, "chrono-compatible low-level
/// date algorithms", `days_from_civil`.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<u64>) {
        let seconds = parse(text).map(|time| time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs());
        assert_eq!(seconds, expected, "{text}");
    }

    #[test]
    fn reads_the_forms_in_use() {
        check("Wed, 09 Jun 2021 10:18:14 GMT", Some(1_623_233_894));
        check("Wednesday, 09-Jun-21 10:18:14 GMT", Some(1_623_233_894));
        check("Wed Jun  9 10:18:14 2021", Some(1_623_233_894));
        check("Thu, 01-Jan-1970 00:00:00 GMT", Some(0));
        check("Thu, 29 Feb 2024 23:59:59 GMT", Some(1_709_251_199));
        check("Fri, 31 Dec 9999 23:59:59 GMT", Some(253_402_300_799));
        check("", None);
        check("0", None);
        check("Wed, 09 Jun 2021", None);
        check("Wed, 09 Jun 2021 25:00:00", None);
        check("Wed, 09 Éun 2021 10:18:14 GMT", None);
    }
}
