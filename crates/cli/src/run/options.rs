//! The options a script can also set, as flags.

use std::path::PathBuf;

use clap::Args;

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
    /// Wait before the start, with everything ready, until somebody resumes the run at its `--address`
    #[arg(short = 'p', long)]
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
    /// Switches that were typed with `=false`, by the names of their fields: what the script switches on is off.
    #[arg(skip)]
    pub(crate) switched_off: Vec<String>,
}
