//! What a reader may choose about the summary.

use std::str::FromStr;

use loadline_units::TimeUnit;

use crate::data::TrendStat;

/// How much the summary tells (`--summary-mode`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SummaryMode {
    /// The essentials of the whole run.
    #[default]
    Compact,
    /// Every metric, and a block for each group and each scenario.
    Full,
    /// One flat list, as k6 printed before its version 1.
    Legacy,
}

/// A word that is no mode.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown summary mode `{0}`: use one of `compact`, `full`, `legacy`")]
pub struct SummaryModeError(String);

impl FromStr for SummaryMode {
    type Err = SummaryModeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "compact" => Ok(SummaryMode::Compact),
            "full" => Ok(SummaryMode::Full),
            "legacy" => Ok(SummaryMode::Legacy),
            other => Err(SummaryModeError(other.to_owned())),
        }
    }
}

/// How a summary is laid out.
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryOptions {
    /// How much it tells.
    pub mode: SummaryMode,
    /// The figures of each trend, in this order.
    pub trend_stats: Vec<TrendStat>,
    /// The unit of all durations.
    pub time_unit: TimeUnit,
    /// The columns there are; figures that do not fit go to the next line. Use a large number for files.
    pub width: usize,
}

impl Default for SummaryOptions {
    fn default() -> Self {
        SummaryOptions {
            mode: SummaryMode::default(),
            trend_stats: TrendStat::DEFAULT.to_vec(),
            time_unit: TimeUnit::default(),
            width: 80,
        }
    }
}
