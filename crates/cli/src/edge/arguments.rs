//! What can be typed after `loadline edge`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use http::Method;

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
