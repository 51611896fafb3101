//! What can be typed after `loadline history`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use loadline_import::Format;
use loadline_units as units;

use crate::bisect::BisectArguments;
use crate::common::{HistoryPlace, ProjectArguments};

const EXAMPLES: &str = "\
Examples:
  loadline history                                   # the newest runs
  loadline history list --branch main --since 30d
  loadline history trend search.findPrograms p95     # over time, with its change points
  loadline history show latest
  loadline history export latest today.run
  loadline history import results/*.json             # of k6 or vegeta
  loadline history prune --keep 200 --dry-run
  loadline history repair                            # what a failing disk has changed

Exit codes: 0 done, 2 wrong arguments, 3 could not, 4 what was to be kept or written could not be.";

/// `loadline history`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct HistoryArguments {
    #[command(subcommand)]
    pub(crate) command: Option<HistoryCommand>,
    #[command(flatten)]
    pub(crate) project: ProjectArguments,
    #[command(flatten)]
    pub(crate) place: HistoryPlace,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// No colour, even on a terminal
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
}

/// What to do with the history.
#[derive(Debug, Subcommand)]
pub(crate) enum HistoryCommand {
    /// List runs, the newest first
    List(FilterArguments),
    /// One run and its figures
    Show {
        /// A run's number, `latest`, `-2` for the one before, or the beginning of its commit
        #[arg(allow_hyphen_values = true)]
        run: String,
    },
    /// One figure over time, with the points where it changed
    Trend {
        /// An endpoint, `all requests`, or what else the runs have figures of
        subject: String,
        /// p50, p95, p99, rate or errors
        quantity: String,
        #[command(flatten)]
        filter: FilterArguments,
        /// Also runs of another script, plan, target or machine than the newest
        #[arg(long)]
        all: bool,
    },
    /// Find the commit that made it slower: build and load what lies between two, in rounds
    Bisect(Box<BisectArguments>),
    /// Remove old runs; those of a baseline stay
    Prune {
        /// Keep this many, the newest; the project's `keep` by default
        #[arg(long, value_name = "N")]
        keep: Option<usize>,
        /// Keep those that are younger, such as 90d
        #[arg(long, value_name = "AGE", value_parser = ago)]
        younger: Option<i64>,
        /// Remove the runs that are damaged, and no others
        #[arg(long, conflicts_with_all = ["keep", "younger"])]
        damaged: bool,
        /// Only say what would go
        #[arg(long)]
        dry_run: bool,
    },
    /// Work out again what is damaged, from the runs that are kept
    Repair,
    /// Write the Run file of a run, or of all into a folder
    Export {
        /// A run, or `all`
        #[arg(allow_hyphen_values = true)]
        run: String,
        /// The file, or for `all` the folder
        to: PathBuf,
    },
    /// Take runs in: Run files, and results of k6, vegeta, wrk, wrk2 and HdrHistogram
    Import {
        /// The files; what is there already stays as it is
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// What the files are, when they do not show it: k6-json, k6-summary, vegeta, wrk, hdr
        #[arg(long, value_name = "FORMAT")]
        format: Option<Format>,
    },
}

/// Which runs.
#[derive(Debug, Default, Args)]
pub(crate) struct FilterArguments {
    /// Runs whose name contains this
    #[arg(long, value_name = "TEXT")]
    pub(crate) name: Option<String>,
    /// Runs of this branch
    #[arg(long, value_name = "BRANCH")]
    pub(crate) branch: Option<String>,
    /// Runs of the commit whose hash starts with this
    #[arg(long, value_name = "COMMIT")]
    pub(crate) commit: Option<String>,
    /// Runs of the last 12h, 30d, 8w, or since a date such as 2026-11-01
    #[arg(long, value_name = "AGE|DATE", value_parser = ago)]
    pub(crate) since: Option<i64>,
    /// At most this many
    #[arg(short = 'n', long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}

/// A time ago, or a date, in milliseconds since 1970.
fn ago(text: &str) -> Result<i64, String> {
    let wrong = || "must be an age such as `12h`, `30d` or `8w`, or a date such as `2026-11-01`".to_owned();
    if let Ok(midnight) = format!("{text}T00:00:00Z").parse::<Timestamp>() {
        return Ok(midnight.as_millisecond());
    }
    let age = units::parse_age(text).map_err(|_| wrong())?;
    let then = Timestamp::now().checked_sub(age).map_err(|_| wrong())?;
    Ok(then.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_dates_are_read() {
        assert_eq!(ago("1970-01-02").unwrap(), 86_400_000);
        let (day, hours) = (ago("1d").unwrap(), ago("24h").unwrap());
        assert!((day - hours).abs() < 60_000 && ago("1w").unwrap() < day);
        for wrong in ["", "7", "d", "-1d", "1y", "2026-13-01", "999999999999d"] {
            assert!(ago(wrong).unwrap_err().contains("must be an age"), "{wrong}");
        }
    }
}
