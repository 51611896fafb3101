//! What can be typed on the command line, as typed: names, values, help.
//!
//! Only shapes stand here. What they mean together (tiers, conflicts, defaults) is decided where options from every
//! source meet, so that a flag, a variable and a script say the same thing in the same words.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::FalseyValueParser;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use loadline_units as units;

use loadline_history::History;

use crate::baseline::{BaselineArguments, ReportArguments};
use crate::budget::BudgetArguments;
use crate::ci::CiArguments;
use crate::compare::{AaArguments, CompareArguments};
use crate::history::{HistoryArguments, HistoryPlace};
use crate::hit::HitArguments;
use crate::project::{Found, ProjectArguments};
use crate::trust::SaturationArguments;
use crate::unproven::UnprovenArguments;

const EXAMPLES: &str = "\
Examples:
  loadline demo
  loadline run script.ts
  loadline run --vus 50 --duration 30s -e BASE_URL=http://127.0.0.1:8080 script.ts
  loadline hit --budget p99=50ms http://127.0.0.1:8080/
  loadline inspect script.ts";

/// `--compat`: whose meaning figures have where ours is another.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Compat {
    /// k6's
    K6,
}

/// Finds how much load a web system carries within its performance requirements.
#[derive(Debug, Parser)]
#[command(name = "loadline", version, allow_negative_numbers = true, after_help = EXAMPLES, max_term_width = 110, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a load test script and judge it by its thresholds
    Run(Box<RunArguments>),
    /// Print the plan of a script without running it
    Inspect(Box<InspectArguments>),
    /// Send one request again and again to one target, without a script
    Hit(Box<HitArguments>),
    /// Compare two builds by rounds in which they take turns, or two Runs
    Compare(Box<CompareArguments>),
    /// Compare a build with itself: how often this set-up fails for nothing, and what it can find
    Aa(Box<AaArguments>),
    /// Look at the runs that were made: list, trends, change points
    History(Box<HistoryArguments>),
    /// Hold a run against the runs before it
    Baseline(Box<BaselineArguments>),
    /// Write documents from the history
    Report(ReportArguments),
    /// Judge a Run by a project's budgets
    Budget(BudgetArguments),
    /// Run the founding story's load test against the reference system
    Demo(DemoArguments),
    /// The reference system, as the demo starts it
    #[command(hide = true, disable_help_flag = true)]
    Holiday(HolidayArguments),
}

const RUN_EXAMPLES: &str = "\
Examples:
  loadline run script.ts
  loadline run --vus 50 --duration 30s script.ts
  loadline run --stage 30s:100 --stage 1m:100 --stage 10s:0 script.ts
  loadline run --out json=samples.json --out run=today.run --summary-export summary.json script.ts
  loadline run --process holiday=$(pgrep -o holiday) --scrape holiday=http://127.0.0.1:3000/metrics script.ts

Every option has a variable: --vus is LOADLINE_VUS or K6_VUS. A flag wins over a variable,
a variable over the script, the script over the configuration file.

Exit codes: 0 pass, 99 thresholds failed, 104 invalid configuration, 105 stopped by a signal,
107 exception in init code or setup, 108 test.abort, 109 could not run, 110 test.fail,
111 generator saturated with --on-saturation fail, 112 an output could not be written; the book has them all.";

/// `loadline run`.
#[derive(Debug, Args)]
#[command(after_help = RUN_EXAMPLES, allow_negative_numbers = true)]
pub(crate) struct RunArguments {
    /// The script: TypeScript or JavaScript; `-` reads it from standard input
    pub(crate) script: PathBuf,
    #[command(flatten)]
    pub(crate) options: OptionArguments,
    #[command(flatten)]
    pub(crate) sampling: SamplingArguments,
    #[command(flatten)]
    pub(crate) project: ProjectArguments,
    #[command(flatten)]
    pub(crate) history: KeepArguments,
    #[command(flatten)]
    pub(crate) ci: CiArguments,
    #[command(flatten)]
    pub(crate) outputs: OutputArguments,
}

/// Whether and where a run is kept, and what is said of it.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "History")]
pub(crate) struct KeepArguments {
    #[command(flatten)]
    pub(crate) place: HistoryPlace,
    /// Do not keep the run in the history
    #[arg(long, env = "LOADLINE_NO_HISTORY", value_parser = FalseyValueParser::new())]
    pub(crate) no_history: bool,
    /// The version of the system under test, for the history
    #[arg(long, value_name = "TEXT", env = "LOADLINE_TARGET_VERSION")]
    pub(crate) target_version: Option<String>,
}

impl KeepArguments {
    /// The history that the run is to enter, if there is to be one.
    pub(crate) fn open(&self, found: &Found) -> Option<anyhow::Result<History>> {
        (!self.no_history).then(|| crate::history::open(&self.place, found))
    }
}

/// What is sampled while the run goes on, besides the load generator's own memory.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Resources")]
pub(crate) struct SamplingArguments {
    /// Sample the resident memory of a local process, without its children, may be repeated
    #[arg(long = "process", value_name = "NAME=PID")]
    pub(crate) processes: Vec<String>,
    /// Scrape a Prometheus endpoint of the target, may be repeated; without a path it is /metrics
    #[arg(long = "scrape", value_name = "NAME=URL")]
    pub(crate) scrapes: Vec<String>,
    /// Record this metric of scraped endpoints too, may be repeated
    #[arg(long = "scrape-metric", value_name = "METRIC")]
    pub(crate) scrape_metrics: Vec<String>,
    /// How often to sample and to scrape, once a second by default
    #[arg(long, value_name = "DURATION")]
    pub(crate) sample_interval: Option<String>,
}

const INSPECT_EXAMPLES: &str = "\
Examples:
  loadline inspect script.ts
  loadline inspect --json script.ts";

/// `loadline inspect`.
#[derive(Debug, Args)]
#[command(after_help = INSPECT_EXAMPLES)]
pub(crate) struct InspectArguments {
    /// The script: TypeScript or JavaScript
    pub(crate) script: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) options: OptionArguments,
}

/// The options a script can also set, as flags.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Load")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub(crate) struct OptionArguments {
    /// Virtual users
    #[arg(short = 'u', long, value_name = "N")]
    pub(crate) vus: Option<String>,
    /// How long to run, such as 30s or 1m30s
    #[arg(short = 'd', long, value_name = "DURATION")]
    pub(crate) duration: Option<String>,
    /// Iterations in all, shared by the virtual users
    #[arg(short = 'i', long, value_name = "N")]
    pub(crate) iterations: Option<String>,
    /// A stage of ramping users, may be repeated
    #[arg(short = 's', long = "stage", value_name = "DURATION:TARGET")]
    pub(crate) stages: Vec<String>,
    /// Start no iteration sooner than this after the last one of the same user
    #[arg(long, value_name = "DURATION")]
    pub(crate) min_iteration_duration: Option<String>,
    /// The part of the run that this process has, such as 0:1/3
    #[arg(long, value_name = "FROM:TO")]
    pub(crate) execution_segment: Option<String>,
    /// Where the run is cut into the parts of all processes, such as 0,1/4,1; equal parts need no more words
    #[arg(long, value_name = "0,…,1")]
    pub(crate) execution_segment_sequence: Option<String>,
    /// Accepted for k6's sake; the run starts at once
    #[arg(short = 'p', long, hide = true)]
    pub(crate) paused: bool,
    /// Requests per second, over all users
    #[arg(long, value_name = "N")]
    pub(crate) rps: Option<String>,
    /// A variable for the script, may be repeated; NAME alone takes it from the environment
    #[arg(short = 'e', long = "env", value_name = "NAME=VALUE", help_heading = "Script")]
    pub(crate) env: Vec<String>,
    /// Give the script this process's environment in __ENV
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true, help_heading = "Script")]
    pub(crate) include_system_env_vars: Option<String>,
    /// Configuration file: script options as JSON
    #[arg(short = 'c', long, value_name = "FILE", help_heading = "Script")]
    pub(crate) config: Option<PathBuf>,
    /// Leave out the script's setup function
    #[arg(long, help_heading = "Script")]
    pub(crate) no_setup: bool,
    /// Leave out the script's teardown function
    #[arg(long, help_heading = "Script")]
    pub(crate) no_teardown: bool,
    /// Throw an exception when a request fails
    #[arg(short = 'w', long, help_heading = "HTTP")]
    pub(crate) throw: bool,
    /// Follow this many redirects
    #[arg(long, value_name = "N", help_heading = "HTTP")]
    pub(crate) max_redirects: Option<String>,
    /// Requests of one http.batch at the same time
    #[arg(long, value_name = "N", help_heading = "HTTP")]
    pub(crate) batch: Option<String>,
    /// … and to one host
    #[arg(long, value_name = "N", help_heading = "HTTP")]
    pub(crate) batch_per_host: Option<String>,
    /// User-Agent header
    #[arg(long, value_name = "TEXT", help_heading = "HTTP")]
    pub(crate) user_agent: Option<String>,
    /// Print requests and responses; `full` prints bodies too
    #[arg(long, value_name = "headers|full", num_args = 0..=1, default_missing_value = "headers", require_equals = true, help_heading = "HTTP")]
    pub(crate) http_debug: Option<String>,
    /// Accept certificates that do not verify
    #[arg(long, help_heading = "HTTP")]
    pub(crate) insecure_skip_tls_verify: bool,
    /// A new connection for every request
    #[arg(long, help_heading = "HTTP")]
    pub(crate) no_connection_reuse: bool,
    /// New connections for every iteration
    #[arg(long, help_heading = "HTTP")]
    pub(crate) no_vu_connection_reuse: bool,
    /// The largest response body that is kept, 512MiB by default; a larger one is a failed request; 0 for no limit
    #[arg(long, value_name = "SIZE", help_heading = "HTTP")]
    pub(crate) max_body: Option<String>,
    /// What all response bodies that are under way or in the hands of scripts may take together, 512MiB by default; 0
    /// for no limit
    #[arg(long, value_name = "SIZE", help_heading = "HTTP")]
    pub(crate) max_bodies: Option<String>,
    /// Read response bodies but do not keep them
    #[arg(long, help_heading = "HTTP")]
    pub(crate) discard_response_bodies: bool,
    /// Never connect to these addresses (CIDR), may be repeated
    #[arg(long, value_name = "CIDR", value_delimiter = ',', help_heading = "Network")]
    pub(crate) blacklist_ip: Vec<String>,
    /// Never connect to these hosts, may be repeated
    #[arg(long, value_name = "PATTERN", value_delimiter = ',', help_heading = "Network")]
    pub(crate) block_hostnames: Vec<String>,
    /// Connect from these local addresses
    #[arg(long, value_name = "IPS", help_heading = "Network")]
    pub(crate) local_ips: Option<String>,
    /// Name resolution, such as ttl=5m,select=random,policy=preferIPv4
    #[arg(long, value_name = "RULES", help_heading = "Network")]
    pub(crate) dns: Option<String>,
    /// Virtual users in one JavaScript realm; as many as the script allows by default
    #[arg(long, value_name = "N", help_heading = "Script")]
    pub(crate) vus_per_realm: Option<String>,
    /// Load npm packages once per realm, not once per user: less memory, but users see each other's changes to a
    /// package's own state
    #[arg(long, help_heading = "Script")]
    pub(crate) share_packages: bool,
    /// Memory that the users of one realm may hold together, such as 512MiB; 0 for no limit
    #[arg(long, value_name = "SIZE", help_heading = "Script")]
    pub(crate) memory_per_realm: Option<String>,
    /// A tag on every sample, may be repeated
    #[arg(long = "tag", value_name = "NAME=VALUE", help_heading = "Measurements")]
    pub(crate) tags: Vec<String>,
    /// The system tags to keep, comma separated
    #[arg(long, value_name = "TAGS", value_delimiter = ',', help_heading = "Measurements")]
    pub(crate) system_tags: Vec<String>,
    /// Statistics of trends in the summary, comma separated
    #[arg(long, value_name = "STATS", value_delimiter = ',', help_heading = "Measurements")]
    pub(crate) summary_trend_stats: Vec<String>,
    /// Unit of times in the summary
    #[arg(long, value_name = "s|ms|us", help_heading = "Measurements")]
    pub(crate) summary_time_unit: Option<String>,
}

/// Where measurements and messages go.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Output")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub(crate) struct OutputArguments {
    /// Write samples or the Run, may be repeated: json=FILE, csv=FILE, run=FILE
    #[arg(short = 'o', long = "out", value_name = "KIND=FILE")]
    pub(crate) outs: Vec<String>,
    /// Write the summary as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) summary_export: Option<String>,
    /// How much the summary says, compact by default: full adds groups and scenarios, legacy is k6's older layout
    #[arg(long, value_name = "compact|full|legacy|disabled")]
    pub(crate) summary_mode: Option<String>,
    /// Print no summary at the end
    #[arg(long)]
    pub(crate) no_summary: bool,
    /// Do not judge thresholds
    #[arg(long)]
    pub(crate) no_thresholds: bool,
    /// Let a threshold without any sample pass, as k6 does
    #[arg(long, env = "LOADLINE_ALLOW_NO_DATA", value_parser = FalseyValueParser::new())]
    pub(crate) allow_no_data: bool,
    /// Judge as k6 does: a request without an answer has the latency 0
    #[arg(long, value_enum, value_name = "k6")]
    pub(crate) compat: Option<Compat>,
    #[command(flatten)]
    pub(crate) saturation: SaturationArguments,
    #[command(flatten)]
    pub(crate) unproven: UnprovenArguments,
    /// Write what the script's console prints to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) console_output: Option<String>,
    /// Stay until interrupted when the run is over
    #[arg(short = 'l', long)]
    pub(crate) linger: bool,
    /// No live view
    #[arg(short = 'q', long, env = "LOADLINE_QUIET", value_parser = FalseyValueParser::new())]
    pub(crate) quiet: bool,
    /// Show console.debug too
    #[arg(short = 'v', long, env = "LOADLINE_VERBOSE", value_parser = FalseyValueParser::new())]
    pub(crate) verbose: bool,
    /// Accepted for k6's sake; there is no usage report
    #[arg(long, hide = true)]
    pub(crate) no_usage_report: bool,
    /// No colour, even on a terminal
    #[arg(long)]
    pub(crate) no_color: bool,
}

const DEMO_EXAMPLES: &str = "\
Examples:
  loadline demo
  loadline demo --users 100 --duration 20s
  loadline demo --search-delay 600ms     # watch it fail
  loadline demo --database postgres      # on a private PostgreSQL with PostGIS
  loadline demo --gateway stripe-simulator --gateway-error-rate 0.02 --gateway-drop-rate 0.01
  loadline demo --database postgres --gateway stripe-simulator --restart-database-after 20s
  loadline demo --json

Exit codes: 0 every requirement holds, 99 one does not, 104 wrong arguments, 105 stopped by a signal, 109 could not run,
111 generator saturated with --on-saturation fail, 112 an output could not be written.";

/// `loadline demo`.
#[derive(Debug, Args)]
#[command(after_help = DEMO_EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub(crate) struct DemoArguments {
    /// Users at the peak; at least three, one for each scenario
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u64).range(3..=100_000))]
    pub(crate) users: u64,
    /// Length of the whole run: the story's stages, compressed
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = units::parse_duration_or_ms, conflicts_with = "full")]
    pub(crate) duration: Duration,
    /// The story's original 24 minutes
    #[arg(long)]
    pub(crate) full: bool,
    /// Print the verdicts as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Where to keep the Run
    #[arg(long, value_name = "FILE")]
    pub(crate) run: Option<PathBuf>,
    /// Make every search this much slower, to see the requirements fail
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = units::parse_duration_or_ms)]
    pub(crate) search_delay: Duration,
    /// Let this share of payments fail at the gateway, from 0 to 1; it shows to users, because the gateway in-process
    /// is not retried
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = units::parse_fraction)]
    pub(crate) payment_error_rate: f64,
    /// Where payments go; after a run with stripe-simulator, database and gateway are compared, and must agree
    #[arg(long, value_enum, default_value_t = GatewayKind::InProcess)]
    pub(crate) gateway: GatewayKind,
    /// Let the simulated Stripe refuse this share of calls, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = units::parse_fraction)]
    pub(crate) gateway_error_rate: f64,
    /// Let it break this share of connections after the work was done
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = units::parse_fraction)]
    pub(crate) gateway_drop_rate: f64,
    /// Crash the private PostgreSQL at this time of the run, to see that nothing is forgotten and service resumes
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration_or_ms)]
    pub(crate) restart_database_after: Option<Duration>,
    /// What the reference system keeps its data in: sqlite, postgres (a private server, removed afterwards), or a
    /// postgres:// URL
    #[arg(long, value_name = "DATABASE", default_value = "sqlite", value_parser = database)]
    pub(crate) database: DemoDatabase,
    #[command(flatten)]
    pub(crate) saturation: SaturationArguments,
    /// No live view
    #[arg(short = 'q', long)]
    pub(crate) quiet: bool,
    /// No colour, even on a terminal
    #[arg(long)]
    pub(crate) no_color: bool,
}

/// `--gateway` of the demo.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum GatewayKind {
    /// A function of the service: costs no processor time
    InProcess,
    /// A process of its own that speaks Stripe's API, charges, and sends events
    StripeSimulator,
}

impl DemoArguments {
    /// What does not go together.
    fn conflict(&self) -> Option<&'static str> {
        let simulator = self.gateway == GatewayKind::StripeSimulator;
        let length = if self.full { Duration::MAX } else { self.duration };
        if !simulator && (self.gateway_error_rate > 0.0 || self.gateway_drop_rate > 0.0) {
            return Some(
                "`--gateway-error-rate` and `--gateway-drop-rate` are faults of `--gateway stripe-simulator`",
            );
        }
        if simulator && self.payment_error_rate > 0.0 {
            return Some(
                "`--payment-error-rate` is a fault of the gateway in-process\nhint: use `--gateway-error-rate`",
            );
        }
        let after = self.restart_database_after?;
        if self.database.0.as_deref() != Some(THROWAWAY) {
            return Some(
                "`--restart-database-after` needs `--database postgres`: only the private server is crashed",
            );
        }
        (after + AFTER_RESTART > length).then_some(
            "`--restart-database-after` must leave 5 seconds of the run, to see that service resumes",
        )
    }
}

impl Arguments {
    /// These, if they go together.
    pub(crate) fn checked(self) -> Result<Self, clap::Error> {
        match &self.command {
            Command::Demo(demo) => match demo.conflict() {
                Some(conflict) => Err(Self::command().error(ErrorKind::ArgumentConflict, conflict)),
                None => Ok(self),
            },
            _ => Ok(self),
        }
    }
}

/// The private PostgreSQL, in the reference system's words.
const THROWAWAY: &str = "throwaway-postgres";
/// What a run must go on for after a restart.
const AFTER_RESTART: Duration = Duration::from_secs(5);

/// `loadline holiday`: everything after it goes to the reference system's own command line.
#[derive(Debug, Args)]
pub(crate) struct HolidayArguments {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) arguments: Vec<OsString>,
}

/// `--database` of the demo, in the reference system's words; nothing for its own default.
#[derive(Clone, Debug)]
pub(crate) struct DemoDatabase(pub(crate) Option<String>);

fn database(text: &str) -> Result<DemoDatabase, String> {
    match text {
        "sqlite" => Ok(DemoDatabase(None)),
        "postgres" => Ok(DemoDatabase(Some(THROWAWAY.to_owned()))),
        url if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
            Ok(DemoDatabase(Some(url.to_owned())))
        }
        _ => Err("must be `sqlite`, `postgres` or a `postgres://` URL".to_owned()),
    }
}
