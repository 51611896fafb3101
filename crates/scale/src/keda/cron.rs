//! Times that come again, as KEDA's cron trigger has them: five fields, without names such as `@daily`.
//!
//! As in its library (robfig/cron 3): where both days of the month and days of the week are restricted, either is
//! enough; a time that a change of clocks leaves out does not come on that day, and one that comes twice does.

use jiff::civil::Date;
use jiff::{Span, Timestamp, ToSpan, ZonedDateTime};

/// For how many years a time is looked for that may never come, such as the 30th of February.
const YEARS: i16 = 5;
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// A cron expression: `30 8 * * 1-5`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    /// As it was written.
    pub text: String,
    minutes: Field,
    hours: Field,
    days: Field,
    months: Field,
    weekdays: Field,
}

/// Why an expression says no time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    /// There are not five fields.
    #[error(
        "`{0}` has {1} fields: a cron expression has five, minute, hour, day of the month, month, day of the week"
    )]
    Fields(String, usize),
    /// A field that says nothing.
    #[error("`{part}` is no {field}: {wanted}")]
    Part {
        /// What is written.
        part: String,
        /// Which field it is.
        field: &'static str,
        /// What it could be.
        wanted: String,
    },
    /// A time that does not exist.
    #[error("`{0}` never comes")]
    Never(String),
}

/// The values of a field, a bit each, and whether it is restricted at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Field {
    bits: u64,
    any: bool,
}

impl Field {
    fn has(self, value: i8) -> bool {
        u32::try_from(value).is_ok_and(|value| (self.bits >> value) & 1 == 1)
    }
}

impl Cron {
    /// Reads an expression.
    ///
    /// # Errors
    /// Where it has no five fields, a field says no times, or its time never comes.
    pub fn parse(text: &str) -> Result<Self, CronError> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(CronError::Fields(text.to_owned(), fields.len()));
        };
        let cron = Self {
            text: text.to_owned(),
            minutes: field(minute, "minute", 0, 59, &[])?,
            hours: field(hour, "hour", 0, 23, &[])?,
            days: field(day, "day of the month", 1, 31, &[])?,
            months: field(month, "month", 1, 12, &MONTHS)?,
            weekdays: field(weekday, "day of the week", 0, 6, &DAYS)?,
        };
        let somewhen = Timestamp::UNIX_EPOCH.to_zoned_datetime(jiff::tz::TimeZone::UTC);
        cron.next(&somewhen).map(|_| ()).ok_or_else(|| CronError::Never(text.to_owned()))?;
        Ok(cron)
    }

    /// Whether it comes on some days and not on others.
    pub fn depends_on_the_day(&self) -> bool {
        !(self.days.any && self.months.any && self.weekdays.any)
    }

    /// The first time after this one, in its time zone; none within five years.
    pub fn next(&self, after: &ZonedDateTime) -> Option<ZonedDateTime> {
        let last = after.year() + YEARS;
        let whole = after.with().second(0).subsec_nanosecond(0).build().ok()?;
        let mut at = whole.checked_add(1.minute()).ok()?;
        while at.year() <= last {
            if !self.is_on(at.date()) {
                at = at.tomorrow().and_then(|day| day.start_of_day()).ok()?;
            } else if !self.hours.has(at.hour()) {
                let left: Span = (60 - i64::from(at.minute())).minutes();
                at = at.checked_add(left).ok()?;
            } else if self.minutes.has(at.minute()) {
                return Some(at);
            } else {
                at = at.checked_add(1.minute()).ok()?;
            }
        }
        None
    }

    fn is_on(&self, date: Date) -> bool {
        let day = self.days.has(date.day());
        let weekday = self.weekdays.has(date.weekday().to_sunday_zero_offset());
        let either = if self.days.any || self.weekdays.any { day && weekday } else { day || weekday };
        self.months.has(date.month()) && either
    }
}

fn field(text: &str, name: &'static str, least: u64, most: u64, names: &[&str]) -> Result<Field, CronError> {
    let mut all = Field { bits: 0, any: false };
    for part in text.split(',') {
        let wanted = || {
            let example =
                names.first().map(|first| format!(" or names such as `{first}`")).unwrap_or_default();
            format!("numbers from {least} to {most}{example}, with `-`, `,`, `/` and `*` between them")
        };
        let wrong = || CronError::Part { part: part.to_owned(), field: name, wanted: wanted() };
        let number = |text: &str| -> Option<u64> {
            let known = names.iter().position(|known| known.eq_ignore_ascii_case(text));
            let value = match known {
                Some(index) => index as u64 + least,
                None => text.bytes().all(|digit| digit.is_ascii_digit()).then(|| text.parse().ok())??,
            };
            (least..=most).contains(&value).then_some(value)
        };
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => {
                (range, step.parse::<u64>().ok().filter(|step| *step > 0).ok_or_else(wrong)?)
            }
            None => (part, 1),
        };
        let (from, to) = match (range, range.split_once('-')) {
            ("*" | "?", _) => (least, most),
            (_, Some((from, to))) => (number(from).ok_or_else(wrong)?, number(to).ok_or_else(wrong)?),
            (one, None) => {
                let one = number(one).ok_or_else(wrong)?;
                (one, if part.contains('/') { most } else { one })
            }
        };
        if from > to {
            return Err(wrong());
        }
        all.any |= matches!(range, "*" | "?") && step == 1;
        let step = usize::try_from(step).unwrap_or(usize::MAX);
        for value in (from..=to).step_by(step) {
            all.bits |= 1 << value;
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn next(text: &str, after: &str) -> String {
        let after: ZonedDateTime = after.parse().unwrap();
        Cron::parse(text).unwrap().next(&after).unwrap().datetime().to_string()
    }

    #[test]
    fn times_come_as_they_are_written() {
        let check = |text, after, wanted| assert_eq!(next(text, after), wanted, "{text} after {after}");
        // Saturday, 4 July 2026.
        let saturday = "2026-07-04T09:00:00+00:00[UTC]";
        check("30 8 * * *", saturday, "2026-07-05T08:30:00");
        check("0 9 * * *", saturday, "2026-07-05T09:00:00");
        check("1 9 * * *", saturday, "2026-07-04T09:01:00");
        check("30 8 * * 1-5", saturday, "2026-07-06T08:30:00");
        check("30 8 * * MON,Fri", saturday, "2026-07-06T08:30:00");
        check("*/20 10-11 * * *", saturday, "2026-07-04T10:00:00");
        check("5/20 * * * *", saturday, "2026-07-04T09:05:00");
        check("0 0 29 feb ?", saturday, "2028-02-29T00:00:00");
        // Both days are restricted: either is enough.
        check("0 0 13 * 5", saturday, "2026-07-10T00:00:00");
        check("0 0 */2 * 5", saturday, "2026-07-05T00:00:00");
        check("0 0 6 * *", saturday, "2026-07-06T00:00:00");
        // Clocks go forward over half past two, and back over it.
        check("30 2 * * *", "2026-03-28T12:00:00+01:00[Europe/Berlin]", "2026-03-30T02:30:00");
        check("30 2 * * *", "2026-10-25T02:30:00+02:00[Europe/Berlin]", "2026-10-25T02:30:00");
        check("30 2 * * *", "2026-10-25T02:30:00+01:00[Europe/Berlin]", "2026-10-26T02:30:00");
    }

    #[test]
    fn what_is_no_time_is_said() {
        let check = |text: &str, wanted: &str| {
            let said = Cron::parse(text).unwrap_err().to_string();
            assert!(said.contains(wanted), "{text}: {said}");
        };
        check("30 8 * *", "has 4 fields");
        check("0 30 8 * * *", "has 6 fields");
        check("@daily", "has 1 fields");
        check("60 8 * * *", "`60` is no minute: numbers from 0 to 59");
        check("0 8 * * 7", "`7` is no day of the week");
        check("0 8 * * noday", "names such as `sun`");
        check("0 9-8 * * *", "`9-8` is no hour");
        check("0/0 8 * * *", "`0/0` is no minute");
        check("-1 8 * * *", "`-1` is no minute");
        check("+1 8 * * *", "`+1` is no minute");
        check("0 0 30 2 *", "never comes");
    }

    fn any_field(least: u8, most: u8) -> impl Strategy<Value = String> {
        let one = move || least..=most;
        prop_oneof![
            3 => Just("*".to_owned()),
            1 => (1..=most).prop_map(|step| format!("*/{step}")),
            2 => one().prop_map(|one| one.to_string()),
            1 => (one(), one()).prop_map(|(one, other)| format!("{}-{}", one.min(other), one.max(other))),
            1 => (one(), one()).prop_map(|(one, other)| format!("{one},{other}")),
        ]
    }

    proptest! {
        #[test]
        fn the_next_time_fits_and_none_before_it_does(
            fields in (any_field(0, 59), any_field(0, 23), any_field(1, 28), any_field(1, 12), any_field(0, 6)),
            after_s in 0_i64..4_000_000_000,
        ) {
            let (minute, hour, day, month, weekday) = fields;
            let cron = Cron::parse(&format!("{minute} {hour} {day} {month} {weekday}")).unwrap();
            let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
            let after = Timestamp::from_second(after_s).unwrap().to_zoned_datetime(zone);
            let next = cron.next(&after).unwrap();
            let fits = |at: &ZonedDateTime| cron.is_on(at.date()) && cron.hours.has(at.hour()) && cron.minutes.has(at.minute());
            prop_assert!(fits(&next) && next > after && next.second() == 0);
            // Minute by minute for a day is as far as anybody has to look here.
            let mut at = after.with().second(0).build().unwrap().checked_add(1.minute()).unwrap();
            for _ in 0..1440 {
                if at >= next { break; }
                prop_assert!(!fits(&at), "{at}");
                at = at.checked_add(1.minute()).unwrap();
            }
        }
    }
}
