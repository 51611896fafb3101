//! All options in one table: type, name in scripts; the environment's name follows from it.

use std::time::Duration;

use indexmap::IndexMap;
use loadline_client::Dns;
use loadline_load::Stage;
use loadline_units::TimeUnit;
use serde_json::{Map, Value};

use crate::modules::HttpDebug;
use crate::options::network::{TlsAuth, TlsVersions};
use crate::options::problem::Findings;
use crate::options::scenario::Scenarios;
use crate::options::segment::{Segment, Sequence};
use crate::options::setting::Setting;
use crate::options::size::Size;
use crate::options::summary::{SummaryMode, TrendStats};
use crate::options::system_tags::TagNames;
use crate::options::thresholds::Thresholds;

/// Names that k6 knows and that mean nothing here.
const IGNORED: &[&str] = &["cloud", "ext", "noUsageReport"];

macro_rules! options {
    ($($(#[$doc:meta])* $field:ident: $type:ty = $name:literal,)*) => {
        /// The options of one tier, or of all; `None` where nothing was said.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct Options {
            $($(#[$doc])* pub $field: Option<$type>,)*
        }

        impl Options {
            /// The names of all options, as scripts write them.
            pub const NAMES: &[&str] = &[$($name),*];

            /// Sets an option from JSON; false when there is no such option. Names may be written in any case.
            pub(crate) fn set(&mut self, name: &str, value: &Value, path: &str, findings: &mut Findings) -> bool {
                match Self::NAMES.iter().copied().find(|own| own.eq_ignore_ascii_case(name)).unwrap_or(name) {
                    $($name => self.$field = if value.is_null() { None } else { Setting::read(value, path, findings) },)*
                    name => return IGNORED.iter().any(|ignored| ignored.eq_ignore_ascii_case(name)),
                }
                true
            }

            /// Sets an option from text; false when there is no such option.
            pub(crate) fn set_texts(&mut self, name: &str, texts: &[String], path: &str, findings: &mut Findings) -> bool {
                match name {
                    $($name => self.$field = Setting::read_texts(texts, path, findings),)*
                    _ => return false,
                }
                true
            }

            /// Takes what a higher tier says.
            pub(crate) fn overlay(&mut self, higher: &Self) {
                $(if higher.$field.is_some() { self.$field.clone_from(&higher.$field); })*
            }

            /// The options as a script would write them, without those that are not set and without secrets.
            pub fn to_json(&self) -> Value {
                let mut all = Map::new();
                $(if let Some(value) = &self.$field { all.insert($name.to_owned(), value.write()); })*
                Value::Object(all)
            }
        }
    };
}

options! {
    /// Virtual users of the short forms.
    vus: u64 = "vus",
    /// How long the short form of constant VUs runs, or iterations may.
    duration: Duration = "duration",
    /// Iterations, shared by all VUs.
    iterations: u64 = "iterations",
    /// The short form of ramping VUs.
    stages: Vec<Stage> = "stages",
    /// The scenarios.
    scenarios: Scenarios = "scenarios",
    /// What the run is judged by.
    thresholds: Thresholds = "thresholds",
    /// Start paused.
    paused: bool = "paused",
    /// Do not call `setup`.
    no_setup: bool = "noSetup",
    /// Do not call `teardown`.
    no_teardown: bool = "noTeardown",
    /// How long the init code may take; the first look at a script can only be limited by the environment.
    init_timeout: Duration = "initTimeout",
    /// How many virtual users share a JavaScript realm; by default the script decides.
    vus_per_realm: usize = "vusPerRealm",
    /// Modules of `node_modules` live once per realm, not once per user.
    share_packages: bool = "sharePackages",
    /// The memory that the users of one realm may hold together; 0 is without limit.
    memory_per_realm: Size = "memoryPerRealm",
    /// How long `setup` may take.
    setup_timeout: Duration = "setupTimeout",
    /// How long `teardown` may take.
    teardown_timeout: Duration = "teardownTimeout",
    /// How long `handleSummary` may take.
    handle_summary_timeout: Duration = "handleSummaryTimeout",
    /// The shortest time an iteration takes: the rest is waited for.
    min_iteration_duration: Duration = "minIterationDuration",
    /// Redirects that are followed.
    max_redirects: u32 = "maxRedirects",
    /// Requests of a batch at once.
    batch: usize = "batch",
    /// Requests of a batch at once to one host.
    batch_per_host: usize = "batchPerHost",
    /// The most requests per second, over all VUs; 0 for no limit.
    rps: u64 = "rps",
    /// The `User-Agent` header.
    user_agent: String = "userAgent",
    /// What of each request is logged.
    http_debug: HttpDebug = "httpDebug",
    /// Accept any certificate.
    insecure_skip_tls_verify: bool = "insecureSkipTLSVerify",
    /// Open a connection for every request.
    no_connection_reuse: bool = "noConnectionReuse",
    /// Close a VU's connections after each iteration.
    no_vu_connection_reuse: bool = "noVUConnectionReuse",
    /// Keep a VU's cookies from one iteration to the next.
    no_cookies_reset: bool = "noCookiesReset",
    /// The largest response body that is kept.
    max_body: Size = "maxBody",
    /// What all kept response bodies may take together.
    max_bodies: Size = "maxBodies",
    /// Throw when a request fails.
    throw: bool = "throw",
    /// Networks that may not be reached.
    blacklist_ips: Vec<String> = "blacklistIPs",
    /// Hosts that may not be reached; `*` at the start of a name.
    block_hostnames: Vec<String> = "blockHostnames",
    /// Addresses of hosts, over DNS.
    hosts: IndexMap<String, String> = "hosts",
    /// How host names are resolved.
    dns: Dns = "dns",
    /// Local addresses that connections come from.
    local_ips: Vec<String> = "localIPs",
    /// Client certificates.
    tls_auth: Vec<TlsAuth> = "tlsAuth",
    /// Versions of TLS.
    tls_version: TlsVersions = "tlsVersion",
    /// Cipher suites of TLS.
    tls_cipher_suites: Vec<String> = "tlsCipherSuites",
    /// Forget response bodies unless a request asks for its own.
    discard_response_bodies: bool = "discardResponseBodies",
    /// Tags of everything that is measured.
    tags: IndexMap<String, String> = "tags",
    /// Which tags the engine adds by itself.
    system_tags: TagNames = "systemTags",
    /// Statistics of trends in the summary.
    summary_trend_stats: TrendStats = "summaryTrendStats",
    /// The unit of durations in the summary.
    summary_time_unit: TimeUnit = "summaryTimeUnit",
    /// How much the summary shows.
    summary_mode: SummaryMode = "summaryMode",
    /// Show no summary.
    no_summary: bool = "noSummary",
    /// Where the summary is written as JSON.
    summary_export: String = "summaryExport",
    /// Do not judge thresholds.
    no_thresholds: bool = "noThresholds",
    /// Where measurements go: `json=FILE`, `csv=FILE`, …
    out: Vec<String> = "out",
    /// Where `console` writes.
    console_output: String = "consoleOutput",
    /// Keep the process after the run.
    linger: bool = "linger",
    /// Give scripts the environment of this process.
    include_system_env_vars: bool = "includeSystemEnvVars",
    /// This instance's part of the run: `0:1/3`.
    execution_segment: Segment = "executionSegment",
    /// The parts of all instances: `0,1/3,1`.
    execution_segment_sequence: Sequence = "executionSegmentSequence",
}

impl Options {
    /// What applies when nobody says anything.
    pub fn defaults() -> Self {
        let strings = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let minute = Duration::from_mins(1);
        Self {
            init_timeout: Some(minute),
            setup_timeout: Some(minute),
            teardown_timeout: Some(minute),
            handle_summary_timeout: Some(2 * minute),
            max_redirects: Some(10),
            batch: Some(20),
            batch_per_host: Some(6),
            dns: Some(Dns::default()),
            summary_trend_stats: Some(TrendStats(strings(&["avg", "min", "med", "max", "p(90)", "p(95)"]))),
            system_tags: Some(TagNames::default()),
            ..Self::default()
        }
    }

    /// Which of the options that say what runs are set; they replace each other across tiers.
    pub(crate) fn execution(&self) -> Vec<&'static str> {
        let set = [
            ("duration", self.duration.is_some()),
            ("iterations", self.iterations.is_some()),
            ("stages", self.stages.is_some()),
            ("scenarios", self.scenarios.is_some()),
        ];
        set.into_iter().filter(|(_, set)| *set).map(|(name, _)| name).collect()
    }

    pub(crate) fn clear_execution(&mut self) {
        self.duration = None;
        self.iterations = None;
        self.stages = None;
        self.scenarios = None;
    }
}
