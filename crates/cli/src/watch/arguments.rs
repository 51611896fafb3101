//! What can be typed after `loadline watch`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use loadline_units as units;

use crate::common::{Header, ProjectArguments};

const EXAMPLES: &str = "\
Examples:
  loadline watch
  loadline watch --metrics 127.0.0.1:9465
  loadline watch --scrape http://shop-1:9464/metrics,http://shop-2:9464/metrics
  loadline watch --once --prometheus http://localhost:9090
  loadline watch --once --over 15m --fail-on beyond
  loadline watch --once --budgets
  loadline watch --replay 2026-07-01T00:00:00Z..
  loadline watch --once --at 2026-07-04T18:00:00Z --json

The budgets on endpoints in loadline.toml are held against the histograms of a Prometheus: how many requests were slow or \
failed lately, how sure it is that it goes on, and how fast the budget burns (1× is a budget that just lasts). A budget \
burns when it does so in a long window and in a short one. `[watch]` in loadline.toml says where the Prometheus is and \
what metrics are called. Without a Prometheus, `--scrape` asks the services themselves, four times in each `step`, and \
knows what came since it was started.

Without `--once` it stays, looks every `step`, and tells the receivers of `[[watch.notify]]` when a budget begins to burn and \
when that is over. What it must not forget is in a file, .loadline/watch.sqlite without another: one watch at a time has it.

With `--replay` the past goes through the same windows and alerts, and it is said which there would have been.

Exit codes: 0 no budget burns, or ended by a signal, 1 with `--once`: one does, or there is no data for it, 2 wrong arguments or project file, 3 it could not be \
found out, 4 the answer could not be written.";

/// `loadline watch`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct WatchArguments {
    /// Look once, say how every budget stands, and end
    #[arg(long)]
    pub(crate) once: bool,
    /// Say which alerts there would have been between two times; without the second, until now
    #[arg(long, value_name = "FROM..TO", value_parser = span, conflicts_with = "once")]
    pub(crate) replay: Option<Span>,
    /// The Prometheus, in place of the one in loadline.toml: `http://localhost:9090`
    #[arg(long, value_name = "URL")]
    pub(crate) prometheus: Option<String>,
    /// The metrics of services themselves, where there is no Prometheus: one address for each replica
    #[arg(long, value_name = "URL", value_delimiter = ',', conflicts_with_all = ["once", "replay", "prometheus"])]
    pub(crate) scrape: Vec<String>,
    /// A header for Prometheus or for what is scraped, such as that of a token; may be repeated
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub(crate) headers: Vec<Header>,
    /// How far back it is counted what was slow and what failed
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = over, requires = "once")]
    pub(crate) over: Duration,
    /// Say as well what is left of each error budget of 30 days, and when it will be gone
    #[arg(long, requires = "once")]
    pub(crate) budgets: bool,
    /// As of when; now by default
    #[arg(long, value_name = "TIME", value_parser = timestamp, requires = "once")]
    pub(crate) at: Option<Timestamp>,
    /// What ends in 1: a budget that burns, or already one whose limit is broken within `--over`
    #[arg(long, value_name = "WHAT", default_value = "burn", requires = "once")]
    pub(crate) fail_on: FailOn,
    /// Print how it stands as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// The file of alerts that are on and of what is not told yet, in place of the one in loadline.toml
    #[arg(long, value_name = "FILE", conflicts_with_all = ["once", "replay"])]
    pub(crate) state: Option<PathBuf>,
    /// Serve metrics of the watch itself at this address, under /metrics; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["once", "replay"])]
    pub(crate) metrics: Option<SocketAddr>,
    #[command(flatten)]
    pub(crate) project: ProjectArguments,
    /// No colour, even on a terminal
    #[arg(long)]
    pub(crate) no_color: bool,
}

/// From one time to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: Timestamp,
    /// Now, where it is not said.
    pub(crate) to: Option<Timestamp>,
}

/// What fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// A budget burns too fast in a long window and in a short one
    Burn,
    /// More requests were bad than the budget allows, or it burns
    Beyond,
}

fn over(text: &str) -> Result<Duration, String> {
    let length = units::parse_duration(text).map_err(|error| error.to_string())?;
    let fits = length >= Duration::from_secs(1) && length <= Duration::from_hours(720);
    if fits && length.subsec_nanos() == 0 {
        Ok(length)
    } else {
        Err("is not in whole seconds, or longer than 30 days".to_owned())
    }
}

fn span(text: &str) -> Result<Span, String> {
    let (from, to) = text.split_once("..").ok_or("is no span: write `FROM..TO`")?;
    let to = if to.is_empty() { None } else { Some(timestamp(to)?) };
    Ok(Span { from: timestamp(from)?, to })
}

fn timestamp(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "is no time: write `2026-07-04T18:00:00Z`".to_owned())
}
