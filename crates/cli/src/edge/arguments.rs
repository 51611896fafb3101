//! What can be typed after `loadline edge`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use http::{HeaderValue, Method};
use loadline_units as units;

use crate::common::Header;

/// `loadline edge`.
#[derive(Debug, Args)]
pub(crate) struct EdgeArguments {
    #[command(subcommand)]
    pub(crate) command: EdgeCommand,
}

/// What to do with cache rules.
#[derive(Debug, Subcommand)]
pub(crate) enum EdgeCommand {
    /// Check a file of cache rules: contradictions, keys that mix people up or explode, rules that never match
    Check(CheckArguments),
    /// Show which rule a request has and its cache key, part by part
    Key(KeyArguments),
    /// Serve: a cache in front of an origin that goes by the rules
    Serve(Box<ServeArguments>),
}

const CHECK_EXAMPLES: &str = "\
Examples:
  loadline edge check edge.toml
  loadline edge check --strict --json edge.toml

Errors are rules by which somebody gets what is not theirs, or that mean something else than they say; warnings cost hit \
rate, or depend on which cache stands in front.

Exit codes: 0 nothing is wrong, 1 there are errors, or warnings under `--strict`, 2 wrong arguments or no file of rules, \
4 the result could not be written.";

/// `loadline edge check`.
#[derive(Debug, Args)]
#[command(after_help = CHECK_EXAMPLES)]
pub(crate) struct CheckArguments {
    /// The file of rules
    pub(crate) file: PathBuf,
    /// Let warnings fail as well
    #[arg(long)]
    pub(crate) strict: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

const KEY_EXAMPLES: &str = "\
Examples:
  loadline edge key GET 'https://shop.test/api/programs?b=2&a=1' --rules edge.toml
  loadline edge key GET https://shop.test/ -H 'X-Location: -33.87, 151.21' -H 'Cookie: currency=AUD' --rules edge.toml
  loadline edge key QUERY https://shop.test/search -H 'Content-Type: application/json' --data '{\"age\":7}'

Nothing is sent. Without `--rules` the key is what a request has that no rule is for: method, URL, and the content of a \
QUERY.";

/// `loadline edge key`.
#[derive(Debug, Args)]
#[command(after_help = KEY_EXAMPLES)]
pub(crate) struct KeyArguments {
    /// The method
    pub(crate) method: Method,
    /// The URL, with its host
    pub(crate) url: String,
    /// A header, may be repeated
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub(crate) headers: Vec<Header>,
    /// The content of a QUERY
    #[arg(long, value_name = "TEXT")]
    pub(crate) data: Option<String>,
    /// The file of rules
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

const SERVE_EXAMPLES: &str = "\
Examples:
  loadline edge serve http://127.0.0.1:3000 --rules edge.toml
  loadline edge serve https://shop.test --origin-host shop.test --listen 127.0.0.1:8443 --tls-cert cert.pem --tls-key key.pem
  curl -sI http://127.0.0.1:8080/ | grep -i cache-status

It says `listening on ADDRESS` once it is ready, reads its rules again on SIGHUP, and stops on SIGTERM or Ctrl-C when all \
that is under way is answered.

Exit codes: 0 it was stopped, 2 wrong arguments or rules, 3 it could not listen.";

/// `loadline edge serve`.
#[derive(Debug, Args)]
#[command(after_help = SERVE_EXAMPLES)]
pub(crate) struct ServeArguments {
    /// What it stands in front of: its scheme, host and port
    pub(crate) origin: String,
    /// The file of rules; without one, answers are kept as they say themselves
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,

    /// Where it listens; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", help_heading = "Clients")]
    pub(crate) listen: SocketAddr,
    /// A certificate, and those that vouch for it (PEM); clients speak TLS then
    #[arg(long, value_name = "FILE", requires = "tls_key", help_heading = "Clients")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Its key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert", help_heading = "Clients")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Threads that serve; as many as there are cores by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512), help_heading = "Clients")]
    pub(crate) workers: Option<u16>,

    /// The host that the origin is asked for; the client's own by default
    #[arg(long, value_name = "HOST", help_heading = "Origin")]
    pub(crate) origin_host: Option<HeaderValue>,
    /// The authorities that vouch for the origin (PEM); the machine's own by default
    #[arg(long, value_name = "FILE", help_heading = "Origin")]
    pub(crate) origin_ca: Option<PathBuf>,
    /// Wait so long for a connection to the origin
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = units::parse_duration, help_heading = "Origin")]
    pub(crate) connect_timeout: Duration,
    /// Wait so long for the origin's answer to begin, and for more of it
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = units::parse_duration, help_heading = "Origin")]
    pub(crate) timeout: Duration,
    /// Ask the origin so much at once; over HTTP/1.1 these are connections
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..), help_heading = "Origin")]
    pub(crate) origin_requests: u32,
    /// Let so many requests wait until it has fewer; beyond, they get 503, or what is stale
    #[arg(long, value_name = "N", default_value_t = 1_000, help_heading = "Origin")]
    pub(crate) origin_queue: u32,
    /// Let them wait for so long
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = units::parse_duration, help_heading = "Origin")]
    pub(crate) queue_timeout: Duration,

    /// Keep so much in memory, heads and keys among it
    #[arg(long, value_name = "SIZE", default_value = "256MiB", value_parser = size, help_heading = "Cache")]
    pub(crate) memory: u64,
    /// Keep no body that is larger; it passes through
    #[arg(long, value_name = "SIZE", default_value = "16MiB", value_parser = size, help_heading = "Cache")]
    pub(crate) largest: u64,
    /// Keep what is kept in this folder too, so that it is there again after a restart
    #[arg(long, value_name = "FOLDER", help_heading = "Cache")]
    pub(crate) disk: Option<PathBuf>,
    /// Keep so much in the folder
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = size, requires = "disk", help_heading = "Cache")]
    pub(crate) disk_size: u64,
    /// Keep what is not found for so long, where it does not say so itself
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration, help_heading = "Cache")]
    pub(crate) negative: Option<Duration>,
    /// Listen here as well, for whoever runs it: metrics, purging, rules that are read again
    #[arg(long, value_name = "ADDRESS", help_heading = "Operation")]
    pub(crate) admin: Option<SocketAddr>,
    /// A file with the token that purging takes; without one, this machine may purge
    #[arg(long, value_name = "FILE", help_heading = "Operation")]
    pub(crate) token_file: Option<PathBuf>,
    /// Write a line of JSON for each request, in nginx's names; `-` is standard output
    #[arg(long, value_name = "FILE", help_heading = "Operation")]
    pub(crate) access_log: Option<PathBuf>,
    /// Say in `Server-Timing` what the cache and waiting for the origin took, to whoever asks
    #[arg(long, help_heading = "Operation")]
    pub(crate) server_timing: bool,
    /// End when standard input does, so that no child outlives its parent
    #[arg(long, hide_short_help = true, help_heading = "Operation")]
    pub(crate) exit_with_parent: bool,
}

/// An amount of data, in bytes.
fn size(text: &str) -> Result<u64, String> {
    let bytes = units::parse_bytes(text).map_err(|error| error.to_string())?;
    if bytes < 1.0 { Err("at least one byte".to_owned()) } else { Ok(bytes as u64) }
}
