//! What can be typed after `loadline scale simulate` and `check`, and what other commands have of it.

use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use loadline_scale::cluster::Signal;
use loadline_scale::hpa::{DEFAULT_VERSION, Version};
use loadline_scale::manifests::{Times, parse_milli};
use loadline_units as units;
use loadline_verdict::TargetBudget;

use crate::common::{CiArguments, Header};

const SIMULATE_EXAMPLES: &str = "\
Examples:
  loadline scale simulate hpa.yaml deployment.yaml --day 300/s --school-holidays --service 40ms --concurrency 4
  loadline scale simulate --target 70 --min 3 --max 40 --cpu-request 500m --traffic week.csv --service 40ms --cpu-share 50%
  loadline scale simulate hpa.yaml --traffic latest.run --service-of idle.run --budget p95=500ms --budget errors=0.1% -o day.run
  loadline scale simulate hpa.yaml --day 300/s --service 40ms --sweep target=50..90:10 --sweep min=2,4,8 --svg costs.svg
  loadline scale simulate hpa.yaml --prometheus http://localhost:9090 --query 'sum(rate(http_requests_total[1m]))' --service 40ms

Nothing is sent and no cluster is asked: requests, replicas, nodes and metrics are simulated, decisions are those of \
Kubernetes' own algorithm. A table of traffic has a time and requests per second on each line.

Exit codes: 0 the budgets are kept, 1 they are not, 2 wrong arguments, manifests or traffic, 3 it could not be simulated, \
4 an output could not be written.";

/// `loadline scale simulate`.
#[derive(Debug, Args)]
#[command(after_help = SIMULATE_EXAMPLES)]
pub(crate) struct SimulateArguments {
    /// Manifests: an HPA or KEDA's scaled object, and the Deployment it scales
    #[arg(value_name = "MANIFEST")]
    pub(crate) manifests: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) policy: PolicyArguments,
    #[command(flatten)]
    pub(crate) scenario: ScenarioArguments,
    #[command(flatten)]
    pub(crate) judging: JudgingArguments,
    /// Try these instead, and name the cheapest that keeps the budgets: `target=50..90:10`, `min=2,4`, `max=…`,
    /// `down-window=1m,5m`; repeat it for all combinations
    #[arg(long, value_name = "WHAT=VALUES", help_heading = "Sweep")]
    pub(crate) sweep: Vec<String>,
    /// Draw what the policies cost against how slow they are: a picture of less than 30 kB, readable on light and dark
    /// pages
    #[arg(long, value_name = "FILE", help_heading = "Sweep", requires = "sweep")]
    pub(crate) svg: Option<PathBuf>,
    /// Write the day as a Run, for `report`, `compare` and `history import`
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Print without colours
    #[arg(long)]
    pub(crate) no_color: bool,
    #[command(flatten)]
    pub(crate) ci: CiArguments,
}

const CHECK_EXAMPLES: &str = "\
Examples:
  loadline scale check --before main/hpa.yaml --after hpa.yaml --with deployment.yaml --traffic week.csv --service 40ms
  loadline scale check --before old.yaml --after new.yaml --day 300/s --school-holidays --service 40ms --markdown change.md

Both policies have the same traffic, the same requests and the same chance. It fails where the changed one breaks a budget.

Exit codes: 0 the changed policy keeps the budgets, 1 it does not, 2 wrong arguments, manifests or traffic, 3 it could not \
be simulated, 4 an output could not be written.";

/// `loadline scale check`.
#[derive(Debug, Args)]
#[command(after_help = CHECK_EXAMPLES)]
pub(crate) struct CheckArguments {
    /// The manifest as it was
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) before: Vec<PathBuf>,
    /// The manifest as it shall be
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) after: Vec<PathBuf>,
    /// Manifests that both have, such as the Deployment
    #[arg(long, value_name = "FILE")]
    pub(crate) with: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) policy: ClusterArguments,
    #[command(flatten)]
    pub(crate) scenario: ScenarioArguments,
    #[command(flatten)]
    pub(crate) judging: JudgingArguments,
    /// Write the comparison as Markdown
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) ci: CiArguments,
}

/// A policy without a manifest, or another one than it says.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Policy")]
pub(crate) struct PolicyArguments {
    /// Processor time to aim at, in percent of the request, in place of the manifest's
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(i32).range(1..=10_000))]
    pub(crate) target: Option<i32>,
    /// `minReplicas`, in place of the manifest's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..=100_000))]
    pub(crate) min: Option<i32>,
    /// `maxReplicas`, in place of the manifest's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=100_000))]
    pub(crate) max: Option<i32>,
    /// More replicas at times, which makes it KEDA's: `30 7 * * 1-5..0 18 * * 1-5@Europe/Berlin=6`, may be repeated
    #[arg(long, value_name = "START..END@ZONE=N")]
    pub(crate) cron: Vec<Times>,
    #[command(flatten)]
    pub(crate) cluster: ClusterArguments,
}

/// How a cluster carries policies out.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Policy")]
pub(crate) struct ClusterArguments {
    /// The autoscaler that is meant, where manifests have several
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The release of Kubernetes: 1.33 to 1.38
    #[arg(long, value_name = "VERSION", default_value_t = DEFAULT_VERSION)]
    pub(crate) kubernetes: Version,
    /// What a metric of the policy is: `requests`, `in-flight` or `waiting`; may be repeated
    #[arg(long, value_name = "NAME=SIGNAL", value_parser = signal)]
    pub(crate) metric: Vec<(String, Signal)>,
}

impl Default for ClusterArguments {
    fn default() -> Self {
        Self { name: None, kubernetes: DEFAULT_VERSION, metric: Vec::new() }
    }
}

/// How requests are spread over replicas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BalanceArgument {
    /// Each to one by chance, as a Service of Kubernetes does
    Random,
    /// Of two by chance to the one that is free first, as meshes do
    TwoChoices,
}

/// What comes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Traffic")]
pub(crate) struct TrafficArguments {
    /// A table (CSV), a Run whose requests come again, an access log, or a saved answer of Prometheus' `query_range`
    #[arg(long = "traffic", value_name = "FILE", conflicts_with_all = ["day", "rate", "prometheus"])]
    pub(crate) file: Option<PathBuf>,
    /// A made-up day whose ordinary peak is so high
    #[arg(long, value_name = "RATE", value_parser = units::parse_per_second, conflicts_with_all = ["rate", "prometheus"])]
    pub(crate) day: Option<f64>,
    /// The made-up day is one of school holidays: at nine twice the peak comes within four minutes
    #[arg(long, requires = "day")]
    pub(crate) school_holidays: bool,
    /// The same rate all the time
    #[arg(long, value_name = "RATE", value_parser = units::parse_per_second, conflicts_with = "prometheus")]
    pub(crate) rate: Option<f64>,
    /// For how long the same rate comes
    #[arg(long = "for", value_name = "DURATION", default_value = "1h", value_parser = units::parse_duration)]
    pub(crate) length: Duration,
    /// A Prometheus that is asked what came: `http://localhost:9090`
    #[arg(long, value_name = "URL", requires = "query")]
    pub(crate) prometheus: Option<String>,
    /// The query of requests per second: `sum(rate(http_requests_total[1m]))`
    #[arg(long, value_name = "PROMQL", requires = "prometheus")]
    pub(crate) query: Option<String>,
    /// How far back it is asked
    #[arg(long, value_name = "DURATION", default_value = "1d", value_parser = units::parse_duration, requires = "prometheus")]
    pub(crate) last: Duration,
    /// Until when; now by default
    #[arg(long, value_name = "TIME", value_parser = timestamp, requires = "prometheus")]
    pub(crate) until: Option<Timestamp>,
    /// How far apart the moments are that it is asked for
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = units::parse_duration, requires = "prometheus")]
    pub(crate) step: Duration,
    /// A header for Prometheus, such as that of a token; may be repeated
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", requires = "prometheus")]
    pub(crate) headers: Vec<Header>,
    /// So many times the traffic
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    pub(crate) times: f64,
    /// Draw a straight line where the traffic has a gap
    #[arg(long)]
    pub(crate) bridge_gaps: bool,
}

/// Traffic, service and cluster.
#[derive(Debug, Args)]
pub(crate) struct ScenarioArguments {
    #[command(flatten)]
    pub(crate) traffic: TrafficArguments,

    /// How long a request keeps a worker busy on average, without waiting
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration, help_heading = "Service")]
    pub(crate) service: Option<Duration>,
    /// The response times of this Run, of a load so low that nobody waited
    #[arg(long, value_name = "RUN", help_heading = "Service", conflicts_with = "service")]
    pub(crate) service_of: Option<PathBuf>,
    /// What was measured of one replica: a search of `loadline capacity`, or runs at several loads (repeat it); it says
    /// how long requests take, how much that varies, how many are worked on at a time, and up to which rate that is so
    #[arg(long, value_name = "RUN", help_heading = "Service", conflicts_with_all = ["service", "service_of", "concurrency"])]
    pub(crate) service_model: Vec<PathBuf>,
    /// How much that varies, in means: 0 always the same, 1 exponential
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 1.0,
        help_heading = "Service",
        conflicts_with_all = ["service_of", "service_model"]
    )]
    pub(crate) deviation: f64,
    /// How many requests a replica works on at a time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=4096), help_heading = "Service")]
    pub(crate) concurrency: u32,
    /// How many may wait at a replica; more are turned away
    #[arg(long, value_name = "N", help_heading = "Service")]
    pub(crate) queue: Option<usize>,
    /// After how long whoever waits gives up
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration, help_heading = "Service")]
    pub(crate) patience: Option<Duration>,
    /// Which part of its time a request needs a processor
    #[arg(long, value_name = "SHARE", default_value = "100%", value_parser = units::parse_fraction, help_heading = "Service")]
    pub(crate) cpu_share: f64,
    /// Up to which rate of one replica the service was measured; beyond, it is said
    #[arg(long, value_name = "RATE", value_parser = units::parse_per_second, help_heading = "Service")]
    pub(crate) measured_up_to: Option<f64>,

    /// What a pod requests of a processor, in place of the Deployment's: `500m`
    #[arg(long, value_name = "QUANTITY", value_parser = milli, help_heading = "Cluster")]
    pub(crate) cpu_request: Option<i64>,
    /// Replicas at the beginning; as many as the traffic needs then by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..=100_000), help_heading = "Cluster")]
    pub(crate) initial: Option<i32>,
    /// From having a node to running
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = units::parse_duration, help_heading = "Cluster")]
    pub(crate) start: Duration,
    /// From running to being ready; the Deployment's `initialDelaySeconds` by default, or 5s
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration, help_heading = "Cluster")]
    pub(crate) ready: Option<Duration>,
    /// For how long a new pod is slow
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = units::parse_duration, help_heading = "Cluster")]
    pub(crate) warm_up: Duration,
    /// How many times as long requests take then
    #[arg(long, value_name = "FACTOR", default_value_t = 2.0, help_heading = "Cluster")]
    pub(crate) slower: f64,
    /// How requests are spread
    #[arg(long, value_enum, default_value = "random", help_heading = "Cluster")]
    pub(crate) balance: BalanceArgument,
    /// Nodes at least and at most; without, there is always room
    #[arg(long, value_name = "MIN..MAX", value_parser = nodes, requires = "pods_per_node", help_heading = "Cluster")]
    pub(crate) nodes: Option<(usize, usize)>,
    /// How many pods a node has room for
    #[arg(long, value_name = "N", requires = "nodes", help_heading = "Cluster")]
    pub(crate) pods_per_node: Option<usize>,
    /// How long a new node takes
    #[arg(long, value_name = "DURATION", default_value = "90s", value_parser = units::parse_duration, help_heading = "Cluster")]
    pub(crate) provision: Duration,
    /// How long metrics take to be seen
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = units::parse_duration, help_heading = "Cluster")]
    pub(crate) metrics_delay: Duration,
    /// A time without metrics, counted from the start: `8h50m..9h20m`; may be repeated
    #[arg(long, value_name = "FROM..TO", value_parser = outage, help_heading = "Cluster")]
    pub(crate) outage: Vec<Range<u64>>,
    /// Follow each request of each replica; by default, where more than 100 requests a second come, some replicas stand
    /// for others that are alike, which is faster and has more of chance in it
    #[arg(long, help_heading = "Cluster")]
    pub(crate) every_request: bool,
    /// What makes this simulation this one and no other
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "Cluster")]
    pub(crate) seed: u64,
}

/// What it is judged by.
#[derive(Debug, Args)]
#[command(next_help_heading = "Judging")]
pub(crate) struct JudgingArguments {
    /// A budget: `p95=500ms`, `errors=1%`; these two by default
    #[arg(long = "budget", value_name = "BUDGET")]
    pub(crate) budgets: Vec<TargetBudget>,
    /// Any stretch of so long has to keep them
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = units::parse_duration)]
    pub(crate) over: Duration,
    /// What an hour of a replica costs
    #[arg(long, value_name = "PRICE")]
    pub(crate) replica_price: Option<f64>,
    /// What an hour of a node costs
    #[arg(long, value_name = "PRICE", requires = "nodes")]
    pub(crate) node_price: Option<f64>,
}

pub(super) fn timestamp(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "is no time: write `2026-07-04T18:00:00Z`".to_owned())
}

pub(super) fn milli(text: &str) -> Result<i64, String> {
    let milli = parse_milli(text).filter(|milli| *milli > 0);
    milli.ok_or_else(|| "is no request of a processor: write `500m` or `2`".to_owned())
}

fn signal(text: &str) -> Result<(String, Signal), String> {
    let (name, signal) = text.split_once('=').ok_or("has no signal: write `NAME=requests`")?;
    let signal = match signal {
        "requests" => Signal::Requests,
        "in-flight" => Signal::InFlight,
        "waiting" => Signal::Waiting,
        other => return Err(format!("`{other}` is no signal: use `requests`, `in-flight` or `waiting`")),
    };
    Ok((name.to_owned(), signal))
}

fn nodes(text: &str) -> Result<(usize, usize), String> {
    let wrong = || "is no range of nodes: write `1..10`".to_owned();
    let (min, max) = text.split_once("..").ok_or_else(wrong)?;
    match (min.parse(), max.parse()) {
        (Ok(min), Ok(max)) => Ok((min, max)),
        _ => Err(wrong()),
    }
}

fn outage(text: &str) -> Result<Range<u64>, String> {
    let (from, to) =
        text.split_once("..").ok_or("is no time: write `8h50m..9h20m`, counted from the start")?;
    let seconds =
        |text| units::parse_duration(text).map(|time| time.as_secs()).map_err(|error| error.to_string());
    let (from, to) = (seconds(from)?, seconds(to)?);
    if from < to { Ok(from..to) } else { Err("ends before it begins".to_owned()) }
}
