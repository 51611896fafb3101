//! Which figures of a trend are shown (`--summary-trend-stats`).

use std::fmt;
use std::str::FromStr;

/// One figure of a trend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TrendStat {
    /// `avg`
    Average,
    /// `min`
    Minimum,
    /// `med`
    Median,
    /// `max`
    Maximum,
    /// `count`
    Count,
    /// `p(N)`, N from 0 to 100
    Percentile(f64),
}

/// A figure that trends do not have.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TrendStatError {
    /// Not the name of a figure.
    #[error(
        "unknown trend statistic `{0}`: use `avg`, `min`, `med`, `max`, `count` or a percentile such as `p(95)`"
    )]
    Unknown(String),
    /// A percentile outside 0 to 100.
    #[error("the percentile of `{0}` is not between 0 and 100")]
    OutOfRange(String),
}

impl TrendStat {
    /// What summaries show unless told otherwise: `avg,min,med,max,p(90),p(95)`.
    pub const DEFAULT: [TrendStat; 6] = [
        TrendStat::Average,
        TrendStat::Minimum,
        TrendStat::Median,
        TrendStat::Maximum,
        TrendStat::Percentile(90.0),
        TrendStat::Percentile(95.0),
    ];

    /// Reads a list such as `avg,p(95),p(99.99)`.
    ///
    /// # Errors
    /// When one of its entries is not a statistic.
    pub fn parse_list(text: &str) -> Result<Vec<TrendStat>, TrendStatError> {
        text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(str::parse).collect()
    }
}

impl FromStr for TrendStat {
    type Err = TrendStatError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "avg" => return Ok(TrendStat::Average),
            "min" => return Ok(TrendStat::Minimum),
            "med" => return Ok(TrendStat::Median),
            "max" => return Ok(TrendStat::Maximum),
            "count" => return Ok(TrendStat::Count),
            _ => {}
        }
        let inner = text.strip_prefix("p(").and_then(|rest| rest.strip_suffix(')'));
        let percentile: f64 = inner
            .and_then(|inner| inner.trim().parse().ok())
            .ok_or_else(|| TrendStatError::Unknown(text.to_owned()))?;
        if (0.0..=100.0).contains(&percentile) {
            Ok(TrendStat::Percentile(percentile))
        } else {
            Err(TrendStatError::OutOfRange(text.to_owned()))
        }
    }
}

impl fmt::Display for TrendStat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TrendStat::Average => f.write_str("avg"),
            TrendStat::Minimum => f.write_str("min"),
            TrendStat::Median => f.write_str("med"),
            TrendStat::Maximum => f.write_str("max"),
            TrendStat::Count => f.write_str("count"),
            TrendStat::Percentile(percentile) => write!(f, "p({percentile})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_written_alike() {
        let text = "avg,min,med,max,p(90),p(99.99),count";
        let list = TrendStat::parse_list(text).unwrap();
        let again: Vec<String> = list.iter().map(ToString::to_string).collect();
        assert_eq!(again.join(","), text);
    }

    #[test]
    fn what_is_no_statistic_is_named() {
        assert_eq!("p95".parse::<TrendStat>(), Err(TrendStatError::Unknown("p95".into())));
        assert_eq!("p(101)".parse::<TrendStat>(), Err(TrendStatError::OutOfRange("p(101)".into())));
        assert_eq!("p(NaN)".parse::<TrendStat>(), Err(TrendStatError::OutOfRange("p(NaN)".into())));
        assert!(TrendStat::parse_list("avg,mean").unwrap_err().to_string().contains("`mean`"));
    }
}
