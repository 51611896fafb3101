//! Maintenance that comes every week, by the clock on the wall.
//!
//! Days and hours are those of a time zone: between 2 and 4 on Sunday stays so when clocks change. An hour that clocks
//! skip is not there, and one that they repeat is there twice.

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;

/// A time zone.
pub type Zone = TimeZone;

/// Hours of certain days, every week.
#[derive(Debug, Clone, PartialEq)]
pub struct Weekly {
    days: Vec<Weekday>,
    from: Time,
    to: Time,
    zone: TimeZone,
}

/// What is wrong with a maintenance window.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeeklyError {
    /// No such day.
    #[error("`{0}` is no day: write `mon`, `tue`, `wed`, `thu`, `fri`, `sat` or `sun`")]
    Day(String),
    /// No such time.
    #[error("`{0}` is no time of day: write `02:30`")]
    Time(String),
    /// No such zone.
    #[error("`{0}` is no time zone that this machine knows: write `Europe/Berlin` or `UTC`")]
    Zone(String),
}

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

impl Weekly {
    /// From a time of day to another, on the day after if that is not later, beginning on these days; without any, on
    /// every day.
    ///
    /// # Errors
    /// Where a text is none of these.
    pub fn new(days: &[String], from: &str, to: &str, zone: &str) -> Result<Self, WeeklyError> {
        let day = |text: &String| {
            let found = DAYS.iter().find(|(name, _)| *name == text);
            found.map(|(_, day)| *day).ok_or_else(|| WeeklyError::Day(text.clone()))
        };
        let days: Vec<Weekday> = if days.is_empty() {
            DAYS.iter().map(|(_, day)| *day).collect()
        } else {
            days.iter().map(day).collect::<Result<_, _>>()?
        };
        let zone = TimeZone::get(zone).map_err(|_| WeeklyError::Zone(zone.to_owned()))?;
        Ok(Self { days, from: time(from)?, to: time(to)?, zone })
    }

    /// The days on which it begins, as they are written: `sun`.
    pub fn days(&self) -> impl Iterator<Item = &'static str> {
        self.days.iter().filter_map(|day| DAYS.iter().find(|(_, known)| known == day)).map(|(name, _)| *name)
    }

    /// The days after those on which it begins, into which it goes on if it does so over midnight.
    pub fn days_after(&self) -> impl Iterator<Item = &'static str> {
        let after = self.days.iter().map(|day| day.next());
        after.filter_map(|day| DAYS.iter().find(|(_, known)| *known == day)).map(|(name, _)| *name)
    }

    /// From which time of day to which, as `02:00`; the second is on the day after where it is not later.
    pub fn times(&self) -> [String; 2] {
        [self.from, self.to].map(|time| format!("{:02}:{:02}", time.hour(), time.minute()))
    }

    /// The name of its time zone: `Europe/Berlin`.
    pub fn zone(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// Whether a moment, in seconds since 1970 UTC, lies in it.
    pub fn has(&self, now_s: i64) -> bool {
        let Ok(moment) = Timestamp::from_second(now_s) else { return false };
        let local = self.zone.to_datetime(moment);
        let (day, time) = (local.date().weekday(), local.time());
        if self.from < self.to {
            return self.days.contains(&day) && (self.from..self.to).contains(&time);
        }
        // Over midnight.
        self.days.contains(&day) && time >= self.from || self.days.contains(&day.previous()) && time < self.to
    }
}

fn time(text: &str) -> Result<Time, WeeklyError> {
    let wrong = || WeeklyError::Time(text.to_owned());
    let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
    let number = |digits: &str| digits.parse::<i8>().ok().filter(|_| digits.len() == 2);
    let (Some(hour), Some(minute)) = (number(hour), number(minute)) else { return Err(wrong()) };
    Time::new(hour, minute, 0, 0).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(weekly: &Weekly, at: &str) -> bool {
        weekly.has(at.parse::<Timestamp>().unwrap().as_second())
    }

    #[test]
    fn it_goes_by_the_clock_on_the_wall() {
        let weekly = Weekly::new(&["sun".to_owned()], "02:00", "04:00", "Europe/Berlin").unwrap();
        // 2026-07-05 is a Sunday: UTC+2.
        assert!(has(&weekly, "2026-07-05T00:00:00Z") && has(&weekly, "2026-07-05T01:59:59Z"));
        assert!(!has(&weekly, "2026-07-05T02:00:00Z") && !has(&weekly, "2026-07-06T00:30:00Z"));
        // In winter UTC+1.
        assert!(has(&weekly, "2026-12-06T01:00:00Z") && !has(&weekly, "2026-12-06T00:30:00Z"));
        // Clocks go from 2 to 3 on 2026-03-29, and from 3 back to 2 on 2026-10-25.
        let minutes = |from: &str| {
            let from = from.parse::<Timestamp>().unwrap().as_second();
            (0..1440).filter(|minute| weekly.has(from + minute * 60)).count()
        };
        assert_eq!(minutes("2026-03-28T23:00:00Z"), 60);
        assert_eq!(minutes("2026-10-24T22:00:00Z"), 180);
        assert_eq!(minutes("2026-07-04T22:00:00Z"), 120);
    }

    #[test]
    fn it_may_go_on_after_midnight() {
        let weekly = Weekly::new(&["sat".to_owned()], "23:00", "01:00", "UTC").unwrap();
        assert!(has(&weekly, "2026-07-04T23:30:00Z") && has(&weekly, "2026-07-05T00:30:00Z"));
        assert!(!has(&weekly, "2026-07-05T23:30:00Z") && !has(&weekly, "2026-07-04T00:30:00Z"));
        let daily = Weekly::new(&[], "00:00", "00:00", "UTC").unwrap();
        assert!(has(&daily, "2026-07-04T12:00:00Z"), "from midnight to midnight is all day");
    }

    #[test]
    fn mistakes_are_named() {
        let new = |day: &str, from: &str, zone: &str| {
            Weekly::new(&[day.to_owned()], from, "04:00", zone).unwrap_err().to_string()
        };
        assert!(new("sunday", "02:00", "UTC").contains("`sunday` is no day"));
        assert!(new("sun", "2am", "UTC").contains("no time of day"));
        assert!(new("sun", "24:00", "UTC").contains("no time of day"));
        assert!(new("sun", "02:00", "Mars/Olympus").contains("no time zone"));
    }
}
