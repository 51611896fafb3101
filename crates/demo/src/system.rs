//! The reference system as the demo starts it: the service, and the payment gateway where it is a process of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use loadline_children::{TemporaryFolder, last_lines};
use loadline_runner::{Process, SamplingSettings};
use serde::Deserialize;

use crate::child::Child;

/// How long an answer may take that waits for nothing but the machine.
const SOON: Duration = Duration::from_secs(10);
/// How long events may be on their way, and how long both sides may take to be read.
const SETTLING: Duration = Duration::from_mins(1);
/// How long the database may take to start again.
const RESTARTING: Duration = Duration::from_mins(1);

/// What to start.
pub struct ReferenceSettings {
    /// Accounts that can log in.
    pub accounts: u64,
    /// Their password.
    pub password: String,
    /// Added to every search.
    pub search_delay: Duration,
    /// Where payments go.
    pub gateway: Gateway,
    /// Failures are expected: the service's log is for what it does not expect.
    pub quiet: bool,
    /// Where it keeps its data; nothing for its own default.
    pub database: Option<String>,
    /// Where it sends its spans; nowhere for nothing.
    pub traces: Option<String>,
}

/// Where payments go.
#[derive(Clone, Copy, Debug)]
pub enum Gateway {
    /// To a function of the service.
    InProcess {
        /// Share of its calls that fail.
        error_rate: f64,
    },
    /// To a process that speaks Stripe's API, sends events, and fails.
    StripeSimulator(GatewayFaults),
}

/// What goes wrong at the gateway.
#[derive(Clone, Copy, Debug)]
pub struct GatewayFaults {
    /// Share of calls refused before anything is done.
    pub error_rate: f64,
    /// Share of calls whose connection breaks after the work was done.
    pub drop_rate: f64,
}

/// What a demo puts under load, as far as a run asks.
pub trait Staged {
    /// What is to be sampled of it: its memory.
    fn sampling(&self) -> SamplingSettings;

    /// User and system time it took so far, in seconds; nothing where the kernel does not tell.
    fn cpu_seconds(&self) -> Option<f64>;
}

/// A running reference system.
pub struct ReferenceSystem {
    // The service first: it is stopped before the gateway that it may be calling.
    service: Arc<Child>,
    gateway: Option<Child>,
    // Last: they hold it.
    _folder: TemporaryFolder,
}

/// Both sides of the payments, compared.
#[derive(Debug, Deserialize)]
pub struct Reconciled {
    /// Subscriptions at the gateway.
    pub at_gateway: u64,
    /// Those that were charged and run.
    pub charged: u64,
    /// Subscriptions in the database.
    pub in_store: u64,
    /// Charged, but not active in the database.
    pub lost: Vec<String>,
    /// Running on both sides, but not in the same state.
    pub behind: Vec<String>,
    /// Alive in the database, but not at the gateway.
    pub unknown: Vec<String>,
    /// Accounts and prices with more than one that runs.
    pub doubled: Vec<(i64, String)>,
}

/// How long was waited for the database's connections.
#[derive(Debug, Deserialize)]
pub struct PoolUse {
    /// Waits, from the start on.
    pub waits: u64,
    /// What 99 % of them did not exceed, in milliseconds; nothing when it was longer than is measured.
    pub p99_ms: Option<f64>,
}

/// A database that was crashed and answers again.
#[derive(Debug, Deserialize)]
pub struct Crashed {
    /// Subscriptions in it before.
    pub committed: u64,
    /// Those that are gone.
    pub missing: Vec<String>,
    /// Milliseconds until it answered again.
    pub down_ms: u64,
}

impl ReferenceSystem {
    /// Starts all of it, each part on a free loopback port, and waits until it is ready.
    pub fn start(settings: &ReferenceSettings) -> Result<Self> {
        let folder = TemporaryFolder::new().context("cannot make a folder for the reference system")?;
        let gateway = match settings.gateway {
            Gateway::InProcess { .. } => None,
            Gateway::StripeSimulator(faults) => Some(simulator(faults, folder.path())?),
        };
        let mut arguments: Vec<String> = ["serve", "--load-test-accounts"].map(str::to_owned).into();
        arguments.push(settings.accounts.to_string());
        arguments.push(format!("--search-delay={}ms", settings.search_delay.as_millis()));
        if let Gateway::InProcess { error_rate } = settings.gateway {
            arguments.push(format!("--payment-error-rate={error_rate}"));
        }
        if settings.quiet {
            arguments.push("--log=error".to_owned());
        }
        if let Some(gateway) = &gateway {
            arguments.push(format!("--stripe-url={}", gateway.url()));
        }
        // Known to the two only, and for this run only.
        let secret = format!("whsec_{}", settings.password.replace(' ', "_"));
        let simulated = gateway.is_some();
        let traces = settings.traces.as_ref().map(|url| format!("{url}/v1/traces"));
        let environment = [
            ("HOLIDAY_DATABASE", settings.database.as_deref()),
            ("LOAD_TEST_PASSWORD", Some(settings.password.as_str())),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", traces.as_deref()),
            // A run's last spans are waited for.
            ("OTEL_BSP_SCHEDULE_DELAY", traces.is_some().then_some("1000")),
            ("OTEL_BSP_MAX_QUEUE_SIZE", traces.is_some().then_some("65536")),
            ("STRIPE_SECRET_KEY", simulated.then_some("sk_test_demo")),
            ("STRIPE_WEBHOOK_SECRET", simulated.then_some(secret.as_str())),
        ];
        let service = Arc::new(Child::start("holiday", &holiday(arguments), &environment, folder.path())?);
        if let Some(gateway) = &gateway {
            let url = format!("{}/api/webhooks/stripe", service.url());
            gateway.ask(&format!("webhooks-to {url} {secret}"), SOON)?;
        }
        Ok(Self { service, gateway, _folder: folder })
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        self.service.url()
    }

    /// Where the service's PostgreSQL can be looked at, if it has one: its own server, or the one that was named.
    pub fn database(&self, named: Option<&str>) -> Result<Option<String>> {
        #[derive(Deserialize)]
        struct Own {
            url: Option<String>,
        }
        let is_url = |text: &&str| text.contains("://");
        if let Some(url) = named.filter(is_url) {
            return Ok(Some(url.to_owned()));
        }
        let own: Own = serde_json::from_value(self.service.ask("database", SOON)?)
            .context("the answer to `database`")?;
        Ok(own.url)
    }

    /// The logs that have something in them.
    pub fn logs(&self) -> Vec<PathBuf> {
        let all = [Some(&*self.service), self.gateway.as_ref()].into_iter().flatten();
        all.map(Child::log).filter(|log| !last_lines(log, 1).is_empty()).map(Path::to_owned).collect()
    }

    /// What crashes the database when it is called. It takes until the service can use it again.
    pub fn crasher(&self) -> impl FnOnce() -> Result<Crashed> + Send + 'static {
        let service = Arc::clone(&self.service);
        move || {
            let answer = service.ask("crash-database", RESTARTING)?;
            serde_json::from_value(answer).context("the answer to `crash-database`")
        }
    }

    /// How long was waited for the database's connections until now.
    pub fn pool(&self) -> Result<PoolUse> {
        serde_json::from_value(self.service.ask("pool", SOON)?).context("the answer to `pool`")
    }

    /// Waits until the gateway has told all, and compares both sides.
    pub fn reconcile(&self) -> Result<Reconciled> {
        if let Some(gateway) = &self.gateway {
            gateway.ask("settle", SETTLING)?;
        }
        let answer = self.service.ask("reconcile", SETTLING)?;
        serde_json::from_value(answer).context("the answer to `reconcile`")
    }
}

impl Staged for ReferenceSystem {
    fn sampling(&self) -> SamplingSettings {
        let process = self.service.id().and_then(Process::open);
        SamplingSettings {
            processes: process.map(|process| ("holiday".to_owned(), process)).into_iter().collect(),
            ..SamplingSettings::default()
        }
    }

    fn cpu_seconds(&self) -> Option<f64> {
        loadline_runner::processor_seconds_of(self.service.id()?)
    }
}

/// A command of the reference system, on a free loopback port.
fn holiday(arguments: impl IntoIterator<Item = String>) -> Vec<String> {
    let around = ["--listen", "127.0.0.1:0", "--obey-parent"].map(str::to_owned);
    std::iter::once("holiday".to_owned()).chain(arguments).chain(around).collect()
}

/// A simulated Stripe whose users all pay.
fn simulator(faults: GatewayFaults, folder: &Path) -> Result<Child> {
    let arguments = [
        "stripe-simulator".to_owned(),
        "--pay-rate=1".to_owned(),
        format!("--error-rate={}", faults.error_rate),
        format!("--drop-rate={}", faults.drop_rate),
    ];
    Child::start("stripe-simulator", &holiday(arguments), &[], folder)
}
