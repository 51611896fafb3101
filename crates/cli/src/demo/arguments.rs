//! What can be typed after `loadline demo`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use loadline_units as units;

use crate::common::{OnSaturation, SaturationArguments, SteeringArguments, TracesArguments, UiArguments};

const DEMO_EXAMPLES: &str = "\
Examples:
  loadline demo
  loadline demo --users 100 --duration 20s
  loadline demo --search-delay 600ms     # watch it fail
  loadline demo --database postgres      # on a private PostgreSQL with PostGIS
  loadline demo --database postgres --without-indexes   # forgotten, found, proven: before and after
  loadline demo --gateway stripe-simulator --gateway-error-rate 0.02 --gateway-drop-rate 0.01
  loadline demo --database postgres --gateway stripe-simulator --restart-database-after 20s
  loadline demo --edge                   # a cache in front: hit rates, and an origin that is killed
  loadline demo --capacity               # how much it carries within its requirements; --database postgres, too
  loadline demo --watch                  # a slow release in production, and the alert of it; needs a Prometheus
  loadline demo --ui                     # watch it in a browser
  loadline demo --traces                 # what the server's time went into, by its own spans
  loadline demo --ui --address 6565      # and steer it there, or with `loadline control`
  loadline demo --json

Exit codes: 0 every requirement holds, 99 one does not, 104 wrong arguments, 105 stopped by a signal, 109 could not run, \
111 generator saturated with --on-saturation fail, 112 an output could not be written.";

/// `loadline demo`.
#[derive(Debug, Args)]
#[command(after_help = DEMO_EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub(crate) struct DemoArguments {
    /// Users at the peak; at least three, one for each scenario
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u64).range(3..=100_000))]
    pub(crate) users: u64,
    /// Length of the whole run, 60s by default: the story's stages, compressed
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration)]
    pub(crate) duration: Option<Duration>,
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
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = units::parse_duration)]
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
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration)]
    pub(crate) restart_database_after: Option<Duration>,
    /// What the reference system keeps its data in: sqlite, postgres (a private server, removed afterwards), or a
    /// postgres:// URL
    #[arg(long, value_name = "DATABASE", default_value = "sqlite", value_parser = database)]
    pub(crate) database: DemoDatabase,
    /// Take the private PostgreSQL's indexes away, run the load, find those that pay from what ran, prove and build
    /// them, and run the load again
    #[arg(long)]
    pub(crate) without_indexes: bool,
    /// Put `loadline edge serve` in front, judge what comes from the cache, and kill the origin halfway for ten
    /// seconds, to see who notices
    #[arg(long)]
    pub(crate) edge: bool,
    /// Find out how much of the story's load the reference system carries on this machine: never more than that of ten
    /// times the users, and for three minutes at most, or what `--duration` says
    #[arg(long)]
    pub(crate) capacity: bool,
    /// Watch over the reference system as over production: with a Prometheus that scrapes it, a slow release, and the
    /// alert of it at a webhook. Takes a minute
    #[arg(long)]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) saturation: SaturationArguments,
    #[command(flatten)]
    pub(crate) ui: UiArguments,
    #[command(flatten)]
    pub(crate) traces: TracesArguments,
    #[command(flatten)]
    pub(crate) steering: SteeringArguments,
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
    /// How long the run is.
    pub(crate) fn length(&self) -> Duration {
        let usual = if self.capacity { SEARCH } else { COMPRESSED };
        if self.full { FULL } else { self.duration.unwrap_or(usual) }
    }

    /// What does not go together.
    pub(crate) fn conflict(&self) -> Option<&'static str> {
        let simulator = self.gateway == GatewayKind::StripeSimulator;
        if self.full && self.duration.is_some() {
            return Some(
                "`--full` has the story's own length, and `--duration` another: leave one of them out",
            );
        }
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
        if self.traces.is_wanted() && (self.watch || self.capacity || self.edge || self.without_indexes) {
            return Some(
                "`--traces` follows one load on the reference system: leave `--watch`, `--capacity`, `--edge` and `--without-indexes` out",
            );
        }
        if self.steering.is_wanted() && (self.watch || self.capacity) {
            return Some("`--address` steers the story's own load: leave `--watch` and `--capacity` out");
        }
        if self.watch {
            return self.conflict_with_watch();
        }
        if self.capacity {
            return self.conflict_with_capacity();
        }
        if self.edge {
            return self.conflict_with_edge();
        }
        let is_private = self.database.0.as_deref() == Some(THROWAWAY);
        if self.without_indexes && !is_private {
            return Some(
                "`--without-indexes` needs `--database postgres`: indexes are taken from the private server only",
            );
        }
        if self.without_indexes && self.restart_database_after.is_some() {
            return Some(
                "`--without-indexes` runs the load twice, and `--restart-database-after` is of one run: leave one of them out",
            );
        }
        let after = self.restart_database_after?;
        if !is_private {
            return Some(
                "`--restart-database-after` needs `--database postgres`: only the private server is crashed",
            );
        }
        (after + AFTER_RESTART > self.length()).then_some(
            "`--restart-database-after` must leave 5 seconds of the run, to see that service resumes",
        )
    }
}

impl DemoArguments {
    /// What does not go together with the edge in front.
    fn conflict_with_edge(&self) -> Option<&'static str> {
        let others = self.gateway == GatewayKind::StripeSimulator
            || self.restart_database_after.is_some()
            || self.without_indexes
            || self.database.0.is_some()
            || self.payment_error_rate > 0.0
            || !self.search_delay.is_zero();
        if others {
            return Some(
                "`--edge` has a fault and a database of its own: leave `--gateway`, `--database`, `--search-delay` and other faults out",
            );
        }
        (self.length() < SHORTEST_WITH_EDGE)
            .then_some("`--edge` takes the origin away for ten seconds: let the run last 30 seconds at least")
    }
}

impl DemoArguments {
    /// What does not go together with a search.
    fn conflict_with_capacity(&self) -> Option<&'static str> {
        let others = self.full
            || self.edge
            || self.without_indexes
            || self.restart_database_after.is_some()
            || self.gateway == GatewayKind::StripeSimulator
            || self.ui.is_wanted()
            || self.saturation.on_saturation != OnSaturation::Warn;
        if others {
            return Some(
                "`--capacity` is a search of its own: `--users`, `--duration`, `--database`, `--search-delay`, `--payment-error-rate`, `--run` and `--json` go with it, and nothing else",
            );
        }
        (self.length() < SHORTEST_SEARCH)
            .then_some("`--capacity` has to find something: let it search for 10 seconds at least")
    }
}

impl DemoArguments {
    /// What does not go together with a watch.
    fn conflict_with_watch(&self) -> Option<&'static str> {
        let others = self.full
            || self.duration.is_some()
            || self.edge
            || self.capacity
            || self.without_indexes
            || self.restart_database_after.is_some()
            || self.gateway == GatewayKind::StripeSimulator
            || self.database.0.is_some()
            || self.payment_error_rate > 0.0
            || !self.search_delay.is_zero()
            || self.run.is_some()
            || self.ui.is_wanted()
            || self.saturation.on_saturation != OnSaturation::Warn;
        others
            .then_some("`--watch` has a load and a fault of its own: only `--json` and `--quiet` go with it")
    }
}

/// A warm-up, and a step or two.
const SHORTEST_SEARCH: Duration = Duration::from_secs(10);
/// Half of it before the outage, ten seconds of it, and some after.
const SHORTEST_WITH_EDGE: Duration = Duration::from_secs(30);
/// The private PostgreSQL, in the reference system's words.
const THROWAWAY: &str = "throwaway-postgres";
/// The story's two dozen minutes.
const FULL: Duration = Duration::from_mins(24);
/// The same in one.
const COMPRESSED: Duration = Duration::from_mins(1);
/// How long a search takes.
const SEARCH: Duration = Duration::from_mins(3);
/// What a run must go on for after a restart.
const AFTER_RESTART: Duration = Duration::from_secs(5);

/// `--database` of the demo, in the reference system's words; nothing for its own default.
#[derive(Clone, Debug)]
pub(crate) struct DemoDatabase(pub(crate) Option<String>);

impl DemoDatabase {
    /// Which kind it is, in words.
    pub(crate) fn words(&self) -> &'static str {
        if self.0.is_none() { "SQLite" } else { "PostgreSQL" }
    }
}

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
