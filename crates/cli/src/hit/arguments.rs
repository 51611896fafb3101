//! What can be typed after `loadline hit`. Each value is read where it is typed, so that a mistake is a usage error.

use std::time::Duration;

use clap::Args;
use loadline_hit::ArrivalRate;
use loadline_runner::OutSpec;
use loadline_units as units;
use loadline_verdict::TargetBudget;
use url::Url;

use crate::common::database::DatabaseArguments;
use crate::common::{
    AroundArguments, RequestArguments, SaturationArguments, SteeringArguments, TracesArguments, UiArguments,
    UnprovenArguments,
};

const EXAMPLES: &str = "\
Examples:
  loadline hit http://127.0.0.1:8080/
  loadline hit -c 200 -d 30s --budget p99=50ms --budget 'errors<1%' https://shop.test/search?q=swim
  loadline hit --ui -d 5m http://127.0.0.1:8080/                          # watch it in a browser
  loadline hit --rate 1000 --budget p99.9=100ms http://127.0.0.1:8080/      # open loop
  loadline hit --rate 100 -d 10m --address 6565 http://127.0.0.1:8080/      # turn it up: loadline control set --rate 200
  loadline hit -n 10000 -X POST -H 'Content-Type: application/json' --body @order.json http://127.0.0.1:8080/orders
  loadline hit --out prometheus=http://127.0.0.1:9090 -d 5m http://127.0.0.1:8080/  # each second, while it goes on
  loadline hit --traces --trace-sample 10% http://127.0.0.1:8080/           # where the server's time goes, by its spans
  loadline hit --http2 --streams 10 --json https://shop.test/

Budgets: p50 to p99.999, avg, med, min or max of the latency, as in p99=50ms; errors=1%; rate=1000 requests per second. \
With `=` the limit itself still passes: at most for latency and errors, at least for the rate.
Budgets of loadline.toml that are about this request are judged, too; `--project none` leaves them out.

Exit codes: 0 every budget holds, 1 one does not, 2 wrong arguments, 3 could not run, 4 an output could not \
be written, 103 stopped by hand, 105 stopped by a signal, 111 generator saturated with --on-saturation fail.";

/// `loadline hit`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub(crate) struct HitArguments {
    /// What to send the request to
    #[arg(value_parser = url, env = "LOADLINE_URL", hide_env_values = true)]
    pub(crate) url: Url,

    /// Connections; each carries one request at a time, the next after the last
    #[arg(short = 'c', long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=100_000), help_heading = "Load")]
    pub(crate) connections: u64,
    /// Open loop: start this many requests per second, whether answers come or not; latency counts from the schedule
    #[arg(long, value_name = "N", value_parser = rate, help_heading = "Load")]
    pub(crate) rate: Option<ArrivalRate>,
    /// How long, 10s by default
    #[arg(short = 'd', long, value_name = "DURATION", value_parser = duration, conflicts_with = "requests", help_heading = "Load")]
    pub(crate) duration: Option<Duration>,
    /// Exactly this many requests
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Load")]
    pub(crate) requests: Option<u64>,

    #[command(flatten)]
    pub(crate) request: RequestArguments,
    /// Give up on a request after this long
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration, help_heading = "Request")]
    pub(crate) timeout: Duration,

    /// HTTP/2: as the server agrees to it with https, without asking with http; HTTP/1.1 otherwise
    #[arg(long, help_heading = "Connection")]
    pub(crate) http2: bool,
    /// Requests at a time on each HTTP/2 connection
    #[arg(long, value_name = "N", default_value_t = 1, requires = "http2", value_parser = clap::value_parser!(u64).range(1..=1000), help_heading = "Connection")]
    pub(crate) streams: u64,
    /// A new connection for every request
    #[arg(long, help_heading = "Connection")]
    pub(crate) no_keepalive: bool,
    /// Accept certificates that do not verify
    #[arg(short = 'k', long, help_heading = "Connection")]
    pub(crate) insecure: bool,

    #[command(flatten)]
    pub(crate) database: DatabaseArguments,
    #[command(flatten)]
    pub(crate) traces: TracesArguments,
    /// What must hold, may be repeated: p99=50ms, errors<1%, rate>1000
    #[arg(long = "budget", value_name = "BUDGET", help_heading = "Output")]
    pub(crate) budgets: Vec<TargetBudget>,
    #[command(flatten)]
    pub(crate) around: AroundArguments,
    #[command(flatten)]
    pub(crate) saturation: SaturationArguments,
    #[command(flatten)]
    pub(crate) unproven: UnprovenArguments,
    #[command(flatten)]
    pub(crate) ui: UiArguments,
    #[command(flatten)]
    pub(crate) steering: SteeringArguments,
    /// Print the report as JSON
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,
    /// Write samples or the Run to a file, or send each second to a receiver, may be repeated: run=FILE, json=FILE,
    /// csv=FILE, prometheus=URL, opentelemetry=URL, influxdb=URL, statsd=HOST:PORT
    #[arg(short = 'o', long = "out", value_name = "KIND=WHERE", help_heading = "Output")]
    pub(crate) outs: Vec<OutSpec>,
    /// No live view
    #[arg(short = 'q', long, help_heading = "Output")]
    pub(crate) quiet: bool,
    /// No colour, even on a terminal
    #[arg(long, help_heading = "Output")]
    pub(crate) no_color: bool,
}

/// An address without a scheme is one with `http://`, as with curl.
fn url(text: &str) -> Result<Url, String> {
    let bare = !text.contains("://") && !text.is_empty();
    let full = if bare { format!("http://{text}") } else { text.to_owned() };
    loadline_client::parse_url(&full).map_err(|failure| failure.to_string())
}

/// Starts per second, a fraction of one included.
fn rate(text: &str) -> Result<ArrivalRate, String> {
    ArrivalRate::parse(text)
        .ok_or_else(|| "must be a number per second above 0, such as `500` or `0.5`".to_owned())
}

/// Longer than nothing: `500ms`, `30s`, `1m30s`.
fn duration(text: &str) -> Result<Duration, String> {
    if text.starts_with(['@', '{']) {
        return Err("is how long, as in `-d 10s`: the body is `--body TEXT` or `--body @FILE`".to_owned());
    }
    let duration = units::parse_duration(text).map_err(|error| error.to_string())?;
    if duration.is_zero() { Err("must be longer than nothing".to_owned()) } else { Ok(duration) }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Typed {
        #[command(flatten)]
        hit: HitArguments,
    }

    fn typed(words: &str) -> Result<HitArguments, String> {
        let words = ["hit"].into_iter().chain(words.split_whitespace());
        Typed::try_parse_from(words).map(|typed| typed.hit).map_err(|error| error.to_string())
    }

    #[test]
    fn an_address_is_enough() {
        let hit = typed("127.0.0.1:8080/x").unwrap();
        assert_eq!(hit.url.as_str(), "http://127.0.0.1:8080/x");
        assert_eq!((hit.connections, hit.rate, hit.duration, hit.requests), (50, None, None, None));
        assert_eq!((hit.timeout, hit.streams), (Duration::from_secs(30), 1));
    }

    #[track_caller]
    fn refused(words: &str, fragment: &str) {
        let error = typed(words).unwrap_err();
        assert!(error.contains(fragment), "{error}");
    }

    #[test]
    fn mistakes_are_named() {
        refused("", "URL");
        refused("ftp://a/", "its scheme is `ftp`");
        refused("http://", "is not a URL");
        refused("-c 0 http://a", "0 is not in");
        refused("-d 0s http://a", "longer than nothing");
        refused("-d 10 http://a", "write `10s` or `10ms`");
        refused("-d @order.json http://a", "--body @FILE");
        refused("--rate 0 http://a", "such as `500` or `0.5`");
        refused("-d soon http://a", "must be a duration");
        refused("-d 1s -n 5 http://a", "cannot be used with");
        refused("-X A/B http://a", "is not a method");
        refused("--streams 5 http://a", "--http2");
        refused("-H novalue http://a", "no colon");
        refused("--budget p99 http://a", "has no limit");
        refused("--out x http://a", "names no file");
    }
}
