//! What models make of measured loads, in words: the same for the steps of a search and for runs.

use loadline_units as units;

use super::amount::amount;
use crate::model::{FitError, QueueFit, QueuePoint, UslFit, fit_queue, fit_usl};

/// A load that was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loaded {
    /// What got through, per second.
    pub per_s: f64,
    /// How long each took on average, in seconds.
    pub took_s: f64,
    /// Whether it was carried: a queue that grows has no response time of its own.
    pub carried: bool,
}

impl Loaded {
    /// How many were under way at a time, by Little's law.
    pub fn under_way(&self) -> f64 {
        self.per_s * self.took_s
    }
}

/// Both models of the same loads.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// What a queue in front of servers makes of those that were carried.
    pub queue: Result<QueueFit, FitError>,
    /// What the Universal Scalability Law makes of all of them, by how many are under way at a time.
    pub law: Result<UslFit, FitError>,
    /// The most that were under way at a time.
    pub most_under_way: f64,
}

/// Fewer at a time share nothing that a law could see.
const SHARED: f64 = 2.0;

impl Fitted {
    /// Of measured loads.
    pub fn of(loads: &[Loaded]) -> Self {
        let carried = loads.iter().filter(|one| one.carried && one.per_s > 0.0 && one.took_s > 0.0);
        let points: Vec<QueuePoint> =
            carried.map(|one| QueuePoint { rate_per_s: one.per_s, response_ms: one.took_s * 1e3 }).collect();
        let points_of_law: Vec<(f64, f64)> = loads
            .iter()
            .map(|one| (one.under_way(), one.per_s))
            .filter(|(under_way, through)| *under_way > 0.0 && *through > 0.0)
            .collect();
        let most_under_way = points_of_law.iter().map(|one| one.0).fold(0.0, f64::max);
        Self { queue: fit_queue(&points), law: fit_usl(&points_of_law), most_under_way }
    }

    /// The queue in a line. `load` is what its rate is a number of: `requests/s`.
    pub fn queue_line(&self, load: &str) -> String {
        let fit = match &self.queue {
            Ok(fit) => fit,
            Err(why) => return format!("as a queue: {why}"),
        };
        let ends = fit.most_between.map_or_else(String::new, |between| {
            if between.high.is_finite() {
                format!(" ({} to {}, 95 %)", amount(between.low), amount(between.high))
            } else {
                format!(" ({} at least: the data can't tell where it ends)", amount(between.low))
            }
        });
        format!(
            "as a queue: {} {load}{ends} can't be carried whatever the budgets; {} on an idle system; twice the servers would make that {}, if they share nothing",
            amount(fit.most_per_s),
            units::time(fit.idle_ms),
            amount(fit.times(2.0).most_per_s)
        )
    }

    /// The law in a line.
    pub fn law_line(&self) -> String {
        let fit = match &self.law {
            Ok(fit) => fit,
            Err(why) => return format!("by the Universal Scalability Law: {why}"),
        };
        if self.most_under_way < SHARED {
            let most = amount(self.most_under_way);
            return format!(
                "by the Universal Scalability Law: the data can't tell, because never more than {most} were under way at a time, who share nothing"
            );
        }
        let peak = match (fit.knows_a_peak(), fit.law.peak(), fit.peak) {
            (true, Some(at), Some(between)) => format!(
                "throughput is highest with {} at a time ({} to {}, 95 %)",
                amount(at),
                amount(between.low),
                amount(between.high)
            ),
            _ => "the data can't tell whether throughput ever falls".to_owned(),
        };
        format!(
            "by the Universal Scalability Law: contention {:.4}, coherence {:.6}; {peak}",
            fit.law.alpha, fit.law.beta
        )
    }

    /// What both say together of the highest throughput, and of twice the servers.
    pub fn sentence(&self, load: &str) -> String {
        let shared = self.most_under_way >= SHARED;
        let known = self.law.as_ref().ok().filter(|fit| shared && fit.knows_a_peak());
        let peak = known.and_then(|fit| Some((fit.law.peak()?, fit.law.ceiling()?)));
        let queue = self.queue.as_ref().ok();
        let ends = queue.filter(|fit| fit.most_between.is_some_and(|between| between.high.is_finite()));
        match (peak, ends) {
            (Some((at, most)), _) => format!(
                "throughput is highest at {} {load} with {} at a time, and falls beyond: what is shared costs more than more servers would give",
                amount(most),
                amount(at)
            ),
            (None, Some(fit)) => format!(
                "{} {load} is the most it can carry; twice the servers would carry {}, if they share nothing",
                amount(fit.most_per_s),
                amount(fit.times(2.0).most_per_s)
            ),
            (None, None) => {
                "the data can't tell where throughput ends: measure at higher loads, up to one that is not carried"
                    .to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Station, Usl};

    fn of_station(rates: &[f64]) -> Vec<Loaded> {
        let station = Station::exponential(4, 0.02);
        let loaded =
            |rate: &f64| Loaded { per_s: *rate, took_s: station.mean_response_s(*rate), carried: true };
        rates.iter().map(loaded).collect()
    }

    #[test]
    fn a_queue_says_where_it_ends_and_what_twice_the_servers_give() {
        let fitted = Fitted::of(&of_station(&[20.0, 60.0, 100.0, 140.0, 170.0, 190.0]));
        let line = fitted.queue_line("requests/s");
        assert!(line.starts_with("as a queue: 200 requests/s"), "{line}");
        assert!(line.contains("would make that 400"), "{line}");
    }

    #[test]
    fn a_law_with_a_peak_says_where_it_is() {
        let law = Usl { alpha: 0.02, beta: 0.002, gamma: 50.0 };
        let loads: Vec<Loaded> = [1.0, 4.0, 8.0, 16.0, 24.0, 32.0, 48.0]
            .into_iter()
            .map(|under_way| {
                let per_s = law.throughput(under_way);
                Loaded { per_s, took_s: under_way / per_s, carried: false }
            })
            .collect();
        let fitted = Fitted::of(&loads);
        assert!(fitted.law_line().contains("contention 0.0200, coherence 0.002000"), "{}", fitted.law_line());
        assert!(fitted.sentence("requests/s").contains("with 22.1 at a time"), "{fitted:?}");
    }

    #[test]
    fn a_law_of_what_is_shared_wants_somebody_to_share_it() {
        let loads = [10.0, 20.0, 40.0].map(|per_s| Loaded { per_s, took_s: 0.01, carried: true });
        let line = Fitted::of(&loads).law_line();
        assert!(line.contains("never more than 0.4 were under way"), "{line}");
    }

    #[test]
    fn what_the_data_cannot_tell_is_said() {
        let fitted = Fitted::of(&of_station(&[1.0, 2.0]));
        assert!(fitted.queue_line("requests/s").contains("too few"), "{fitted:?}");
        assert!(fitted.law_line().contains("too few"), "{fitted:?}");
        assert!(fitted.sentence("requests/s").starts_with("the data can't tell"), "{fitted:?}");
    }
}
