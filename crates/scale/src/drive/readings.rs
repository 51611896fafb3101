//! From what replicas say of themselves to what an autoscaler is told: counters in, readings out.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::pace::Pace;
use crate::cluster::{RATE_WINDOW_S, Sight, Signal};
use crate::hpa::{Measured, Metric, Reading, Source};

/// Over how long a time rates and levels are averaged, in seconds of the policy: as in a simulation.
const WINDOW_S: f64 = RATE_WINDOW_S as f64;

/// What a replica's metrics say at a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Counters {
    /// When, by the clock, since the start.
    pub at: Duration,
    /// How long its workers were busy so far, together, in seconds.
    pub busy_s: f64,
    /// Requests that came so far.
    pub came: f64,
    /// Workers that are busy.
    pub busy: f64,
    /// Requests that wait.
    pub waiting: f64,
}

/// What was read between two moments.
#[derive(Debug, Clone, Copy)]
struct Between {
    at: Duration,
    length: Duration,
    processors: f64,
    per_s: f64,
    in_flight: f64,
    waiting: f64,
}

/// Readings of all replicas.
#[derive(Debug)]
pub struct Readings {
    pace: Pace,
    replicas: BTreeMap<String, (Counters, VecDeque<Between>)>,
}

impl Readings {
    /// None yet.
    pub fn new(pace: Pace) -> Self {
        Self { pace, replicas: BTreeMap::new() }
    }

    /// Takes note of what a replica says. The first time there is nothing to compare it with, so it is no reading yet;
    /// a counter that went back is of a process that was started again.
    pub fn read(&mut self, name: &str, now: Counters) {
        let Some((last, readings)) = self.replicas.get_mut(name) else {
            self.replicas.insert(name.to_owned(), (now, VecDeque::new()));
            return;
        };
        let length = now.at.saturating_sub(last.at);
        let began_anew = now.busy_s < last.busy_s || now.came < last.came;
        if !length.is_zero() && !began_anew {
            let seconds = length.as_secs_f64();
            readings.push_back(Between {
                at: now.at,
                length,
                processors: (now.busy_s - last.busy_s) / seconds,
                per_s: (now.came - last.came) / seconds,
                in_flight: now.busy + now.waiting,
                waiting: now.waiting,
            });
            let oldest = now.at.saturating_sub(self.pace.by_clock(WINDOW_S));
            while readings.front().is_some_and(|one| one.at <= oldest) {
                readings.pop_front();
            }
        }
        *last = now;
    }

    /// Forgets the replicas that are not there any more.
    pub fn keep(&mut self, is_there: impl Fn(&str) -> bool) {
        self.replicas.retain(|name, _| is_there(name));
    }

    /// What is known of each metric of a policy, with the signal that it is; readings older than a window are unknown.
    pub fn measured(&self, metrics: &[Metric], signals: &[Signal], now: Duration) -> Vec<Measured> {
        let sight = self.at(now);
        let total = |signal, of: fn(i64) -> Measured| sight.total_milli(signal).map_or(Measured::Gone, of);
        let one = |(metric, signal): (&Metric, &Signal)| match metric.source {
            Source::Object => total(*signal, Measured::Object),
            Source::External => total(*signal, |milli| Measured::External(vec![milli])),
            _ => sight.per_pod(*signal),
        };
        metrics.iter().zip(signals).map(one).collect()
    }

    /// What is known at a time by the clock since the start; readings older than a window are unknown.
    pub fn at(&self, now: Duration) -> impl Sight {
        ReadAt { readings: self, now }
    }

    /// Which share of so many workers of the named replicas was busy at the last reading, in percent.
    pub fn busy_percent<'n>(&self, names: impl Iterator<Item = &'n str>, workers: u32) -> Option<f64> {
        let last = names.filter_map(|name| self.replicas.get(name)?.1.back());
        let (sum, number) = last.fold((0.0, 0.0), |(sum, number), one| (sum + one.processors, number + 1.0));
        (number > 0.0).then(|| 100.0 * sum / (number * f64::from(workers)))
    }
}

/// Readings as they are at a time.
struct ReadAt<'a> {
    readings: &'a Readings,
    now: Duration,
}

impl ReadAt<'_> {
    /// Each replica that is known, with a value and when it is of.
    fn each(&self, signal: Signal) -> impl Iterator<Item = (&String, f64, Between)> {
        let window = self.readings.pace.by_clock(WINDOW_S);
        self.readings.replicas.iter().filter_map(move |(name, (_, readings))| {
            let (value, at) = value(readings, signal)?;
            (self.now.saturating_sub(at.at) < window).then_some((name, value, at))
        })
    }
}

impl Sight for ReadAt<'_> {
    fn per_pod(&self, signal: Signal) -> Measured {
        let pace = self.readings.pace;
        let reading = |(name, value, at): (&String, f64, Between)| {
            let window_ms =
                if signal == Signal::Cpu { pace.policy_ms(at.length) } else { (WINDOW_S * 1000.0) as i64 };
            (name.clone(), Reading { value: milli(value), at_ms: pace.policy_ms(at.at), window_ms })
        };
        Measured::PerPod(self.each(signal).map(reading).collect())
    }

    fn total_milli(&self, signal: Signal) -> Option<i64> {
        let mut each = self.each(signal).map(|(_, value, _)| value).peekable();
        each.peek()?;
        Some(milli(each.sum()))
    }
}

/// The newest reading of processor time, or the mean of the others over their window, and when it is of.
fn value(readings: &VecDeque<Between>, signal: Signal) -> Option<(f64, Between)> {
    let newest = *readings.back()?;
    let of = |one: &Between| match signal {
        Signal::Cpu => one.processors,
        Signal::Requests => one.per_s,
        Signal::InFlight => one.in_flight,
        Signal::Waiting => one.waiting,
    };
    if signal == Signal::Cpu {
        return Some((of(&newest), newest));
    }
    Some((readings.iter().map(of).sum::<f64>() / readings.len() as f64, newest))
}

fn milli(value: f64) -> i64 {
    (value * 1000.0).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(source: Source) -> Metric {
        Metric { name: "m".to_owned(), source, target: None }
    }

    fn at(ms: u64, busy_s: f64, came: f64) -> Counters {
        Counters { at: Duration::from_millis(ms), busy_s, came, busy: 2.0, waiting: 1.0 }
    }

    fn per_pod(measured: &Measured) -> Vec<(String, i64)> {
        match measured {
            Measured::PerPod(all) => all.iter().map(|(name, one)| (name.clone(), one.value)).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn counters_become_readings_in_the_policys_time() {
        let mut readings = Readings::new(Pace::new(20.0).unwrap());
        readings.read("a", at(0, 0.0, 0.0));
        let cpu = metric(Source::Resource { name: "cpu".to_owned(), container: None });
        let now = Duration::from_millis(750);
        let look = |readings: &Readings| readings.measured(std::slice::from_ref(&cpu), &[Signal::Cpu], now);
        assert_eq!(per_pod(&look(&readings)[0]), [], "one look is no reading");
        readings.read("a", at(750, 1.5, 60.0));
        let Measured::PerPod(all) = &look(&readings)[0] else { panic!() };
        assert_eq!(all[0].1, Reading { value: 2000, at_ms: 15_000, window_ms: 15_000 });
        assert_eq!(readings.busy_percent(["a"].into_iter(), 4), Some(50.0));
        assert_eq!(readings.busy_percent(["b"].into_iter(), 4), None);

        let all = [metric(Source::Pods), metric(Source::External), metric(Source::Object)];
        let told = readings.measured(&all, &[Signal::Requests, Signal::InFlight, Signal::Waiting], now);
        assert_eq!(per_pod(&told[0]), [("a".to_owned(), 80_000)]);
        assert_eq!(told[1..], [Measured::External(vec![3000]), Measured::Object(1000)]);
        let late = readings.measured(&all, &[Signal::Requests; 3], Duration::from_secs(10));
        assert_eq!((per_pod(&late[0]), &late[1]), (Vec::new(), &Measured::Gone), "old news are none");
        readings.keep(|name| name != "a");
        assert_eq!(per_pod(&look(&readings)[0]), []);
    }

    #[test]
    fn a_process_that_begins_anew_is_no_negative_load() {
        let mut readings = Readings::new(Pace::new(1.0).unwrap());
        for counters in [at(0, 9.0, 90.0), at(1000, 0.0, 0.0), at(2000, 0.5, 10.0)] {
            readings.read("a", counters);
        }
        let told = readings.measured(&[metric(Source::Pods)], &[Signal::Requests], Duration::from_secs(2));
        assert_eq!(per_pod(&told[0]), [("a".to_owned(), 10_000)]);
    }
}
