//! A time of more replicas, as KEDA's cron trigger has it: out of a manifest, or out of one line.

use std::str::FromStr;

use jiff::tz::TimeZone;

use crate::keda::{Cron, CronError};

/// A time of more replicas.
#[derive(Debug, Clone, PartialEq)]
pub struct Times {
    /// What it is called, where it is.
    pub name: Option<String>,
    /// From.
    pub start: Cron,
    /// To.
    pub end: Cron,
    /// Where clocks show these times.
    pub zone: TimeZone,
    /// How many replicas.
    pub replicas: i32,
}

/// Why a text says no times.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimesError {
    /// A line that has not all of it.
    #[error(
        "`{0}` says no times: write `START..END@ZONE=REPLICAS`, such as `30 7 * * 1-5..0 18 * * 1-5@Europe/Berlin=6`"
    )]
    Line(String),
    /// A start that is none.
    #[error("{0}, as `start` of a trigger `cron`")]
    Start(CronError),
    /// An end that is none.
    #[error("{0}, as `end` of a trigger `cron`")]
    End(CronError),
    /// It never lasts.
    #[error("`start` and `end` of a trigger `cron` are the same")]
    Same,
    /// A zone that nobody knows.
    #[error("`{0}` is no time zone that is known here: write `Europe/Berlin`")]
    Zone(String),
    /// A number that is none.
    #[error("`{0}` is no number of replicas")]
    Replicas(String),
}

impl Times {
    /// Out of the fields of a trigger.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn new(
        name: Option<String>,
        (start, end): (&str, &str),
        zone: &str,
        replicas: &str,
    ) -> Result<Self, TimesError> {
        let (start, end) =
            (Cron::parse(start).map_err(TimesError::Start)?, Cron::parse(end).map_err(TimesError::End)?);
        if start.text == end.text {
            return Err(TimesError::Same);
        }
        let zone = TimeZone::get(zone).map_err(|_| TimesError::Zone(zone.to_owned()))?;
        let replicas = replicas.parse().map_err(|_| TimesError::Replicas(replicas.to_owned()))?;
        Ok(Self { name, start, end, zone, replicas })
    }
}

impl FromStr for Times {
    type Err = TimesError;

    /// Out of one line: `30 7 * * 1-5..0 18 * * 1-5@Europe/Berlin=6`.
    fn from_str(line: &str) -> Result<Self, TimesError> {
        let parts = || {
            let (hours, rest) = line.split_once('@')?;
            let (start, end) = hours.split_once("..")?;
            let (zone, replicas) = rest.split_once('=')?;
            Some([start, end, zone, replicas].map(str::trim))
        };
        let [start, end, zone, replicas] = parts().ok_or_else(|| TimesError::Line(line.to_owned()))?;
        Self::new(None, (start, end), zone, replicas)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_when_and_how_many() {
        let times: Times = "30 7 * * 1-5 .. 0 18 * * 1-5 @ Europe/Berlin = 6".parse().unwrap();
        assert_eq!((times.start.text.as_str(), times.end.text.as_str()), ("30 7 * * 1-5", "0 18 * * 1-5"));
        assert_eq!((times.zone.iana_name(), times.replicas), (Some("Europe/Berlin"), 6));
        for (wrong, said) in [
            ("0 8 * * *", "says no times"),
            ("0 8 * * *..0 9 * * *@Mars=3", "`Mars` is no time zone"),
            ("0 8 * * *..0 9 * * *@UTC=many", "`many` is no number"),
            ("0 8 * * *..0 8 * * *@UTC=3", "are the same"),
            ("0 8 * *..0 9 * * *@UTC=3", "as `start`"),
            ("0 8 * * *..0 25 * * *@UTC=3", "as `end`"),
        ] {
            let error = wrong.parse::<Times>().unwrap_err().to_string();
            assert!(error.contains(said), "{wrong}: {error}");
        }
    }
}
