//! Queues in front of several servers: what waits, for how long, and how much load keeps a percentile.
//!
//! Exact for service times that are exponential (M/M/c: Erlang, 1917); for others the mean wait is Allen's and
//! Cunneen's approximation (Allen, Probability, Statistics, and Queueing Theory, 1990, section 5.4), which is exact
//! again with one server (Pollaczek and Khinchine).

/// The probability that all servers are busy where nobody waits: Erlang's first formula. `offered` is in servers' worth
/// of work.
pub fn erlang_b(servers: u32, offered: f64) -> f64 {
    (1..=servers).fold(1.0, |blocked, server| offered * blocked / (f64::from(server) + offered * blocked))
}

/// The probability that an arrival waits: Erlang's second formula; 1 where there is as much work as servers, or more.
pub fn erlang_c(servers: u32, offered: f64) -> f64 {
    let busy = offered / f64::from(servers);
    if busy >= 1.0 {
        return 1.0;
    }
    let blocked = erlang_b(servers, offered);
    blocked / (1.0 - busy * (1.0 - blocked))
}

/// Some servers with one queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Station {
    /// How many requests are served at a time.
    pub servers: u32,
    /// How long one is served on average, in seconds.
    pub service_s: f64,
    /// How much arrivals vary: the squared coefficient of variation of the time between them; 1 is chance, 0 a clock.
    pub arrivals_vary: f64,
    /// How much service times vary: likewise; 1 is exponential, 0 constant.
    pub service_varies: f64,
}

impl Station {
    /// A station where all is chance: M/M/c.
    pub const fn exponential(servers: u32, service_s: f64) -> Self {
        Self { servers, service_s, arrivals_vary: 1.0, service_varies: 1.0 }
    }

    /// The rate at which all servers are busy all the time, per second: no rate as high can be carried.
    pub fn most_per_s(&self) -> f64 {
        f64::from(self.servers) / self.service_s
    }

    /// How long a request waits on average at a rate per second, in seconds; infinite where it is too much.
    pub fn mean_wait_s(&self, rate_per_s: f64) -> f64 {
        let most = self.most_per_s();
        if rate_per_s >= most {
            return f64::INFINITY;
        }
        let wait = erlang_c(self.servers, rate_per_s * self.service_s) / (most - rate_per_s);
        wait * f64::midpoint(self.arrivals_vary, self.service_varies)
    }

    /// How long a request takes on average, its wait included, in seconds.
    pub fn mean_response_s(&self, rate_per_s: f64) -> f64 {
        self.service_s + self.mean_wait_s(rate_per_s)
    }

    /// The share of requests that take longer than this, at a rate per second.
    ///
    /// Exact where all is chance; none otherwise, for want of a closed form.
    pub fn share_beyond(&self, rate_per_s: f64, response_s: f64) -> Option<f64> {
        if self.arrivals_vary != 1.0 || self.service_varies != 1.0 {
            return None;
        }
        if rate_per_s >= self.most_per_s() {
            return Some(1.0);
        }
        let offered = rate_per_s * self.service_s;
        let (waits, time) = (erlang_c(self.servers, offered), response_s / self.service_s);
        // Service and wait are exponential with these rates, in units of the service time; together they pass `time`
        // as one of two exponentials, or as Erlang's where the rates are the same.
        let spare = f64::from(self.servers) - offered;
        let apart = spare - 1.0;
        let both = if apart.abs() < 1e-9 { time } else { -(-time * apart).exp_m1() / apart };
        Some(((-time).exp() * (1.0 + waits * both)).clamp(0.0, 1.0))
    }

    /// The highest rate per second at which this share of requests is answered within a time; `None` as above, 0 where
    /// even an idle station is too slow.
    pub fn rate_within(&self, quantile: f64, response_s: f64) -> Option<f64> {
        let holds = |rate: f64| Some(self.share_beyond(rate, response_s)? <= 1.0 - quantile);
        if !holds(0.0)? {
            return Some(0.0);
        }
        let (mut low, mut high) = (0.0, self.most_per_s());
        for _ in 0..100 {
            let middle = f64::midpoint(low, high);
            if holds(middle)? { low = middle } else { high = middle }
        }
        Some(low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-6 * expected.abs().max(1e-3), "{found} is not {expected}");
    }

    #[test]
    fn erlangs_tables() {
        // One server: the load itself. Two servers at 1.5: B = 9/29, C = 9/14.
        near(erlang_c(1, 0.7), 0.7);
        near(erlang_b(2, 1.5), 9.0 / 29.0);
        near(erlang_c(2, 1.5), 9.0 / 14.0);
        // Of the usual tables: ten lines carry 4.461 erlangs at 1 % blocking.
        assert!((erlang_b(10, 4.461) - 0.01).abs() < 1e-5);
        assert_eq!(erlang_c(3, 3.0), 1.0);
    }

    #[test]
    fn one_exponential_server_has_exponential_response_times() {
        // M/M/1: the response time is exponential with rate μ − λ.
        let station = Station::exponential(1, 0.01);
        near(station.mean_response_s(60.0), 1.0 / 40.0);
        near(station.share_beyond(60.0, 0.1).unwrap(), (-4.0_f64).exp());
        near(station.rate_within(0.95, 0.1).unwrap(), 100.0 - 20.0_f64.ln() / 0.1);
        assert_eq!(station.rate_within(0.95, 0.02), Some(0.0));
    }

    #[test]
    fn one_server_waits_as_pollaczek_and_khinchine_say() {
        let constant = Station { service_varies: 0.0, ..Station::exponential(1, 0.01) };
        // ρ²(1 + c²) / (2λ(1 − ρ)) at ρ = 0.8.
        near(constant.mean_wait_s(80.0), 0.64 / (2.0 * 80.0 * 0.2));
        assert_eq!(constant.share_beyond(80.0, 0.1), None);
        assert!(constant.mean_wait_s(100.0).is_infinite());
    }

    #[test]
    fn service_and_wait_of_the_same_rate_are_no_exception() {
        // Two servers at an offered load of 1: what is spare is one server, as fast as service.
        let at = |rate| Station::exponential(2, 1.0).share_beyond(rate, 3.0).unwrap();
        let (below, exactly, above) = (at(1.0 - 1e-6), at(1.0), at(1.0 + 1e-6));
        assert!(below < exactly && exactly < above && above - below < 1e-5, "{below} {exactly} {above}");
    }
}
