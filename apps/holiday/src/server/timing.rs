//! Who is told where the time of their requests went.
//!
//! It is what load tests are to find out, so the reference system tells it unasked; but how long a query took, to the microsecond and
//! without the network that hides it, is also what somebody would like to know who guesses which accounts exist. So strangers are told
//! only where there are none: on this machine.

use clap::ValueEnum;
use loadline_monitor::{LoadTest, Monitor};

use super::Settings;

/// Who is told, in `Server-Timing`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TellTiming {
    /// Everyone where the service listens on a loopback address and no proxy brings others there; otherwise load tests.
    #[default]
    #[value(skip)]
    Usual,
    /// Everyone.
    Everyone,
    /// Load tests that have shown the operator's secret.
    LoadTests,
    /// Nobody.
    Nobody,
}

impl Settings {
    /// Who is told, once the usual is worked out.
    fn told(&self) -> TellTiming {
        match self.tell_timing {
            TellTiming::Usual if self.listen.ip().is_loopback() && self.trusted_proxies.is_empty() => {
                TellTiming::Everyone
            }
            TellTiming::Usual => TellTiming::LoadTests,
            chosen => chosen,
        }
    }
}

/// Has the monitor tell them.
pub(super) fn tell(monitor: &Monitor, settings: &Settings) {
    match settings.told() {
        TellTiming::Everyone => monitor.tell_timing(|_, _| true),
        TellTiming::LoadTests | TellTiming::Usual => {
            monitor.tell_timing(|_, load_test| load_test == LoadTest::Proven);
        }
        TellTiming::Nobody => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_told_only_where_there_are_none() {
        for (listen, proxy, expected) in [
            ("127.0.0.1:0", None, TellTiming::Everyone),
            ("[::1]:0", None, TellTiming::Everyone),
            ("127.0.0.1:0", Some("127.0.0.1"), TellTiming::LoadTests),
            ("0.0.0.0:0", None, TellTiming::LoadTests),
            ("192.0.2.1:80", None, TellTiming::LoadTests),
        ] {
            let trusted_proxies = proxy.map(|proxy: &str| proxy.parse().unwrap()).into_iter().collect();
            let settings =
                Settings { listen: listen.parse().unwrap(), trusted_proxies, ..Settings::default() };
            assert_eq!(settings.told(), expected, "{listen} {proxy:?}");
            let settings = Settings { tell_timing: TellTiming::Nobody, ..settings };
            assert_eq!(settings.told(), TellTiming::Nobody);
        }
    }
}
