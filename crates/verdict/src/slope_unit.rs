//! Units of slopes: an amount of what the metric measures, per time: `MB/h`.
//!
//! The time is required. "2 MB" says nothing about a leak, and a unit that is left out is guessed wrong by a factor of
//! 60.

use std::fmt;

use loadline_measure::Unit;
use loadline_units::ByteUnit;

use crate::threshold::TimeUnit;

/// An amount per time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlopeUnit {
    /// Of what the metric measures.
    pub amount: Amount,
    /// The time.
    pub per: Per,
}

/// An amount of what a metric measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// Of a metric without a unit: nothing is written.
    Plain,
    /// Of a metric in bytes.
    Bytes(ByteUnit),
    /// Of a metric of time.
    Time(TimeUnit),
}

/// The time of a slope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// `s`
    Second,
    /// `min`; `m` is read, too
    Minute,
    /// `h`
    Hour,
    /// `d`
    Day,
}

impl SlopeUnit {
    /// A number of this unit in the metric's own unit per hour.
    pub fn per_hour(self, number: f64) -> f64 {
        self.amount.in_metric_unit(number) * self.per.times_an_hour()
    }

    /// A slope in the metric's own unit per hour, in this unit.
    pub fn of_per_hour(self, slope: f64) -> f64 {
        slope / self.per_hour(1.0)
    }
}

impl Amount {
    /// Whether a metric of this unit has such amounts.
    pub fn fits(self, unit: Unit) -> bool {
        match self {
            Self::Plain => unit == Unit::Plain,
            Self::Bytes(_) => unit == Unit::Bytes,
            Self::Time(_) => unit == Unit::Milliseconds,
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::Plain);
        }
        let bytes = ByteUnit::parse(text);
        let time = TimeUnit::ALL.into_iter().find(|unit| unit.text() == text);
        bytes.map(Self::Bytes).or(time.map(Self::Time))
    }

    fn in_metric_unit(self, number: f64) -> f64 {
        match self {
            Self::Plain => number,
            Self::Bytes(unit) => number * unit.bytes(),
            Self::Time(unit) => unit.milliseconds(number),
        }
    }
}

impl Per {
    /// All of them, ascending.
    pub const ALL: [Self; 4] = [Self::Second, Self::Minute, Self::Hour, Self::Day];

    /// How it is written.
    pub fn text(self) -> &'static str {
        match self {
            Self::Second => "s",
            Self::Minute => "min",
            Self::Hour => "h",
            Self::Day => "d",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let minute = (text == "m").then_some(Self::Minute);
        Self::ALL.into_iter().find(|per| per.text() == text).or(minute)
    }

    fn times_an_hour(self) -> f64 {
        match self {
            Self::Second => 3600.0,
            Self::Minute => 60.0,
            Self::Hour => 1.0,
            Self::Day => 1.0 / 24.0,
        }
    }
}

impl fmt::Display for SlopeUnit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let amount = match self.amount {
            Amount::Plain => "",
            Amount::Bytes(unit) => unit.text(),
            Amount::Time(unit) => unit.text(),
        };
        write!(formatter, "{amount}/{}", self.per.text())
    }
}
