//! What can be typed after `loadline compare` and `loadline aa`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::FalseyValueParser;
use loadline_units as units;

use crate::common::{HistoryPlace, ProjectArguments, UnprovenArguments};

const COMPARE_EXAMPLES: &str = "\
Examples:
  loadline compare --a 'target/base/shop --port {port}' --b 'target/head/shop --port {port}' loadtests/regression.ts
  loadline compare --rounds 12 --a https://base.test --b https://head.test script.ts -- --vus 10 --duration 20s
  loadline compare --a http://127.0.0.1:8001/search --b http://127.0.0.1:8002/search --duration 5s
  loadline compare --capacity --a 'base/shop --port {port}' --b 'head/shop --port {port}' script.ts -- --at-most 10m
  loadline compare base.run head.run
  loadline compare base.run head.run --html compare.html

With --a and --b the two take turns for a number of rounds, in random order; the script finds its server in BASE_URL. Without \
a script the two addresses are hit themselves. With --capacity both are searched for the highest load within the budgets, in \
turns and with the same loads; options of `loadline capacity` stand after `--`. With two Runs and no --a, one run is compared with one run, which finds what is gross.

Exit codes: 0 nothing is worse (or too little is known, unless `--unproven fail`), 1 something is worse beyond --delta, 2 wrong \
arguments, 3 could not run, 4 an output could not be written, 105 stopped by a signal.";

/// `loadline compare`.
#[derive(Debug, Args)]
#[command(after_help = COMPARE_EXAMPLES)]
pub(crate) struct CompareArguments {
    /// The script to run against both; or, without --a and --b, the base's and the head's Run
    #[arg(value_name = "SCRIPT | BASE HEAD", num_args = 0..=2, allow_negative_numbers = true)]
    pub(crate) positional: Vec<String>,
    /// The base: a URL, or a command with `{port}` in it, which is started on a free loopback port
    #[arg(long, value_name = "URL|COMMAND", requires = "b", help_heading = "Builds")]
    pub(crate) a: Option<String>,
    /// The head: a URL, or a command
    #[arg(long, value_name = "URL|COMMAND", requires = "a", help_heading = "Builds")]
    pub(crate) b: Option<String>,
    /// Compare how much load both carry within the budgets; how to search stands after `--`, as for `loadline capacity`
    #[arg(long, requires = "a", conflicts_with_all = ["rounds", "max_rounds", "duration", "html", "force"], help_heading = "Builds")]
    pub(crate) capacity: bool,
    #[command(flatten)]
    pub(crate) rounds: RoundArguments,
    /// A change up to this does not matter, 5 % by default
    #[arg(long, value_name = "SHARE", value_parser = share, help_heading = "Verdict")]
    pub(crate) delta: Option<f64>,
    #[command(flatten)]
    pub(crate) unproven: UnprovenArguments,
    /// Compare two Runs of different scripts, plans or machines all the same
    #[arg(long, help_heading = "Verdict")]
    pub(crate) force: bool,
    /// Write a page that shows both side by side
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) html: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) project: ProjectArguments,
    #[command(flatten)]
    pub(crate) place: HistoryPlace,
    #[command(flatten)]
    pub(crate) output: ComparisonOutput,
}

const AA_EXAMPLES: &str = "\
Examples:
  loadline aa --a 'target/release/shop --port {port}' loadtests/regression.ts
  loadline aa --rounds 24 --a http://127.0.0.1:8080/ --duration 2s

Compares a build with itself: how often this machine, this test and this many rounds would fail a build that did not change, \
and the smallest slowdown that they find. A command is started twice; an address is its own other side.

Exit codes: 0 measured, 2 wrong arguments, 3 could not run, 4 an output could not be written, 105 stopped by a signal.";

/// `loadline aa`.
#[derive(Debug, Args)]
#[command(after_help = AA_EXAMPLES)]
pub(crate) struct AaArguments {
    /// The script to run
    pub(crate) script: Option<String>,
    /// The build: a URL, or a command with `{port}` in it
    #[arg(long, value_name = "URL|COMMAND")]
    pub(crate) a: String,
    #[command(flatten)]
    pub(crate) rounds: RoundArguments,
    /// A change up to this does not matter, 5 % by default
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub(crate) delta: Option<f64>,
    #[command(flatten)]
    pub(crate) project: ProjectArguments,
    #[command(flatten)]
    pub(crate) history: NoiseKeeping,
    #[command(flatten)]
    pub(crate) output: ComparisonOutput,
}

/// Whether and where the noise floor is kept, for comparisons to come.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "History")]
pub(crate) struct NoiseKeeping {
    #[command(flatten)]
    pub(crate) place: HistoryPlace,
    /// Do not keep the noise floor in the history
    #[arg(long, env = "LOADLINE_NO_HISTORY", value_parser = FalseyValueParser::new())]
    pub(crate) no_history: bool,
}

/// How rounds are run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rounds")]
pub(crate) struct RoundArguments {
    /// Rounds before the first verdict; in each, both builds run once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(2..=1000))]
    pub(crate) rounds: Option<u64>,
    /// Rounds at the most while the verdict is open, four times as many by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(2..=4000))]
    pub(crate) max_rounds: Option<u64>,
    /// How long each build is loaded in a round: for addresses without a script, 2s by default
    #[arg(short = 'd', long, value_name = "DURATION", value_parser = duration)]
    pub(crate) duration: Option<Duration>,
    /// The seed of the order of rounds; by default another one each time
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// How long a command may take until its port answers
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    pub(crate) start_timeout: Duration,
    /// Options for each round's `loadline run` (or `hit`), after `--`
    #[arg(last = true, value_name = "OPTIONS")]
    pub(crate) options: Vec<String>,
}

/// Where a comparison goes.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct ComparisonOutput {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a comment for a pull request as Markdown
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Say nothing while rounds go on
    #[arg(short = 'q', long)]
    pub(crate) quiet: bool,
    /// No colour, even on a terminal
    #[arg(long)]
    pub(crate) no_color: bool,
}

/// A share in percent: `5%`.
fn share(text: &str) -> Result<f64, String> {
    units::parse_share(text)
        .ok()
        .filter(|share| *share < 1.0)
        .ok_or_else(|| "must be a share from 0% to below 100%, such as `5%`".to_owned())
}

fn duration(text: &str) -> Result<Duration, String> {
    let duration = units::parse_duration_or_ms(text).map_err(|error| error.to_string())?;
    if duration.is_zero() { Err("must be longer than nothing".to_owned()) } else { Ok(duration) }
}
