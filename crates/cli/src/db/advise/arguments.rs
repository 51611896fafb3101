//! What can be typed after `loadline db advise`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use loadline_advise::search::{Aim, Goal};
use loadline_units as units;

use crate::common::HistoryPlace;
use crate::db::source::SourceArguments;

const EXAMPLES: &str = "\
Examples:
  loadline db advise -p shop.portrait                            # for what its server has run
  loadline db advise -p shop.portrait --statements queries.sql   # for these
  loadline db advise -p shop.portrait --run latest               # for what a load test made the database do
  loadline db advise --database postgres://monitor@db/shop --log postgresql.csv
  loadline db advise -p shop.portrait --within 100MB --goal writes --sql > indexes.sql

Nothing is built or dropped: candidates are tried on an empty copy of the database that is started here and is gone \
afterwards. Costs are the planner's estimates. In a file of statements a comment before one says its weight:
  -- calls=1200 ms=350 rows=12

Exit codes: 0 done, 1 there is no statement to advise on, 2 wrong arguments, 3 could not, 4 the output could not \
be written, 105 stopped by a signal.";

/// `loadline db advise`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch")]
pub(crate) struct AdviseArguments {
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    /// A file of statements, parted by semicolons, instead of what the server has run
    #[arg(long, value_name = "FILE")]
    pub(crate) statements: Vec<PathBuf>,
    /// A log of PostgreSQL or Prisma, likewise
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Vec<PathBuf>,
    /// A run that followed the database, as a file or by its name in the history: its statements, with the endpoints
    /// that make them. Long ones have their texts from the portrait, or from files and logs
    #[arg(long, value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// What is to be least
    #[arg(long, value_enum, default_value_t = GoalArgument::Cost)]
    pub(crate) goal: GoalArgument,
    /// Bytes that all advised indexes together may have, such as `100MB`
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) within: Option<f64>,
    /// Print JSON
    #[arg(long, conflicts_with = "sql")]
    pub(crate) json: bool,
    /// Print SQL: statements that build what is advised
    #[arg(long)]
    pub(crate) sql: bool,
    /// Show everything, and not the first few of each list
    #[arg(long)]
    pub(crate) full: bool,
    /// No colour, even on a terminal
    #[arg(long)]
    pub(crate) no_color: bool,
    #[command(flatten)]
    pub(crate) place: HistoryPlace,
}

/// What is to be least.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum GoalArgument {
    /// The cost of the workload
    Cost,
    /// The number of indexes
    Few,
    /// What writes pay for indexes
    Writes,
}

impl AdviseArguments {
    /// What is wanted.
    pub(super) fn goal(&self) -> Goal {
        let aim = match self.goal {
            GoalArgument::Cost => Aim::Cost,
            GoalArgument::Few => Aim::Few,
            GoalArgument::Writes => Aim::Writes,
        };
        Goal { aim, within: self.within }
    }
}

fn size(text: &str) -> Result<f64, String> {
    let bytes = units::parse_bytes(text).map_err(|error| error.to_string())?;
    if bytes < 8192.0 { Err("an index has a page of 8 KiB at the least".to_owned()) } else { Ok(bytes) }
}
