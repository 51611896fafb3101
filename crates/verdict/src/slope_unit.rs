//! Units of slopes: an amount of what the metric measures, per time: `MB/h`.
//!
//! The time is required. "2 MB" says nothing about a leak, and a unit that is left out is guessed wrong by a factor of 60.

use std::fmt;

use loadline_measure::Unit;

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

/// A unit of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteUnit {
    /// `B`
    Byte,
    /// `kB`, 1,000 bytes
    Kilobyte,
    /// `MB`, 1,000 kB
    Megabyte,
    /// `GB`, 1,000 MB
    Gigabyte,
    /// `KiB`, 1,024 bytes
    Kibibyte,
    /// `MiB`, 1,024 KiB
    Mebibyte,
    /// `GiB`, 1,024 MiB
    Gibibyte,
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
        let bytes = ByteUnit::ALL.into_iter().find(|unit| unit.text() == text);
        // kB is often written like this.
        let bytes = bytes.or((text == "KB").then_some(ByteUnit::Kilobyte));
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

impl ByteUnit {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Byte,
        Self::Kilobyte,
        Self::Megabyte,
        Self::Gigabyte,
        Self::Kibibyte,
        Self::Mebibyte,
        Self::Gibibyte,
    ];

    /// How many bytes it is.
    pub fn bytes(self) -> f64 {
        match self {
            Self::Byte => 1.0,
            Self::Kilobyte => 1e3,
            Self::Megabyte => 1e6,
            Self::Gigabyte => 1e9,
            Self::Kibibyte => 1024.0,
            Self::Mebibyte => 1024.0 * 1024.0,
            Self::Gibibyte => 1024.0 * 1024.0 * 1024.0,
        }
    }

    /// How it is written.
    pub fn text(self) -> &'static str {
        match self {
            Self::Byte => "B",
            Self::Kilobyte => "kB",
            Self::Megabyte => "MB",
            Self::Gigabyte => "GB",
            Self::Kibibyte => "KiB",
            Self::Mebibyte => "MiB",
            Self::Gibibyte => "GiB",
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
