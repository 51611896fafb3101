//! What can be typed after `loadline report`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use loadline_page::Shows;

use crate::common::{HistoryPlace, IncompleteArguments, ProjectArguments};
use crate::history::FilterArguments;

const EXAMPLES: &str = "\
Examples:
  loadline report latest -o run.html             # the newest run of the history as one page, to look at and to send
  loadline report today.run -o today.html
  loadline report latest --svg run.svg           # its verdict and two charts, for a pull request
  loadline report latest --badge p95.svg --badge-shows p95
  loadline report latest --markdown comment.md   # and `loadline comment comment.md`
  loadline report latest --sarif loadline.sarif  # what did not pass, at the line that requires it
  loadline report -2 latest -o compare.html      # two runs side by side
  loadline report history -o history.html        # every figure over the runs, with what changed it
  loadline report baselines
  loadline report baselines --output docs/baselines.md --runs 30

Exit codes: 0 written, 2 wrong arguments, 3 could not, 4 the file could not be written.";

/// `loadline report`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct ReportArguments {
    #[command(subcommand)]
    pub(crate) command: Option<ReportCommand>,
    #[command(flatten)]
    pub(crate) page: PageArguments,
    #[command(flatten)]
    pub(crate) project: ProjectArguments,
    #[command(flatten)]
    pub(crate) place: HistoryPlace,
}

/// Flags that name a file to write of one run; the first one also of two.
const FILES: [&str; 6] = ["output", "svg", "badge", "markdown", "sarif", "metrics"];

/// A run as a page.
#[derive(Debug, Args)]
pub(crate) struct PageArguments {
    /// A Run file, or a run of the history: its number, `latest`, `-2` for the one before
    #[arg(required = true, allow_hyphen_values = true)]
    pub(crate) run: Option<String>,
    /// Another run: the page shows both side by side, this one as the head
    #[arg(allow_hyphen_values = true, conflicts_with_all = &FILES[1..])]
    pub(crate) other: Option<String>,
    /// The page to write: one HTML file that needs neither a server nor a network
    #[arg(short = 'o', long, value_name = "FILE", required_unless_present_any = &FILES[1..])]
    pub(crate) output: Option<PathBuf>,
    /// A picture to write: the verdict and the two charts that matter, as one SVG of less than 30 kB
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// A badge to write, for a README: one figure of the run as one line
    #[arg(long, value_name = "FILE")]
    pub(crate) badge: Option<PathBuf>,
    /// What the badge shows: `verdict`, `p50`, `p95`, `p99`, `rate`, or the `capacity` that a search found
    #[arg(long, value_name = "WHAT", default_value = "verdict", requires = "badge")]
    pub(crate) badge_shows: Shows,
    /// Another word at the badge's left
    #[arg(long, value_name = "TEXT", requires = "badge")]
    pub(crate) badge_label: Option<String>,
    /// Markdown to write: the verdicts as a table, for a comment on a pull request
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// SARIF to write, for code scanning: what did not pass, at the line of the project file or script that requires it
    #[arg(long, value_name = "FILE")]
    pub(crate) sarif: Option<PathBuf>,
    /// Metrics to write: what was judged, as GitLab compares it with the target branch (`reports: metrics`)
    #[arg(long, value_name = "FILE")]
    pub(crate) metrics: Option<PathBuf>,
    /// Compare two runs of different scripts, plans or machines all the same
    #[arg(long, requires = "other")]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) incomplete: IncompleteArguments,
}

/// What to write.
#[derive(Debug, Subcommand)]
pub(crate) enum ReportCommand {
    /// Write every figure of the history over its runs as one page: levels, what changed them, what was accepted
    History {
        /// The page
        #[arg(short = 'o', long, value_name = "FILE")]
        output: PathBuf,
        #[command(flatten)]
        filter: FilterArguments,
    },
    /// Document the performance baselines: what each endpoint takes, on which machine, since which commit
    Baselines {
        /// The file
        #[arg(short = 'o', long, value_name = "FILE", default_value = "docs/baselines.md")]
        output: PathBuf,
        /// The newest runs of each kind that figures stand on
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=1000))]
        runs: u64,
    },
}
