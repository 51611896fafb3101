//! A queue in front of servers, fitted to how response times grow with load.
//!
//! `R(λ) = D + K·C(c, λ/λ₀·c) / (λ₀ − λ)`: what a request takes on an idle system (D), and a wait that grows as that of
//! a station with `c` servers does, up to the rate λ₀ that no system of its kind carries. K is how much the times vary,
//! as Allen and Cunneen have it. For each `c` and λ₀ the other two follow by linear least squares, so λ₀ is what is
//! looked for. Errors are taken relative to the response time, or the slowest step would be all that counts.

use loadline_verdict::Interval;

use super::erlang::erlang_c;
use super::error::{FitError, check};
use super::profile;

/// So many servers at most are told apart: beyond, the curve is the same corner.
const MOST_SERVERS: u32 = 256;
/// Rates that no system carries, so many of them, are tried between the highest that was carried …
const CEILINGS: i32 = 120;
/// … and so many times as much.
const FARTHEST: f64 = 20.0;

/// A step as a queue sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QueuePoint {
    /// Requests per second.
    pub rate_per_s: f64,
    /// The mean response time, or a percentile, in milliseconds.
    pub response_ms: f64,
}

/// The queue that fits best.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueFit {
    /// How many requests are served at a time, as the curve's bend has it.
    pub servers: u32,
    /// The rate that cannot be carried, per second.
    pub most_per_s: f64,
    /// Where that rate lies; the upper end is infinite where no step was close enough to tell. None where no point is
    /// left to tell by.
    pub most_between: Option<Interval>,
    /// The response time of an idle system, in milliseconds.
    pub idle_ms: f64,
    /// How much of the wait of a system where all is chance there is.
    pub variability: f64,
}

impl QueueFit {
    /// The response time at a rate, in milliseconds; infinite where it cannot be carried.
    pub fn response_ms(&self, rate_per_s: f64) -> f64 {
        self.idle_ms + self.variability * wait_ms(self.servers, self.most_per_s, rate_per_s)
    }

    /// The highest rate per second at which the response time stays within a limit, in milliseconds.
    pub fn rate_within(&self, limit_ms: f64) -> f64 {
        if limit_ms <= self.idle_ms {
            return 0.0;
        }
        let (mut low, mut high) = (0.0, self.most_per_s);
        for _ in 0..100 {
            let middle = f64::midpoint(low, high);
            if self.response_ms(middle) <= limit_ms { low = middle } else { high = middle }
        }
        low
    }

    /// The same with this many times the servers, each as fast as before: what more cores or replicas would give, if
    /// they share nothing.
    #[must_use]
    pub fn times(&self, factor: f64) -> Self {
        let servers = (f64::from(self.servers) * factor).round().max(1.0);
        Self {
            servers: servers as u32,
            most_per_s: self.most_per_s * servers / f64::from(self.servers),
            most_between: None,
            ..self.clone()
        }
    }
}

/// Fits a queue to steps that were carried.
///
/// # Errors
/// With fewer than four different rates, and values that are no measurements.
pub fn fit_queue(points: &[QueuePoint]) -> Result<QueueFit, FitError> {
    let pairs: Vec<(f64, f64)> = points.iter().map(|point| (point.rate_per_s, point.response_ms)).collect();
    check(&pairs, 4)?;
    let carried = pairs.iter().map(|(rate, _)| *rate).fold(0.0, f64::max);
    let ceiling =
        |number: i32| carried * (1.0 + (FARTHEST - 1.0) * (f64::from(number) / f64::from(CEILINGS)).powi(3));
    let best_at = |most: f64| {
        let counts = (0..).map(|power| 1_u32 << power).take_while(|count| *count <= MOST_SERVERS);
        counts
            .flat_map(|count| [count, count + count / 2])
            .filter_map(|servers| Some((servers, linear(&pairs, servers, most)?)))
            .min_by(|a, b| a.1.squares.total_cmp(&b.1.squares))
    };
    let fits: Vec<(f64, u32, Linear)> = (1..=CEILINGS)
        .filter_map(|number| {
            let most = ceiling(number);
            best_at(most).map(|(servers, fit)| (most, servers, fit))
        })
        .collect();
    let best = fits.iter().min_by(|a, b| a.2.squares.total_cmp(&b.2.squares));
    let Some((coarse, ..)) = best.map(|(most, servers, _)| (*most, *servers)) else {
        return Err(FitError::TooFew { found: 0, needed: 4 });
    };
    // The grid is coarse: the valley around its best point is walked down.
    let (mut low, mut high) = (carried.max(coarse * 0.9) * (1.0 + 1e-9), coarse * 1.1);
    let squares = |most: f64| best_at(most).map_or(f64::INFINITY, |(_, fit)| fit.squares);
    for _ in 0..60 {
        let (left, right) = (low + (high - low) * 0.382, low + (high - low) * 0.618);
        if squares(left) <= squares(right) { high = right } else { low = left }
    }
    let refined = f64::midpoint(low, high);
    let most = if squares(refined) <= squares(coarse) { refined } else { coarse };
    let Some((servers, fit)) = best_at(most) else {
        return Err(FitError::TooFew { found: 0, needed: 4 });
    };
    let limit = profile::limit(fit.squares, pairs.len(), 4);
    let most_between = limit.map(|limit| {
        let bounds = (carried, carried * FARTHEST);
        let mut between = profile::interval(most, bounds, most * 0.01, limit, squares);
        if between.high >= carried * FARTHEST * 0.999 {
            between.high = f64::INFINITY;
        }
        between
    });
    Ok(QueueFit { servers, most_per_s: most, most_between, idle_ms: fit.idle, variability: fit.factor })
}

fn wait_ms(servers: u32, most: f64, rate: f64) -> f64 {
    if rate >= most {
        return f64::INFINITY;
    }
    1e3 * erlang_c(servers, rate / most * f64::from(servers)) / (most - rate)
}

struct Linear {
    idle: f64,
    factor: f64,
    squares: f64,
}

/// Idle time and factor, both at least 0, by least squares of relative errors.
fn linear(points: &[(f64, f64)], servers: u32, most: f64) -> Option<Linear> {
    let rows: Vec<(f64, f64)> = points
        .iter()
        .map(|(rate, response)| (1.0 / response, wait_ms(servers, most, *rate) / response))
        .collect();
    if rows.iter().any(|(one, wait)| !one.is_finite() || !wait.is_finite()) {
        return None;
    }
    let sum = |of: &dyn Fn(&(f64, f64)) -> f64| rows.iter().map(of).sum::<f64>();
    let (aa, ab, bb) = (sum(&|r| r.0 * r.0), sum(&|r| r.0 * r.1), sum(&|r| r.1 * r.1));
    let (ya, yb) = (sum(&|r| r.0), sum(&|r| r.1));
    let divisor = aa * bb - ab * ab;
    let (mut idle, mut factor) = if divisor > 1e-12 * aa * bb {
        ((ya * bb - yb * ab) / divisor, (yb * aa - ya * ab) / divisor)
    } else {
        (ya / aa, 0.0)
    };
    if factor < 0.0 {
        (idle, factor) = (ya / aa, 0.0);
    } else if idle < 0.0 {
        (idle, factor) = (0.0, if bb > 0.0 { yb / bb } else { 0.0 });
    }
    let squares = rows.iter().map(|(one, wait)| (one * idle + wait * factor - 1.0).powi(2)).sum();
    Some(Linear { idle, factor, squares })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Station;

    fn steps(station: Station, network_ms: f64, rates: &[f64]) -> Vec<QueuePoint> {
        rates
            .iter()
            .map(|rate| QueuePoint {
                rate_per_s: *rate,
                response_ms: network_ms + station.mean_response_s(*rate) * 1e3,
            })
            .collect()
    }

    #[test]
    fn a_station_comes_back_from_its_own_response_times() {
        let station = Station::exponential(4, 0.02);
        let fit = fit_queue(&steps(station, 3.0, &[20.0, 60.0, 100.0, 140.0, 170.0, 190.0])).unwrap();
        assert_eq!(fit.servers, 4, "{fit:?}");
        assert!((fit.most_per_s / 200.0 - 1.0).abs() < 1e-3, "{fit:?}");
        assert!((fit.idle_ms - 23.0).abs() < 0.05 && (fit.variability - 1.0).abs() < 0.02, "{fit:?}");
        assert!((fit.rate_within(43.0) - 167.0).abs() < 0.5, "{}", fit.rate_within(43.0));
        assert_eq!(fit.rate_within(20.0), 0.0);
        let twice = fit.times(2.0);
        assert_eq!(twice.servers, 8);
        assert!((twice.most_per_s / 400.0 - 1.0).abs() < 1e-3, "{twice:?}");
    }

    #[test]
    fn steps_far_below_the_ceiling_do_not_tell_where_it_is() {
        // Figures with a little noise, at a twentieth of what it carries.
        let station = Station::exponential(8, 0.02);
        let mut points = steps(station, 0.0, &[5.0, 10.0, 15.0, 18.0, 20.0, 22.0]);
        for (number, point) in points.iter_mut().enumerate() {
            point.response_ms *= 1.0 + 0.01 * f64::from(u8::from(number % 2 == 0));
        }
        let fit = fit_queue(&points).unwrap();
        assert!(fit.most_between.unwrap().high.is_infinite(), "{fit:?}");
    }

    #[test]
    fn three_steps_are_too_few() {
        let points = steps(Station::exponential(1, 0.01), 0.0, &[10.0, 20.0, 30.0]);
        assert_eq!(fit_queue(&points), Err(FitError::TooFew { found: 3, needed: 4 }));
    }
}
