//! What can be typed after `loadline db slow`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use loadline_pg::live::Address;
use loadline_units as units;

use crate::db::source::of_environment;

const EXAMPLES: &str = "\
Examples:
  loadline db slow postgres://monitor@db/shop                # all that was counted
  loadline db slow --window 30s postgres://monitor@db/shop   # from now on, for so long
  loadline db slow --live postgres://monitor@db/shop         # look on, until Ctrl-C
  loadline db slow --log postgresql.csv                      # csvlog, jsonlog, plain log, auto_explain, Prisma
  loadline db slow -p monday.portrait -p friday.portrait     # what ran between the two
  tail -f postgresql.log | loadline db slow --log -
  loadline db slow --metrics - postgres://monitor@db/shop    # for Prometheus

Exit codes: 0 done, 1 nothing was found, 2 wrong arguments, 3 could not, 4 an output could not be written, 105 stopped by a signal. \
Statistics come from the extension pg_stat_statements; a role with pg_read_all_stats sees those of all users.";

const NOTHING: &str = "there is no database to look at\nhint: give its URL, such as `postgres://monitor@db/shop`, or a \
     log with `--log FILE`";

/// `loadline db slow`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct SlowArguments {
    /// The database, as a URL; without one, that of `LOADLINE_DATABASE`
    #[arg(value_name = "URL", conflicts_with = "log")]
    pub(crate) url: Option<String>,
    /// Read a log of PostgreSQL or Prisma instead, `-` for standard input; several in their order
    #[arg(long, value_name = "FILE", conflicts_with_all = ["window", "live", "metrics"])]
    pub(crate) log: Vec<PathBuf>,
    /// What ran between two portraits: give it twice
    #[arg(long, short = 'p', value_name = "FILE", conflicts_with_all = ["url", "log", "window", "live", "metrics"])]
    pub(crate) portrait: Vec<PathBuf>,
    /// Only what runs from now on, for so long
    #[arg(long, value_name = "DURATION", value_parser = window)]
    pub(crate) window: Option<Duration>,
    /// Look on: what has run since the beginning, each second
    #[arg(long, conflicts_with_all = ["window", "json", "metrics"])]
    pub(crate) live: bool,
    /// Write all that was counted of each statement for Prometheus, `-` for standard output
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    pub(crate) metrics: Option<PathBuf>,
    /// How many statements are shown by their share of the time
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) top: usize,
    /// Show statements whole
    #[arg(long)]
    pub(crate) full: bool,
    /// Print JSON, with all statements
    #[arg(long)]
    pub(crate) json: bool,
    /// No colour, even on a terminal
    #[arg(long)]
    pub(crate) no_color: bool,
}

impl SlowArguments {
    /// The database's address; none where a log or portraits are read.
    ///
    /// # Errors
    /// In words, without a password.
    pub(super) fn address(&self) -> Result<Option<Address>, String> {
        if !self.log.is_empty() || !self.portrait.is_empty() {
            return Ok(None);
        }
        let Some(url) = self.url.clone().or_else(of_environment) else {
            return Err(NOTHING.to_owned());
        };
        loadline_secrets::learn_url(&url);
        url.parse().map(Some).map_err(|error| format!("`{url}` {error}"))
    }
}

fn window(text: &str) -> Result<Duration, String> {
    let window = units::parse_duration(text).map_err(|error| error.to_string())?;
    if window < Duration::from_secs(1) {
        return Err("a window has a second at the least".to_owned());
    }
    Ok(window)
}
