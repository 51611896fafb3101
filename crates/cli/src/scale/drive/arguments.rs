//! What can be typed after `loadline scale drive`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use loadline_units as units;
use loadline_verdict::TargetBudget;

use super::super::arguments::{BalanceArgument, PolicyArguments, milli, timestamp};
use crate::common::{CiArguments, SaturationArguments};

const EXAMPLES: &str = "\
Examples:
  loadline scale drive
  loadline scale drive hpa.yaml --peak 400/s --for 3m -o drive.run
  loadline scale drive --target 70 --min 2 --max 8 --budget p95=200ms
  loadline scale drive --kill-one-at 40s         # watch one die under load
  loadline scale drive --next-never-ready        # watch one that never gets ready

Replicas of the reference system are started on this machine, each with a capacity that is stated: it works on so many \
requests at a time, each for so long, by sleeping. They stand behind a small balancer and are scaled by Kubernetes' own \
algorithm, or KEDA's, whose time goes by faster by a stated factor, from their metrics, while the load goes up and comes down. \
What the simulator predicts of the same is beside it.

Exit codes: 0 the budgets are kept, it came back down, did not flap and lost nothing; 1 not so; 2 wrong arguments or \
manifests, 3 it could not be driven, 4 an output could not be written, 105 stopped by a signal, 111 generator saturated \
with --on-saturation fail.";

/// `loadline scale drive`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub(crate) struct DriveArguments {
    /// Manifests: an HPA or KEDA's scaled object, and the Deployment it scales; without, a target of 60 % and 2 to 10
    /// replicas
    #[arg(value_name = "MANIFEST")]
    pub(crate) manifests: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) policy: PolicyArguments,
    /// How many times as fast the policy's time goes by: 15 seconds between its looks are then 0.75
    #[arg(long, value_name = "FACTOR", default_value_t = 20.0, help_heading = "Policy")]
    pub(crate) faster: f64,
    /// When the load begins by the policy's clock, for cron triggers: `2026-07-04T08:50:00Z`; 1 January 1970 by default
    #[arg(long, value_name = "TIME", value_parser = timestamp, help_heading = "Policy")]
    pub(crate) begins: Option<Timestamp>,

    /// Requests per second at the beginning and at the end
    #[arg(long, value_name = "RATE", default_value = "40/s", value_parser = units::parse_per_second, help_heading = "Load")]
    pub(crate) low: f64,
    /// Requests per second at the top
    #[arg(long, value_name = "RATE", default_value = "240/s", value_parser = units::parse_per_second, help_heading = "Load")]
    pub(crate) peak: f64,
    /// How long all of it takes: a tenth quiet, a quarter up, a quarter at the top, a tenth down, the rest quiet
    #[arg(long = "for", value_name = "DURATION", default_value = "2m", value_parser = units::parse_duration, help_heading = "Load")]
    pub(crate) length: Duration,

    /// Requests that a replica works on at a time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=1000), help_heading = "Replicas")]
    pub(crate) workers: u16,
    /// How long each of them takes, in whole milliseconds
    #[arg(long, value_name = "DURATION", default_value = "50ms", value_parser = units::parse_duration, help_heading = "Replicas")]
    pub(crate) work: Duration,
    /// What a replica requests of a processor, in place of the Deployment's: `500m`; a busy worker counts as a whole
    /// one. As many as workers by default
    #[arg(long, value_name = "QUANTITY", value_parser = milli, help_heading = "Replicas")]
    pub(crate) cpu_request: Option<i64>,
    /// Replicas at the beginning; as many as the load needs then by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=50), help_heading = "Replicas")]
    pub(crate) initial: Option<i32>,
    /// From being asked for to being ready, in the policy's time; a little more than the first ones took by default
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration, help_heading = "Replicas")]
    pub(crate) start: Option<Duration>,
    /// How requests are spread
    #[arg(long, value_enum, default_value = "random", help_heading = "Replicas")]
    pub(crate) balance: BalanceArgument,
    /// Where the balancer listens; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", help_heading = "Replicas")]
    pub(crate) listen: SocketAddr,
    /// Kill one replica at this time of the load
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration, help_heading = "Faults")]
    pub(crate) kill_one_at: Option<Duration>,
    /// Let the first replica that is asked for under load never get ready
    #[arg(long, help_heading = "Faults")]
    pub(crate) next_never_ready: bool,

    /// A budget: `p95=500ms`, `errors=1%`; these two by default
    #[arg(long = "budget", value_name = "BUDGET", help_heading = "Judging")]
    pub(crate) budgets: Vec<TargetBudget>,
    /// Any stretch of so long has to keep them
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = units::parse_duration, help_heading = "Judging")]
    pub(crate) over: Duration,
    #[command(flatten)]
    pub(crate) saturation: SaturationArguments,
    /// Write the Run, for `report`, `compare` and `history import`
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// No live view
    #[arg(short = 'q', long)]
    pub(crate) quiet: bool,
    /// No colour, even on a terminal
    #[arg(long)]
    pub(crate) no_color: bool,
    #[command(flatten)]
    pub(crate) ci: CiArguments,
}
