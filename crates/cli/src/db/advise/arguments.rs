//! What can be typed after `loadline db advise`.

use std::path::PathBuf;

use clap::Args;

use crate::common::HistoryPlace;
use crate::db::goal::GoalArguments;
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
    #[command(flatten)]
    pub(crate) goal: GoalArguments,
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
