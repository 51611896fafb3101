//! What can be typed after `loadline db check`.

use std::path::PathBuf;

use clap::Args;
use loadline_pg::migration::Budgets;
use loadline_units as units;

use crate::common::HistoryPlace;
use crate::db::source::SourceArguments;

const EXAMPLES: &str = "\
Examples:
  loadline db check -p shop.portrait --migration 0042_totals.sql
  loadline db check -p shop.portrait --migrations prisma/migrations --after 20261101_orders
  loadline db check -p shop.portrait --migrations db --after V41 --max-blocking 1s --no-new-seq-scan 10000
  loadline db check -p shop.portrait --schema schema.sql --run latest --no-flip
  loadline db check -p shop.portrait --migration new.sql --statements queries.sql --markdown pr.md --junit check.xml

Migrations are run on an empty copy of the database, which is started here and gone afterwards: PostgreSQL itself says \
what each statement locks, writes anew and reads. For how long follows from production's sizes and `--rate`, and is an \
estimate as of a busy server, which can be half or twice as long; waiting for the lock itself is not in it.

Folders are read as Prisma, Flyway, golang-migrate, dbmate, goose, sqlx and Diesel lay them out. A file is one \
transaction, unless it says otherwise or has a statement that cannot be in one, such as CREATE INDEX CONCURRENTLY.

Exit codes: 0 done, 1 a budget is broken or a statement has no plan any more, 2 wrong arguments, 3 could not (a migration \
fails, or there is no server to run it on), 4 an output could not be written.";

/// `loadline db check`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    /// The folder of migrations
    #[arg(long, value_name = "DIR", required_unless_present_any = ["migration", "schema"])]
    pub(crate) migrations: Option<PathBuf>,
    /// The last migration that the database has; those after it are checked
    #[arg(long, value_name = "NAME", requires = "migrations")]
    pub(crate) after: Option<String>,
    /// A migration, behind those of the folder; several in their order
    #[arg(long, value_name = "FILE")]
    pub(crate) migration: Vec<PathBuf>,
    /// The schema as it should be, such as `pg_dump --schema-only` writes it, in place of migrations: what becomes of
    /// plans
    #[arg(long, value_name = "FILE", conflicts_with_all = ["migrations", "migration", "max_blocking"])]
    pub(crate) schema: Option<PathBuf>,
    /// Statements to explain, parted by semicolons, in place of those that the portrait has counted
    #[arg(long, value_name = "FILE")]
    pub(crate) statements: Vec<PathBuf>,
    /// Statements of a log of PostgreSQL or Prisma, likewise
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Vec<PathBuf>,
    /// Statements that a run has counted, as a file or by its name in the history, likewise. Long ones have their texts
    /// from the portrait, or from files and logs
    #[arg(long, value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// No statement may begin to read all of a table with so many rows
    #[arg(long, value_name = "ROWS", value_parser = rows, help_heading = "Budgets")]
    pub(crate) no_new_seq_scan: Option<f64>,
    /// The cost of a statement may grow by this share, such as `20%`
    #[arg(long, value_name = "SHARE", value_parser = share, help_heading = "Budgets")]
    pub(crate) max_cost_growth: Option<f64>,
    /// Nobody may be kept waiting longer than this by a transaction
    #[arg(long, value_name = "DURATION", value_parser = seconds, help_heading = "Budgets")]
    pub(crate) max_blocking: Option<f64>,
    /// No plan may be another one
    #[arg(long, help_heading = "Budgets")]
    pub(crate) no_flip: bool,
    /// Bytes that the server reads each second, with which all durations go; a quiet one, all in memory: 1.2GB
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "300MB")]
    pub(crate) rate: u64,
    /// Lines of each part, at most
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) top: usize,
    /// Write the page as Markdown
    #[arg(long, value_name = "FILE", help_heading = "CI")]
    pub(crate) markdown: Option<PathBuf>,
    /// Write statements and transactions as `JUnit` XML
    #[arg(long, value_name = "FILE", help_heading = "CI")]
    pub(crate) junit: Option<PathBuf>,
    /// Print JSON, with everything
    #[arg(long)]
    pub(crate) json: bool,
    /// No colour, even on a terminal
    #[arg(long)]
    pub(crate) no_color: bool,
    #[command(flatten)]
    pub(crate) place: HistoryPlace,
}

impl CheckArguments {
    /// What is allowed.
    pub(super) fn budgets(&self) -> Budgets {
        Budgets {
            no_new_seq_scan: self.no_new_seq_scan,
            max_cost_growth: self.max_cost_growth,
            max_blocking: self.max_blocking,
            no_flip: self.no_flip,
        }
    }

    /// Whether a budget on plans was typed, which needs statements.
    pub(super) fn judges_plans(&self) -> bool {
        self.no_new_seq_scan.is_some() || self.max_cost_growth.is_some() || self.no_flip
    }
}

fn rows(text: &str) -> Result<f64, String> {
    let rows: f64 =
        text.replace(['_', ','], "").parse().map_err(|_| "must be a number of rows, such as 10000")?;
    if rows.is_finite() && rows >= 0.0 {
        Ok(rows)
    } else {
        Err("must be a number of rows, such as 10000".to_owned())
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share = units::parse_share(text).map_err(|error| error.to_string())?;
    if share.is_finite() && share >= 0.0 { Ok(share) } else { Err("must be a share, such as 20%".to_owned()) }
}

fn seconds(text: &str) -> Result<f64, String> {
    units::parse_duration(text).map(|time| time.as_secs_f64()).map_err(|error| error.to_string())
}

fn size(text: &str) -> Result<u64, String> {
    match units::parse_size(text).map_err(|error| error.to_string())? {
        0 => Err("must be more than nothing each second".to_owned()),
        size => Ok(size),
    }
}
