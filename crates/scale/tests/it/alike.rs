//! Replicas that stand for others against all replicas, each request of each of them.

use loadline_scale::autoscaler::{Fixed, Hpa};
use loadline_scale::cluster::{Balance, PodTimes};
use loadline_scale::hpa::{Flags, Metric, Policy, Rules, Source, Target, Version};
use loadline_scale::service::{Service, ServiceTime};
use loadline_scale::simulation::{Ledger, Lost, Observer, Scenario, State, simulate};
use loadline_scale::traffic::Profile;
use proptest::prelude::*;

/// Enough for a test; what people get is `FOLLOWED_PER_S`.
const FOLLOWED_PER_S: f64 = 150.0;

fn policy(target: i32, min: i32, max: i32) -> Policy {
    let source = Source::Resource { name: "cpu".to_owned(), container: None };
    let metric = Metric { name: "cpu".to_owned(), source, target: Some(Target::Utilization(target)) };
    Policy { min, max, metrics: vec![metric], behavior: None }
}

/// Twenty minutes: from a third of `peak` up to it within three, there for six, and back.
fn hill(peak: f64) -> Profile {
    let rate = |second: usize| match second {
        300..480 => peak / 3.0 + peak * 2.0 / 3.0 * (second - 300) as f64 / 180.0,
        480..840 => peak,
        _ => peak / 3.0,
    };
    Profile::new(0, (0..1200).map(rate).collect()).unwrap()
}

/// Forty requests per second and replica at most, four at a time; all workers busy is 100 %.
fn scenario(traffic: Profile, deviation: f64, initial: i32) -> Scenario {
    let service = Service::new(ServiceTime::new(0.1, deviation).unwrap(), 4).unwrap();
    Scenario::new(traffic, service, 4000, initial)
}

/// What people would see of a day.
#[derive(Clone)]
struct Seen {
    /// Response times, by the logarithm.
    times: Vec<u64>,
    replicas: Vec<f64>,
    ended: u64,
}

/// Steps of the logarithm: half a percent.
const STEPS: f64 = 200.0;
/// The shortest time is `e` to the minus this, in seconds.
const SHORTEST: f64 = 12.0;

impl Seen {
    fn quantile(&self, quantile: f64) -> f64 {
        let rank = (quantile * self.times.iter().sum::<u64>() as f64) as u64;
        let mut passed = 0;
        let at = self.times.iter().position(|number| {
            passed += number;
            passed > rank
        });
        (at.unwrap() as f64 / STEPS - SHORTEST).exp()
    }
}

impl Observer for Seen {
    fn answered(&mut self, took_s: f64, times: u64) {
        let index = ((took_s.ln() + SHORTEST) * STEPS).clamp(0.0, self.times.len() as f64 - 1.0);
        self.times[index as usize] += times;
        self.ended += times;
    }

    fn lost(&mut self, _: Lost, times: u64) {
        self.ended += times;
    }

    fn second(&mut self, _: u64, state: &State) {
        self.replicas.push(f64::from(state.ready));
    }
}

fn simulated(scenario: &Scenario, policy: Option<&Policy>) -> (Ledger, Seen) {
    let mut seen = Seen { times: vec![0; 4000], replicas: Vec::new(), ended: 0 };
    let ledger = match policy {
        Some(policy) => {
            let rules = Rules::of(Version::V1_37);
            let mut hpa = Hpa::new(policy.clone(), Flags::default(), rules, |_| None).unwrap();
            simulate(scenario, &mut hpa, &mut seen).unwrap()
        }
        None => simulate(scenario, &mut Fixed(scenario.initial), &mut seen).unwrap(),
    };
    (ledger, seen)
}

fn both(scenario: &Scenario, policy: Option<&Policy>) -> [(Ledger, Seen); 2] {
    let some = Scenario { followed_per_s: FOLLOWED_PER_S, ..scenario.clone() };
    [simulated(scenario, policy), simulated(&some, policy)]
}

#[test]
fn a_steady_load_has_the_same_response_times() {
    for (each, deviation, within) in [(16.0, 0.0, 0.02), (28.0, 1.0, 0.04), (33.0, 1.5, 0.1)] {
        let scenario = scenario(Profile::constant(40.0 * each, 1200).unwrap(), deviation, 40);
        let [(_, all), (ledger, some)] = both(&scenario, None);
        assert!(ledger.followed * 2 < ledger.requests, "{ledger:?}");
        for quantile in [0.5, 0.95] {
            let (all, some) = (all.quantile(quantile), some.quantile(quantile));
            assert!((some / all - 1.0).abs() < within, "{each}/s, {quantile}: {all} and {some} s");
        }
    }
}

#[test]
fn requests_that_choose_are_all_followed() {
    let scenario = Scenario {
        balance: Balance::TwoChoices,
        followed_per_s: FOLLOWED_PER_S,
        ..scenario(Profile::constant(1000.0, 20).unwrap(), 1.0, 40)
    };
    let (ledger, _) = simulated(&scenario, None);
    assert_eq!(ledger.followed, ledger.requests);
}

/// Means over some seeds: seconds of replicas, the median and the 95th percentile in seconds, the share that is lost.
fn means(days: &[(Ledger, Seen)]) -> [f64; 4] {
    let mean = |of: &dyn Fn(&(Ledger, Seen)) -> f64| days.iter().map(of).sum::<f64>() / days.len() as f64;
    [
        mean(&|(ledger, _)| ledger.replica_seconds),
        mean(&|(_, seen)| seen.quantile(0.5)),
        mean(&|(_, seen)| seen.quantile(0.95)),
        mean(&|(ledger, _)| ledger.all_lost() as f64 / ledger.requests as f64),
    ]
}

#[test]
fn policies_come_to_the_same_on_average() {
    for (peak, target, deviation, warm_up_s, max, queue) in [
        (600.0, 72, 0.1, 7, 22, None),
        (787.0, 65, 0.3, 31, 41, Some(0)),
        (900.0, 60, 1.0, 0, 60, None),
        (900.0, 80, 1.0, 30, 60, None),
        (900.0, 80, 1.5, 30, 60, Some(10)),
    ] {
        let policy = policy(target, 4, max);
        let (mut all, mut some) = (Vec::new(), Vec::new());
        for seed in 0..4 {
            let initial = (peak / 3.0 * 0.1 / 4.0 / f64::from(target) * 100.0).ceil() as i32;
            let mut scenario = Scenario { seed, ..scenario(hill(peak), deviation, initial) };
            scenario.service.queue = queue;
            scenario.pods = PodTimes { warm_up_s, slower: 2.0, ..PodTimes::default() };
            let [one, other] = both(&scenario, Some(&policy));
            all.push(one);
            some.push(other);
        }
        let (all, some) = (means(&all), means(&some));
        let words = format!("peak {peak}, target {target}: {all:?} and {some:?}");
        for (what, within) in [(0, 0.06), (1, 0.06), (2, 0.1)] {
            assert!((some[what] / all[what] - 1.0).abs() < within, "{what}: {words}");
        }
        assert!((some[3] - all[3]).abs() < 0.015, "{words}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn nothing_gets_lost_where_replicas_stand_for_others(
        seed in any::<u64>(), peak in 600.0..1200.0_f64, target in 45..85_i32, deviation in 0.0..1.6_f64,
        queue in proptest::option::of(0..20_usize), warm_up_s in 0..60_u64, max in 12..60_i32,
    ) {
        let policy = policy(target, 4, max);
        let initial = ((peak / 3.0 * 0.1 / 4.0 / f64::from(target) * 100.0).ceil() as i32).clamp(4, max);
        let mut scenario = Scenario { seed, ..scenario(hill(peak), deviation, initial) };
        scenario.service.queue = queue;
        scenario.pods = PodTimes { warm_up_s, slower: 2.0, ..PodTimes::default() };
        scenario.followed_per_s = FOLLOWED_PER_S;
        let (ledger, seen) = simulated(&scenario, Some(&policy));
        prop_assert_eq!(ledger.requests, seen.ended);
        prop_assert!(ledger.followed <= ledger.requests);
        // As many as were to come, within what chance makes of it.
        let came = ledger.requests as f64 / scenario.traffic.requests();
        prop_assert!((came - 1.0).abs() < 0.05, "{came}");
        prop_assert!(seen.replicas.iter().all(|ready| (0.0..=f64::from(max)).contains(ready)));
        prop_assert_eq!(simulated(&scenario, Some(&policy)).0, ledger);
    }
}
