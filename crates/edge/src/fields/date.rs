//! Dates of HTTP: three forms read, one written (RFC 9110 §5.6.7).
//!
//! A date that decides on freshness is better refused than guessed: `UTC` for `GMT`, a year of two digits in the first
//! form or a missing comma make it none. Names may have any case, because old caches compare them so and what is meant
//! is beyond doubt. The day of the week is read and not checked.

use crate::moment::Moment;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const LONG_DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// A date; `now` decides on the century of a year of two digits.
///
/// ```
/// use loadline_edge::Moment;
/// use loadline_edge::fields::date;
/// let now = Moment::from_seconds(1_800_000_000);
/// let moment = date::parse("Sun, 06 Nov 1994 08:49:37 GMT", now);
/// assert_eq!(moment, Some(Moment::from_seconds(784_111_777)));
/// assert_eq!(date::parse("Sunday, 06-Nov-94 08:49:37 GMT", now), moment);
/// assert_eq!(date::parse("Sun Nov  6 08:49:37 1994", now), moment);
/// assert_eq!(date::parse("Sun, 06 Nov 1994 08:49:37 UTC", now), None);
/// ```
pub fn parse(text: &str, now: Moment) -> Option<Moment> {
    fixed(text).or_else(|| dashed(text, now)).or_else(|| ascending(text))
}

/// The form that is written, `Sun, 06 Nov 1994 08:49:37 GMT`.
pub fn format(moment: Moment) -> String {
    let seconds = moment.seconds().clamp(0, LAST);
    let (day, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, of_month) = civil(day);
    // The first of January 1970 was a Thursday.
    let weekday = DAYS[((day + 3) % 7) as usize];
    let name = MONTHS[(month - 1) as usize];
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{weekday}, {of_month:02} {name} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// The last second of the year 9999.
const LAST: i64 = 253_402_300_799;

/// `Sun, 06 Nov 1994 08:49:37 GMT`
fn fixed(text: &str) -> Option<Moment> {
    let (weekday, rest) = text.split_once(", ")?;
    one_of(&DAYS, weekday)?;
    let parts: [&str; 5] = pieces(rest, ' ')?;
    moment(digits(parts[2], 4)?, one_of(&MONTHS, parts[1])? + 1, digits(parts[0], 2)?, parts[3], parts[4])
}

/// `Sunday, 06-Nov-94 08:49:37 GMT`
fn dashed(text: &str, now: Moment) -> Option<Moment> {
    let (weekday, rest) = text.split_once(", ")?;
    one_of(&LONG_DAYS, weekday)?;
    let [day, time, zone] = pieces(rest, ' ')?;
    let [of_month, month, year] = pieces(day, '-')?;
    let this_year = civil(now.seconds().clamp(0, LAST) / 86_400).0;
    let mut year = this_year / 100 * 100 + digits(year, 2)?;
    // More than fifty years ahead is the last year that ended so (RFC 9110 §5.6.7).
    if year > this_year + 50 {
        year -= 100;
    }
    moment(year, one_of(&MONTHS, month)? + 1, digits(of_month, 2)?, time, zone)
}

/// `Sun Nov  6 08:49:37 1994`
fn ascending(text: &str) -> Option<Moment> {
    // The day of the month is padded with a blank.
    let text = text.replacen("  ", " 0", 1);
    let [weekday, month, day, time, year] = pieces(&text, ' ')?;
    one_of(&DAYS, weekday)?;
    moment(digits(year, 4)?, one_of(&MONTHS, month)? + 1, digits(day, 2)?, time, "GMT")
}

fn moment(year: i64, month: i64, day: i64, time: &str, zone: &str) -> Option<Moment> {
    let [hour, minute, second] = pieces(time, ':')?;
    let (hour, minute, second) = (digits(hour, 2)?, digits(minute, 2)?, digits(second, 2)?);
    // A leap second is the last one of its minute.
    if !zone.eq_ignore_ascii_case("GMT") || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days = days(year, month, day);
    if civil(days) != (year, month, day) {
        return None;
    }
    Some(Moment::from_seconds(days * 86_400 + hour * 3_600 + minute * 60 + second.min(59)))
}

fn pieces<const N: usize>(text: &str, separator: char) -> Option<[&str; N]> {
    let pieces: Vec<&str> = text.splitn(N + 1, separator).collect();
    pieces.try_into().ok()
}

fn digits(text: &str, count: usize) -> Option<i64> {
    if text.len() != count || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn one_of(names: &[&str], name: &str) -> Option<i64> {
    names.iter().position(|known| known.eq_ignore_ascii_case(name)).map(|at| at as i64)
}

/// Days since 1970 of a day of the Gregorian calendar, by eras of 400 years that begin in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The year, month and day of a number of days since 1970.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Moment = Moment::from_seconds(1_800_000_000);

    #[test]
    fn dates_are_read_or_refused() {
        for (text, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("THU, 18 AUG 2050 02:01:18 gmt", Some(2_544_400_878)),
            ("Tue, 29 Feb 2028 23:59:60 GMT", Some(1_835_481_599)),
            ("Thursday, 18-Aug-50 02:01:18 GMT", Some(2_544_400_878)),
            // 2027 and fifty-one years: 1978.
            ("Friday, 18-Aug-78 00:00:00 GMT", Some(272_246_400)),
            ("Thu Aug  8 02:01:18 2050", Some(2_543_536_878)),
            ("Mon, 29 Feb 2027 00:00:00 GMT", None),
            ("Thu, 18 Aug 2050 02:01:18 UTC", None),
            ("Thu, 18 Aug 2050 02:01:18 AEST", None),
            ("Thu, 18 Aug 2050 02:01:18", None),
            ("Thu, 18 Aug 50 02:01:18 GMT", None),
            ("Thu 18 Aug 2050 02:01:18 GMT", None),
            ("Thu, 18  Aug  2050 02:01:18 GMT", None),
            ("Thu, 18-Aug-2050 02:01:18 GMT", None),
            ("Thu, 18 Aug 2050 02.01.18 GMT", None),
            ("Thu, 18 Aug 2050 2:01:18 GMT", None),
            ("Thu, 18 Aug 2050 24:01:18 GMT", None),
            ("0", None),
            ("", None),
        ] {
            assert_eq!(parse(text, NOW).map(Moment::seconds), seconds, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(seconds in 0..LAST) {
            let moment = Moment::from_seconds(seconds);
            prop_assert_eq!(parse(&format(moment), NOW), Some(moment));
        }
    }
}
