//! Where a watch that stays has its counters from: a Prometheus, or the services themselves.

use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use loadline_watch::Tally;

use super::asked::filled;
use super::own_metrics::Counted;
use super::scraping::Scraping;
use crate::common::Prometheus;

/// Where counters are.
pub(super) enum Source {
    /// In a Prometheus, which remembers.
    Prometheus(Box<Prometheus>),
    /// In services, which are asked again and again.
    Services(Box<Scraping>),
}

impl Source {
    /// For people.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Prometheus(server) => server.shown.clone(),
            Self::Services(scraping) => scraping.shown(),
        }
    }

    /// The Prometheus that it is.
    pub(super) fn server(&self) -> Option<&Prometheus> {
        match self {
            Self::Prometheus(server) => Some(server),
            Self::Services(_) => None,
        }
    }

    /// Whether it can say what was before it was asked.
    pub(super) fn knows_the_past(&self) -> bool {
        self.server().is_some()
    }

    /// Takes in all that is known at a moment, in seconds since 1970 UTC. Says what a server had to say about it.
    pub(super) async fn filled(
        &mut self,
        tally: &mut Tally,
        now_s: i64,
        counted: &Counted,
    ) -> Result<Vec<String>> {
        match self {
            Self::Prometheus(server) => filled(server, tally, now_s, 0).await,
            Self::Services(scraping) => {
                scraping.filled(tally, now_s, counted).await?;
                Ok(Vec::new())
            }
        }
    }

    /// Waits for a moment that is a step away at the most.
    pub(super) async fn until(&mut self, at_s: i64, step_s: i64, counted: &Counted) {
        match self {
            Self::Prometheus(_) => {
                tokio::time::sleep(wait(at_s, step_s, Timestamp::now().as_millisecond())).await;
            }
            Self::Services(scraping) => scraping.until(at_s, counted).await,
        }
    }
}

/// How long to wait for a moment that is a step away at the most: a clock that is put back does not blind the watch.
fn wait(at_s: i64, step_s: i64, now_ms: i64) -> Duration {
    Duration::from_millis((at_s * 1000 - now_ms).clamp(1, step_s * 1000) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_put_back_or_forward_does_not_blind() {
        let ms = |now_ms| wait(1_000_060, 60, now_ms).as_millis();
        assert_eq!(ms(1_000_015_000), 45_000);
        assert_eq!(ms(1_000_015_000 - 3_600_000), 60_000);
        assert_eq!(ms(1_000_015_000 + 3_600_000), 1);
    }
}
