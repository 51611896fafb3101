//! The command line.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use axum::http::Uri;
use clap::{Args, Parser, Subcommand};
use loadline_monitor::otlp::OtlpSettings;

use crate::{
    auth::HashCost,
    payments::{
        SimulatorSettings, Stripe,
        stripe::StripeSettings,
        stripe_simulator::{StripeSimulatorSettings, WebhookTarget},
    },
    sample,
    server::{Capacity, Limits, LoadTestAccounts, Network, Secrets, Settings, Telemetry, TellTiming},
    store::Database,
};

/// The variable that holds the password of the load-test accounts.
const PASSWORD_VARIABLE: &str = "LOAD_TEST_PASSWORD";

/// The variable that holds Stripe's key.
const KEY_VARIABLE: &str = "STRIPE_SECRET_KEY";
/// The variable that holds the secret which signs webhooks.
const WEBHOOK_VARIABLE: &str = "STRIPE_WEBHOOK_SECRET";

/// A holiday-programme aggregator: a small but complete service to run load tests against.
#[derive(Debug, Parser)]
#[command(name = "holiday", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the web site and its API
    ///
    /// Prints `listening on http://ADDRESS` once it is ready and stops on SIGTERM or Ctrl-C.
    ///
    /// Example: `LOAD_TEST_PASSWORD=secret holiday serve --listen 127.0.0.1:0 --load-test-accounts 500`
    #[command(verbatim_doc_comment)]
    Serve(Serve),
    /// Serve a simulated Stripe, with faults to order
    ///
    /// Keeps everything in memory, or in the file of `--store`. Any key like `sk_test_…` or `sk_live_…` and any price like `price_…` is
    /// known; the two kinds of keys see nothing of each other. Events are signed with the secret in `STRIPE_WEBHOOK_SECRET`.
    ///
    /// Example: `holiday stripe-simulator --error-rate 0.02 --drop-rate 0.01`
    #[command(verbatim_doc_comment)]
    StripeSimulator(SimulateStripe),
    /// Compare the database with the payment gateway: is anybody charged twice, or for nothing?
    ///
    /// Exit code 0: both sides agree; 1: they do not. Needs the key in `STRIPE_SECRET_KEY`.
    ///
    /// Example: `holiday reconcile --database holiday.sqlite --stripe-url http://127.0.0.1:12111`
    #[command(verbatim_doc_comment)]
    Reconcile(Reconcile),
}

#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// Address to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// Where to keep the data: `postgres://USER@HOST/DATABASE`, `throwaway-postgres`, or the path of an SQLite file
    ///
    /// `postgres:///DATABASE?host=/run/postgresql` uses a Unix socket, `…?sslmode=verify-full&sslrootcert=ca.pem` TLS. The database needs PostGIS. `throwaway-postgres` starts a
    /// private server from the installed PostgreSQL and removes it at the end. Without this option, the data is in a private
    /// SQLite file that goes with the process.
    #[arg(long, value_name = "DATABASE", env = "HOLIDAY_DATABASE", hide_env_values = true)]
    database: Option<Database>,
    /// How many requests use the database at once; more wait, and not for long [default: suits the machine]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=10_000))]
    database_connections: Option<u16>,
    /// Programmes in the sample data, with a tenth as many providers
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    programs: u32,
    /// Another seed gives other sample data
    #[arg(long, value_name = "N", default_value_t = sample::Settings::default().seed)]
    seed: u64,
    /// Make accounts loadtest-1@test.holiday-aggregator.com … loadtest-N with the password in `LOAD_TEST_PASSWORD`
    #[arg(long, value_name = "N")]
    load_test_accounts: Option<u32>,
    /// Memory of a password hash in KiB; the default is OWASP's minimum
    #[arg(long, value_name = "KIB", default_value_t = HashCost::default().memory_kib)]
    password_memory_kib: u32,
    /// Passes of a password hash over its memory
    #[arg(long, value_name = "N", default_value_t = HashCost::default().passes)]
    password_passes: u32,
    /// Median time of the simulated payment gateway, like `250ms`; p95 is twice as long; `0ms` answers at once
    #[arg(long, value_name = "TIME", default_value = "250ms", value_parser = parse_time)]
    payment_latency: Duration,
    /// Share of calls to the simulated payment gateway that fail, 0 to 1
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = parse_share)]
    payment_error_rate: f64,
    /// Base URL of Stripe's API, like `https://api.stripe.com` or a simulator's; without it, a gateway inside this process
    ///
    /// The key comes from `STRIPE_SECRET_KEY`, that of load tests' payments from `STRIPE_TEST_SECRET_KEY`, the secret of webhooks from
    /// `STRIPE_WEBHOOK_SECRET`, that of test mode's webhooks from `STRIPE_TEST_WEBHOOK_SECRET`.
    #[arg(long, value_name = "URL")]
    stripe_url: Option<String>,
    /// A proxy, or a network of them like `10.0.0.0/8`, whose X-Forwarded-For and X-Forwarded-Proto are believed; can be given several times
    #[arg(long, value_name = "NETWORK")]
    trusted_proxy: Vec<Network>,
    /// Requests at the same time; those beyond get 503 with Retry-After at once
    #[arg(long, value_name = "N", default_value_t = Limits::default().in_flight)]
    max_in_flight: usize,
    /// A request that takes longer gets 503
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = parse_time)]
    request_timeout: Duration,
    /// Work on so many requests at a time, each for `--work`; the others wait: a capacity that is known in advance
    ///
    /// Work is slept, so that many fit on one machine. How busy the workers are stands in the metrics, as `holiday_workers_…`.
    #[arg(long, value_name = "N", requires = "work", value_parser = clap::value_parser!(u16).range(1..=10_000))]
    workers: Option<u16>,
    /// How long each request keeps one of the `--workers` busy, like `50ms`
    #[arg(long, value_name = "TIME", requires = "workers", value_parser = parse_time)]
    work: Option<Duration>,
    /// Say all the time that it is not ready: a fault to be found
    #[arg(long)]
    never_ready: bool,
    /// Wait this long before every search, like `60ms`: a regression to be found
    #[arg(long, value_name = "TIME", default_value = "0ms", value_parser = parse_time)]
    search_delay: Duration,
    /// Leak so much memory, like `100kB/s`: a leak to be found
    #[arg(long, value_name = "RATE", default_value = "0kB/s", value_parser = parse_leak)]
    leak: u64,
    /// How long requests in flight may take when the service stops
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse_time)]
    drain: Duration,
    /// Address of the metrics, at `/metrics` there; port 0 picks a free one, `off` counts nothing
    ///
    /// Not the public address: what the service says of itself is not for everybody. Where it is, is printed at the start. Traces and
    /// metrics also go to an OpenTelemetry collector when `OTEL_EXPORTER_OTLP_ENDPOINT` names one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = parse_metrics_address)]
    metrics_listen: MetricsAddress,
    /// Whom answers tell in `Server-Timing` where their time went [default: everyone on a loopback address, load tests elsewhere]
    ///
    /// Load tests are those that show the secret of `LOAD_TEST_SECRET`. How long a query took, without the network that hides it, tells
    /// strangers more than they should know; behind a `--trusted-proxy` there are some on a loopback address too.
    ///
    /// Example: `curl -sD- -o /dev/null http://127.0.0.1:3000/images/programs/1.svg | grep server-timing`
    #[arg(long, value_name = "WHOM")]
    server_timing: Option<TellTiming>,
    /// Where a cache in front says what it did, like `http://127.0.0.1:9901/metrics` of `loadline edge serve --admin`: then
    /// `cache_hit_rate` is what users saw
    #[arg(long, value_name = "URL")]
    edge_metrics: Option<String>,
    #[command(flatten)]
    pub(crate) parent: Parent,
    /// How much to log on standard error: error, warn, info, debug, trace
    #[arg(long, value_name = "LEVEL", default_value = "warn")]
    pub(crate) log: tracing::Level,
}

#[derive(Args, Debug)]
pub(crate) struct SimulateStripe {
    /// Address to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:12111")]
    pub(crate) listen: SocketAddr,
    /// Median time of a call, like `250ms`; p95 is twice as long; `0ms` answers at once
    #[arg(long, value_name = "TIME", default_value = "250ms", value_parser = parse_time)]
    latency: Duration,
    /// Share of calls that fail with nothing done: with 409, 429 or 503, or with 500, which stays the answer to its idempotency key
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = parse_share)]
    error_rate: f64,
    /// Share of calls whose connection breaks after the work was done
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = parse_share)]
    drop_rate: f64,
    /// Share of new subscriptions that their user pays for
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = parse_share)]
    pay_rate: f64,
    /// How long that user takes
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = parse_time)]
    pay_after: Duration,
    /// Keep what is known in this file, and begin with what it holds
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// Send events here, like `http://127.0.0.1:3000/api/webhooks/stripe`
    #[arg(long, value_name = "URL")]
    webhook_url: Option<String>,
    #[command(flatten)]
    pub(crate) parent: Parent,
    /// How much to log on standard error: error, warn, info, debug, trace
    #[arg(long, value_name = "LEVEL", default_value = "warn")]
    pub(crate) log: tracing::Level,
}

/// What standard input is for.
#[derive(Args, Debug)]
pub(crate) struct Parent {
    /// Stop also when standard input ends, so that the service never outlives its parent
    #[arg(long)]
    pub(crate) exit_with_parent: bool,
    /// Do so, and take commands from there
    #[arg(long, hide = true)]
    pub(crate) obey_parent: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Reconcile {
    /// The service's database: a SQLite file, or a `postgres://` URL
    #[arg(long, value_name = "DATABASE")]
    pub(crate) database: Database,
    /// Base URL of Stripe's API, or a simulator's
    #[arg(long, value_name = "URL")]
    stripe_url: String,
    /// Bring the database to what the gateway says
    #[arg(long)]
    pub(crate) repair: bool,
}

impl SimulateStripe {
    /// The settings; `variable` looks up the environment.
    ///
    /// # Errors
    /// Events are to be sent, but nothing is there to sign them with.
    pub(crate) fn settings(
        &self,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<StripeSimulatorSettings, String> {
        let target = |url: &String| {
            let secret = variable(WEBHOOK_VARIABLE).filter(|secret| !secret.is_empty()).ok_or_else(|| {
                format!(
                    "`--webhook-url` needs the secret that signs events in the variable `{WEBHOOK_VARIABLE}`, which is not set\n\
                     hint: give the service that receives them the same one"
                )
            })?;
            Ok::<_, String>(WebhookTarget { url: url.clone(), secret })
        };
        Ok(StripeSimulatorSettings {
            median_latency: self.latency,
            error_rate: self.error_rate,
            drop_rate: self.drop_rate,
            pay_rate: self.pay_rate,
            pay_after: self.pay_after,
            store: self.store.clone(),
            webhook: self.webhook_url.as_ref().map(target).transpose()?,
        })
    }
}

impl Reconcile {
    /// The gateway; `variable` looks up the environment.
    ///
    /// # Errors
    /// The key is not set.
    pub(crate) fn stripe(&self, variable: impl Fn(&str) -> Option<String>) -> Result<Stripe, String> {
        stripe(&self.stripe_url, &|name: &str| variable(name).filter(|secret| !secret.is_empty()))
    }
}

impl Serve {
    /// The settings; `variable` looks up the environment.
    ///
    /// # Errors
    /// Load-test accounts are asked for but their password is not set.
    pub(crate) fn settings(&self, variable: impl Fn(&str) -> Option<String>) -> Result<Settings, String> {
        let load_test = match self.load_test_accounts {
            None => None,
            Some(count) => {
                let password = variable(PASSWORD_VARIABLE).filter(|password| !password.is_empty()).ok_or_else(|| {
                    format!(
                        "`--load-test-accounts` needs their password in the variable `{PASSWORD_VARIABLE}`, which is not set\n\
                         hint: {PASSWORD_VARIABLE}=something-secret holiday serve --load-test-accounts {count}"
                    )
                })?;
                Some(LoadTestAccounts { count, password })
            }
        };
        let secret = |name: &str| variable(name).filter(|secret| !secret.is_empty());
        let stripe = self.stripe_url.as_deref().map(|url| stripe(url, &secret)).transpose()?;
        Ok(Settings {
            listen: self.listen,
            database: self.database.clone().unwrap_or_default(),
            database_connections: self.database_connections.map(usize::from),
            sample: sample::Settings { programs: self.programs, seed: self.seed },
            load_test,
            hash_cost: HashCost { memory_kib: self.password_memory_kib, passes: self.password_passes },
            payments: SimulatorSettings {
                median_latency: self.payment_latency,
                error_rate: self.payment_error_rate,
            },
            stripe,
            secrets: Secrets {
                webhook: secret(WEBHOOK_VARIABLE),
                test_webhook: secret("STRIPE_TEST_WEBHOOK_SECRET"),
                load_test: secret("LOAD_TEST_SECRET"),
                auth: secret("AUTH_SECRET"),
            },
            trusted_proxies: self.trusted_proxy.clone(),
            limits: Limits {
                in_flight: self.max_in_flight,
                request: self.request_timeout,
                ..Limits::default()
            },
            capacity: self
                .workers
                .zip(self.work)
                .map(|(workers, work)| Capacity { workers: usize::from(workers), work }),
            never_ready: self.never_ready,
            search_delay: self.search_delay,
            leak_bytes_per_second: self.leak,
            drain: self.drain,
            telemetry: Telemetry {
                metrics: self.metrics_listen.0,
                otlp: OtlpSettings::from_variables("holiday", &variable)
                    .map_err(|error| error.to_string())?,
                edge: self.edge_metrics.as_deref().map(edge_metrics).transpose()?,
            },
            tell_timing: self.server_timing.unwrap_or_default(),
        })
    }
}

/// Where the metrics of a cache in front are.
fn edge_metrics(text: &str) -> Result<Uri, String> {
    let bad = || format!("`--edge-metrics` is `{text}`; write it like `http://127.0.0.1:9901/metrics`");
    let uri: Uri = text.parse().map_err(|_| bad())?;
    if uri.scheme_str() == Some("http") && uri.authority().is_some() { Ok(uri) } else { Err(bad()) }
}

/// Stripe at a URL, with the keys of the environment.
fn stripe(url: &str, secret: &impl Fn(&str) -> Option<String>) -> Result<Stripe, String> {
    let secret_key = secret(KEY_VARIABLE).ok_or_else(|| {
        format!(
            "`--stripe-url` needs the gateway's key in the variable `{KEY_VARIABLE}`, which is not set\n\
             hint: a simulator takes any, like `sk_test_1`"
        )
    })?;
    let settings = StripeSettings { url: url.to_owned(), secret_key };
    Ok(Stripe { settings, test_key: secret("STRIPE_TEST_SECRET_KEY") })
}

/// Where metrics are served, if at all.
#[derive(Clone, Copy, Debug)]
struct MetricsAddress(Option<SocketAddr>);

fn parse_metrics_address(text: &str) -> Result<MetricsAddress, String> {
    if text == "off" {
        return Ok(MetricsAddress(None));
    }
    let address = text
        .parse()
        .map_err(|_| format!("`{text}` is not an address; write it like `127.0.0.1:9464`, or `off`"))?;
    Ok(MetricsAddress(Some(address)))
}

/// A number with `ms` or `s`.
fn parse_time(text: &str) -> Result<Duration, String> {
    let bad = || format!("`{text}` is not a time; write it like `60ms` or `1.5s`");
    let (number, unit_ms) = match text.strip_suffix("ms") {
        Some(number) => (number, 1.0),
        None => (text.strip_suffix('s').ok_or_else(bad)?, 1_000.0),
    };
    let number: f64 = number.parse().map_err(|_| bad())?;
    if !(0.0..=3_600_000.0).contains(&(number * unit_ms)) {
        return Err(format!("`{text}` is not between `0ms` and `3600s`"));
    }
    Ok(Duration::from_secs_f64(number * unit_ms / 1_000.0))
}

/// Bytes a second, as a number with `kB/s` or `MB/s`.
fn parse_leak(text: &str) -> Result<u64, String> {
    let bad = || format!("`{text}` is not a rate up to `100MB/s`; write it like `100kB/s`");
    let (number, bytes) = match text.strip_suffix("kB/s") {
        Some(number) => (number, 1e3),
        None => (text.strip_suffix("MB/s").ok_or_else(bad)?, 1e6),
    };
    let rate = number.parse::<f64>().map_err(|_| bad())? * bytes;
    if (0.0..=1e8).contains(&rate) { Ok(rate as u64) } else { Err(bad()) }
}

fn parse_share(text: &str) -> Result<f64, String> {
    let share: Option<f64> = text.parse().ok();
    share
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| format!("`{text}` is not a share; write a number from 0 to 1, like `0.02` for 2 %"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(arguments: &[&str], password: Option<&str>) -> Result<Settings, String> {
        let all = ["holiday", "serve"].iter().chain(arguments);
        let parsed = Arguments::try_parse_from(all).map_err(|error| error.to_string())?;
        let Command::Serve(serve) = parsed.command else { panic!("not `serve`") };
        serve.settings(|name| password.filter(|_| !name.starts_with("OTEL_")).map(str::to_owned))
    }

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn defaults() {
        let settings = settings(&[], None).unwrap();
        assert!(settings.listen.ip().is_loopback());
        assert_eq!(settings.sample.programs, 20_000);
        assert_eq!(settings.hash_cost, HashCost { memory_kib: 19_456, passes: 2 });
        assert!(settings.load_test.is_none());
        assert_eq!(settings.tell_timing, TellTiming::Usual);
        assert!(settings.telemetry.metrics.unwrap().ip().is_loopback() && settings.telemetry.otlp.is_none());
    }

    #[test]
    fn load_test_accounts_need_a_password() {
        let arguments = ["--load-test-accounts", "5"];
        assert_eq!(settings(&arguments, Some("secret")).unwrap().load_test.unwrap().count, 5);
        for password in [None, Some("")] {
            let error = settings(&arguments, password).unwrap_err();
            assert!(error.contains("`LOAD_TEST_PASSWORD`, which is not set"), "{error}");
        }
        let debug = format!("{:?}", settings(&arguments, Some("hush-hush")).unwrap());
        assert!(!debug.contains("hush"), "{debug}");
    }

    #[test]
    fn metrics_can_be_off() {
        let telemetry = settings(&["--metrics-listen", "off"], None).unwrap().telemetry;
        assert!(telemetry.metrics.is_none());
    }

    #[test]
    fn bad_values_say_what_is_wanted() {
        for (arguments, expected) in [
            (["--search-delay", "60"], "write it like `60ms`"),
            (["--search-delay", "-1ms"], "not between"),
            (["--search-delay", "NaNs"], "not between"),
            (["--leak", "100"], "write it like `100kB/s`"),
            (["--leak", "101MB/s"], "up to `100MB/s`"),
            (["--payment-error-rate", "2"], "from 0 to 1"),
            (["--payment-error-rate", "NaN"], "from 0 to 1"),
            (["--listen", "nowhere"], "--listen"),
            (["--programs", "-1"], "--programs"),
            (["--log", "loud"], "--log"),
            (["--server-timing", "loud"], "possible values: everyone, load-tests, nobody"),
            (["--metrics-listen", "on"], "write it like `127.0.0.1:9464`"),
        ] {
            let argument = format!("{}={}", arguments[0], arguments[1]);
            let error = settings(&[&argument], None).unwrap_err();
            assert!(error.contains(expected), "{argument}: {error}");
        }
        assert_eq!(parse_leak("1.5MB/s"), Ok(1_500_000));
        assert_eq!(parse_time("1.5s"), Ok(Duration::from_millis(1_500)));
        assert_eq!(parse_time("60ms"), Ok(Duration::from_millis(60)));
    }
}
