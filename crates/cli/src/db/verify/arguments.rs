//! What can be typed after `loadline db verify`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use loadline_advise::replay::Writes;
use loadline_units as units;

use crate::db::goal::GoalArguments;

const EXAMPLES: &str = "\
Examples:
  loadline db verify --verify postgres://me@test.internal/shop --statements queries.sql \\
    'CREATE INDEX ON orders (customer_id)'
  loadline db verify --verify postgres://me@test.internal/shop -p shop.portrait \\
    --indexes advice.sql --statements queries.sql --json
  loadline db verify --verify postgres://me@test.internal/shop --writes copy \\
    --indexes advice.sql --statements queries.sql

  loadline db verify --verify postgres://me@test.internal/shop --log postgresql.log

Without an index they are searched first, as `loadline db advise` does. Each is built beside others' \
work, the statements run with and without the set in rounds, and an index that makes one of them \
slower is withdrawn; then others are searched in its place. Nothing stays there: what a killed run \
leaves is dropped by the next.

Where a statement has `$1`, its values are those of executions in a log (`--log`), or else frequent, \
typical and rare ones are chosen from the statistics of the test database; a comment `-- rows=12` \
before the statement says how many rows they are to give.

Exit codes: 0 all confirmed, 1 an index was withdrawn, not built or of no use, or nothing was \
measured, 2 wrong arguments, 3 could not, 4 the output could not be written, 105 stopped by a signal.";

/// `loadline db verify`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct VerifyArguments {
    /// The test database; its role must own the tables
    #[arg(long, value_name = "URL", env = "LOADLINE_VERIFY", hide_env_values = true)]
    pub(crate) verify: String,
    /// Indexes to verify, as `CREATE INDEX …`, the most useful first; without any they are searched
    #[arg(value_name = "INDEX")]
    pub(crate) index: Vec<String>,
    /// A file of such statements, parted by semicolons
    #[arg(long, value_name = "FILE")]
    pub(crate) indexes: Option<PathBuf>,
    /// A file of the statements to replay, parted by semicolons
    #[arg(long, short, value_name = "FILE", required_unless_present = "log")]
    pub(crate) statements: Vec<PathBuf>,
    /// A log of PostgreSQL or Prisma: its statements, with the values that they had
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Vec<PathBuf>,
    /// A portrait of production: its own server is refused, and indexes are searched for its sizes
    #[arg(long, short = 'p', value_name = "FILE")]
    pub(crate) portrait: Option<PathBuf>,
    /// Even if it is production's own server
    #[arg(long)]
    pub(crate) verify_production: bool,
    /// A setting that the application's sessions have, such as `jit=off` or `plan_cache_mode=force_generic_plan`
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    pub(crate) set: Vec<(String, String)>,
    /// How often other indexes are searched, at the most, when some were withdrawn
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=10))]
    pub(crate) again: u8,
    #[command(flatten)]
    pub(crate) goal: GoalArguments,
    /// The folder of PostgreSQL's programs, for the search
    #[arg(long, value_name = "DIR")]
    pub(crate) pg_bin: Option<PathBuf>,
    /// What becomes of statements that write
    #[arg(long, value_name = "HOW", default_value = "roll-back")]
    pub(crate) writes: WritesArgument,
    /// By how much a statement may become slower
    #[arg(long, value_name = "PERCENT", default_value = "10%", value_parser = change)]
    pub(crate) slower: f64,
    /// … and one that writes, which has to keep its indexes up; else as `--slower` says
    #[arg(long, value_name = "PERCENT", value_parser = change)]
    pub(crate) slower_writes: Option<f64>,
    /// The most rounds
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(8..=1000))]
    pub(crate) rounds: u16,
    /// No statement runs longer
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub(crate) longest: Duration,
    /// No lock is waited for longer
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration)]
    pub(crate) lock_wait: Duration,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What becomes of statements that write, as it is typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum WritesArgument {
    /// Replayed in transactions that are rolled back
    RollBack,
    /// All on a copy of the database, dropped afterwards; nobody else may be in it while it is copied
    Copy,
    /// Left out
    Skip,
}

impl From<WritesArgument> for Writes {
    fn from(typed: WritesArgument) -> Self {
        match typed {
            WritesArgument::RollBack => Self::RolledBack,
            WritesArgument::Copy => Self::Copy,
            WritesArgument::Skip => Self::Skip,
        }
    }
}

/// A change and no share: it may be more than everything.
fn change(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
    match number.filter(|number| number.is_finite() && *number > 0.0) {
        Some(number) => Ok(number / 100.0),
        None => Err("must be a percentage above 0, such as `10%`".to_owned()),
    }
}

fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err("must be a name and a value, such as `jit=off`".to_owned()),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let duration = units::parse_duration(text).map_err(|error| error.to_string())?;
    // Zero is PostgreSQL's word for no limit.
    if duration < Duration::from_millis(1) {
        return Err("must be a millisecond at the least".to_owned());
    }
    Ok(duration)
}
