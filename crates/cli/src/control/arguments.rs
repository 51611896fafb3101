//! What can be typed after `loadline control`.

use std::time::Duration;

use clap::{Args, Subcommand};
use loadline_dashboard::ViewAddress;
use loadline_units::{duration_text, parse_duration};

use crate::common::TokenArguments;

const EXAMPLES: &str = "\
Examples:
  loadline run --address 127.0.0.1:6565 script.ts      # in one terminal; in another:
  loadline control status
  loadline control pause
  loadline control resume
  loadline control set browse --vus 40                 # from now on, in place of its plan
  loadline control set checkout --rate 200/s
  loadline control set browse --vus 80 --max-vus 80    # more than were planned
  loadline control mark deploy 1.4.2                   # beside its moment in every chart
  loadline control stop

k6's commands do the same: `k6 status`, `k6 pause`, `k6 resume`, `k6 scale`, `k6 stats` with its `--address`.

Exit codes: 0 done, 1 refused, because the run is over or has nothing of the kind, 2 wrong arguments, 3 nothing \
answers there, or not to this token.";

/// `loadline control`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ControlArguments {
    /// Where the run listens: its `--address`
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:6565", global = true)]
    pub(crate) address: ControlAddress,
    #[command(flatten)]
    pub(crate) token: TokenArguments,
    /// Print the answer as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) deed: Deed,
}

/// Where a run listens, which may be on another machine.
#[derive(Clone, Debug)]
pub(crate) struct ControlAddress(pub(crate) String);

impl std::str::FromStr for ControlAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(ViewAddress(address)) = text.parse() {
            return Ok(Self(address.to_string()));
        }
        let port = text.rsplit_once(':').and_then(|(host, port)| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
            (!host.is_empty() && host.bytes().all(plain)).then(|| port.parse::<u16>().ok()).flatten()
        });
        match port {
            Some(_) => Ok(Self(text.to_owned())),
            None => Err("must be a port, or a host with a port: `6565`, `127.0.0.1:6565`".to_owned()),
        }
    }
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Deed {
    /// How the run stands, and what can be set of each scenario
    Status,
    /// Start nothing more until it is resumed; iterations under way come to their end, and time stands still for its
    /// plan
    Pause,
    /// Go on from where it was paused, or start a run that was paused before its start
    Resume,
    /// End the run: iterations under way come to their end, and it reports what was measured
    Stop,
    /// Set the virtual users or the rate of a scenario from now on, in place of its plan
    Set(SetArguments),
    /// Mark something that happened, on the charts of the run
    Mark(MarkArguments),
    /// What was measured so far
    Stats,
}

/// What is set.
#[derive(Debug, Args)]
pub(crate) struct SetArguments {
    /// The scenario; the only one of a run that has no other
    pub(crate) scenario: Option<String>,
    /// So many virtual users
    #[arg(long, value_name = "N")]
    pub(crate) vus: Option<u64>,
    /// So many virtual users at most; it can be raised, and more are made when they are wanted
    #[arg(long, value_name = "N")]
    pub(crate) max_vus: Option<u64>,
    /// So many iterations start, such as 200/s or 90/m; 200 is per the scenario's own time unit
    #[arg(long, value_name = "RATE")]
    pub(crate) rate: Option<TypedRate>,
}

/// What happened.
#[derive(Debug, Args)]
pub(crate) struct MarkArguments {
    /// In words, such as `deploy 1.4.2`
    #[arg(required = true)]
    pub(crate) words: Vec<String>,
}

/// A rate as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TypedRate {
    pub(crate) count: u64,
    /// In which time; the scenario's own where it was not said.
    pub(crate) per: Option<Duration>,
}

impl TypedRate {
    /// The time of it as it is asked for.
    pub(crate) fn time_unit(self) -> Option<String> {
        self.per.map(duration_text)
    }
}

impl std::str::FromStr for TypedRate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "must be a whole number of iterations, as in `200`, `200/s` or `90/m`".to_owned();
        let (count, per) = match text.split_once('/') {
            None => (text, None),
            Some((count, unit)) => {
                let bare = unit.starts_with(|first: char| first.is_ascii_alphabetic());
                let unit = if bare { format!("1{unit}") } else { unit.to_owned() };
                let per = parse_duration(&unit).ok().filter(|per| !per.is_zero());
                (count, Some(per.ok_or_else(wrong)?))
            }
        };
        Ok(Self { count: count.trim().parse().map_err(|_| wrong())?, per })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_addresses_as_typed() {
        let rate = |text: &str| text.parse::<TypedRate>().ok().map(|rate| (rate.count, rate.per));
        let second = Duration::from_secs(1);
        assert_eq!(rate("200"), Some((200, None)));
        assert_eq!(rate("200/s"), Some((200, Some(second))));
        assert_eq!(rate("90/m"), Some((90, Some(60 * second))));
        assert_eq!(rate("3/10s"), Some((3, Some(10 * second))));
        assert_eq!(rate("0/s"), Some((0, Some(second))));
        for wrong in ["", "/s", "1.5/s", "-1", "10/", "10/0s", "10/x", "ten"] {
            assert_eq!(rate(wrong), None, "{wrong}");
        }
        let address = |text: &str| text.parse::<ControlAddress>().ok().map(|address| address.0);
        assert_eq!(address("7000").as_deref(), Some("127.0.0.1:7000"));
        assert_eq!(address("localhost:7000").as_deref(), Some("127.0.0.1:7000"));
        assert_eq!(address("load-1.test:6565").as_deref(), Some("load-1.test:6565"));
        for wrong in ["", "host", "host:", ":6565x", "http://host:1", "a/b:1", "host:70000"] {
            assert_eq!(address(wrong), None, "{wrong}");
        }
    }
}
