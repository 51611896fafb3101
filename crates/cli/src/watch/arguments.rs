//! What can be typed after `loadline watch`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use loadline_units as units;
use loadline_watch::canary::Side;

use crate::common::{Header, HistoryPlace, ProjectArguments, UnprovenArguments};

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
  loadline watch --canary version=1.4.0 --against version=1.3.9 --over 30m
  loadline watch --canary track=canary --against track=primary --over 15m --serve 127.0.0.1:8087
  loadline watch --profile peak.ts --at peak --over 30m --times 1.5
  loadline watch --profile monday.ts --traffic access.log

The budgets on endpoints in loadline.toml are held against the histograms of a Prometheus: how many requests were slow or \
failed lately, how sure it is that it goes on, and how fast the budget burns (1× is a budget that just lasts). A budget \
burns when it does so in a long window and in a short one. `[watch]` in loadline.toml says where the Prometheus is and \
what metrics are called. Without a Prometheus, `--scrape` asks the services themselves, four times in each `step`, and \
knows what came since it was started.

Without `--once` it stays, looks every `step`, and tells the receivers of `[[watch.notify]]` (Alertmanager, Slack, PagerDuty, \
Jira Service Management, webhooks, e-mail) when a budget begins to burn and when that is over. What it must not forget is in a \
file, .loadline/watch.sqlite without another: one watch at a time has it.

With `--canary` two versions are compared, by a label of their series, over the minutes in which both answered: the same pairs \
and statistics as `loadline compare`, per endpoint. Too little traffic is open, which fails unless `--unproven warn`. \
With `--serve` it stays and answers over HTTP: GET with the figures, POST by the status alone; \
`?canary=version=1.4.0&against=1.3.9&over=30m` asks for others.

With `--profile` what production was asked becomes a script: one scenario for each endpoint with the rate of each minute, from \
Prometheus or an access log. Bodies are left to be filled in, which is said.

With `--replay` the past goes through the same windows and alerts, and it is said which there would have been.

Exit codes: 0 no budget burns, or ended by a signal, 1 with `--once`: one does, or there is no data for it, with `--replay`: \
no budget has data, with `--canary`: it is worse, or open, 2 wrong arguments or project file, 3 it could not be \
found out, 4 the answer could not be written.";

/// `loadline watch`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct WatchArguments {
    /// Look once, say how every budget stands, and end
    #[arg(long, group = "looks")]
    pub(crate) once: bool,
    /// Say which alerts there would have been between two times; without the second, until now
    #[arg(long, value_name = "FROM..TO", value_parser = span, conflicts_with = "looks")]
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
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = over, requires = "looks")]
    pub(crate) over: Duration,
    /// Say as well what is left of each error budget of 30 days, and when it will be gone
    #[arg(long, requires = "once")]
    pub(crate) budgets: bool,
    /// As of when; now by default. With `--profile`, `peak` is when most was asked in the day before, or in the log
    #[arg(long, value_name = "TIME|peak", value_parser = at, requires = "looks")]
    pub(crate) at: Option<At>,
    /// What ends in 1: a budget that burns, or already one whose limit is broken within `--over`
    #[arg(long, value_name = "WHAT", default_value = "burn", requires = "once")]
    pub(crate) fail_on: FailOn,
    /// Print how it stands as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// The file of alerts that are on and of what is not told yet, in place of the one in loadline.toml
    #[arg(long, value_name = "FILE", conflicts_with_all = ["looks", "replay"])]
    pub(crate) state: Option<PathBuf>,
    /// Serve metrics of the watch itself at this address, under /metrics; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["once", "replay"])]
    pub(crate) metrics: Option<SocketAddr>,
    #[command(flatten)]
    pub(crate) canary: CanaryArguments,
    #[command(flatten)]
    pub(crate) profile: ProfileArguments,
    #[command(flatten)]
    pub(crate) project: ProjectArguments,
    #[command(flatten)]
    pub(crate) place: HistoryPlace,
    /// No colour, even on a terminal
    #[arg(long)]
    pub(crate) no_color: bool,
}

/// Two versions.
#[derive(Debug, Args)]
#[command(next_help_heading = "Two versions")]
pub(crate) struct CanaryArguments {
    /// Compare the version whose series have this label, `version=1.4.0`, with another one, and end
    #[arg(long, value_name = "LABEL=VALUE", value_parser = Side::parse, group = "looks")]
    pub(crate) canary: Option<Side>,
    /// The other version: a value of the same label, or `LABEL=VALUE`; without it, all others
    #[arg(long, value_name = "[LABEL=]VALUE", requires = "canary")]
    pub(crate) against: Option<String>,
    /// A change up to this does not matter, 5 % by default
    #[arg(long, value_name = "SHARE", value_parser = share, requires = "canary")]
    pub(crate) delta: Option<f64>,
    /// Write the comparison as Markdown, for a comment
    #[arg(long, value_name = "FILE", requires = "canary")]
    pub(crate) markdown: Option<PathBuf>,
    /// Stay, and answer under /canary to whoever asks: Argo Rollouts, Flagger, curl; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", requires = "canary", conflicts_with_all = ["at", "json", "markdown"])]
    pub(crate) serve: Option<SocketAddr>,
    #[command(flatten)]
    pub(crate) unproven: UnprovenArguments,
}

/// What production was asked, as a script.
#[derive(Debug, Args)]
#[command(next_help_heading = "Traffic as a load test")]
pub(crate) struct ProfileArguments {
    /// Write what production was asked within `--over` as a script, one scenario for each endpoint, and end
    #[arg(long, value_name = "FILE", group = "looks")]
    pub(crate) profile: Option<PathBuf>,
    /// An access log, in place of a Prometheus: nginx's or Apache's usual forms, or lines of JSON
    #[arg(long, value_name = "FILE", requires = "profile", conflicts_with = "prometheus")]
    pub(crate) traffic: Option<PathBuf>,
    /// How many times as much as production had
    #[arg(long, value_name = "NUMBER", default_value = "1", value_parser = factor, requires = "profile")]
    pub(crate) times: f64,
}

/// As of when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    Time(Timestamp),
    /// When most was asked.
    Peak,
}

impl WatchArguments {
    /// As of when.
    ///
    /// # Errors
    /// Where that is to be found out from traffic, which only a profile does.
    pub(crate) fn at_or_now(&self) -> anyhow::Result<Timestamp> {
        match self.at {
            Some(At::Time(at)) => Ok(at),
            Some(At::Peak) => anyhow::bail!("`--at peak` is for `--profile`: name a time"),
            None => Ok(Timestamp::now()),
        }
    }
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

pub(super) fn over(text: &str) -> Result<Duration, String> {
    let length = units::parse_duration(text).map_err(|error| error.to_string())?;
    let fits = length >= Duration::from_secs(1) && length <= Duration::from_hours(720);
    if fits && length.subsec_nanos() == 0 {
        Ok(length)
    } else {
        Err("must be in whole seconds, `1s` or more, and not longer than 30 days".to_owned())
    }
}

fn span(text: &str) -> Result<Span, String> {
    let (from, to) = text.split_once("..").ok_or("is no span: write `FROM..TO`")?;
    let to = if to.is_empty() { None } else { Some(timestamp(to)?) };
    Ok(Span { from: timestamp(from)?, to })
}

fn at(text: &str) -> Result<At, String> {
    if text == "peak" { Ok(At::Peak) } else { timestamp(text).map(At::Time) }
}

fn factor(text: &str) -> Result<f64, String> {
    let number =
        text.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0 && *number <= 1e6);
    number.ok_or_else(|| "must be a number above 0, such as `1.5`".to_owned())
}

fn timestamp(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "is no time: write `2026-07-04T18:00:00Z`".to_owned())
}

/// A share in percent: `5%`.
fn share(text: &str) -> Result<f64, String> {
    units::parse_share(text)
        .ok()
        .filter(|share| *share < 1.0)
        .ok_or_else(|| "must be a share from 0% to below 100%, such as `5%`".to_owned())
}
