//! What can be typed after `loadline db apply`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use loadline_units as units;

const EXAMPLES: &str = "\
Examples:
  loadline db advise -p shop.portrait --sql > advice.sql
  loadline db apply --database postgres://owner@db/shop --indexes advice.sql           # shows, builds nothing
  loadline db apply --database postgres://owner@db/shop --indexes advice.sql --build

Without `--build` nothing is changed: each statement is shown with what takes the index away again, the room that it \
may take, and who would be waited for. With it each index is built beside everybody's work, one after the other; one \
that fails, or is interrupted, leaves nothing invalid behind. What is invalid under a name of these is dropped first.

Exit codes: 0 done, 1 an index cannot be built, or was not, 2 wrong arguments, 3 could not, 4 the output could not be \
written, 105 stopped by a signal.";

/// `loadline db apply`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ApplyArguments {
    /// The database; its role must own the tables
    #[arg(long, value_name = "URL", env = "LOADLINE_DATABASE", hide_env_values = true)]
    pub(crate) database: String,
    /// Indexes, as `CREATE INDEX …`
    #[arg(value_name = "INDEX", required_unless_present = "indexes")]
    pub(crate) index: Vec<String>,
    /// A file of such statements, parted by semicolons
    #[arg(long, value_name = "FILE")]
    pub(crate) indexes: Option<PathBuf>,
    /// Build them
    #[arg(long)]
    pub(crate) build: bool,
    /// No lock is waited for longer
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration)]
    pub(crate) lock_wait: Duration,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    let duration = units::parse_duration(text).map_err(|error| error.to_string())?;
    // Zero is PostgreSQL's word for no limit.
    if duration < Duration::from_millis(1) {
        return Err("must be a millisecond at the least".to_owned());
    }
    Ok(duration)
}
