//! How trends are sent: as native histograms, as single figures, or as both.

use loadline_report::TrendStat;

/// How trends are sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Trends {
    /// As native histograms.
    pub(crate) native: bool,
    /// As gauges, each of them over all of the run so far.
    pub(crate) stats: Vec<Stat>,
}

/// A statistic of a trend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stat {
    /// The sum of all values, which summaries do not have.
    Sum,
    /// One that summaries have.
    Of(TrendStat),
}

/// Reads a list such as `p(95),max,sum`.
///
/// # Errors
/// The entry that is no statistic, and what would be one.
pub(super) fn parse_stats(text: &str) -> Result<Vec<Stat>, String> {
    let mut stats = Vec::new();
    for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        let stat = match entry {
            "sum" => Stat::Sum,
            entry => Stat::Of(entry.parse::<TrendStat>().map_err(|error| error.to_string())?),
        };
        if !stats.contains(&stat) {
            stats.push(stat);
        }
    }
    if stats.is_empty() { Err("name at least one, such as `p(95),max`".to_owned()) } else { Ok(stats) }
}
