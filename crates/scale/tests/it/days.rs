//! What happens in a cluster over time, and that nothing gets lost on the way.

use loadline_measure::Run;
use loadline_scale::autoscaler::{Fixed, Hpa, PolicyError};
use loadline_scale::cluster::{Balance, NodeTimes, PodTimes, Signal};
use loadline_scale::hpa::{Behavior, Flags, Metric, Policy, Rules, Source, Target, Version};
use loadline_scale::service::{Service, ServiceTime};
use loadline_scale::simulation::{
    About, Ledger, Lost, Observer, Recorded, Scenario, ScenarioError, Shortage, State, shortage, simulate,
};
use loadline_scale::traffic::Profile;
use proptest::prelude::*;

/// Counts what it is told.
#[derive(Default)]
struct Counts {
    answered: u64,
    lost: u64,
    came: u64,
    states: Vec<State>,
}

impl Observer for Counts {
    fn answered(&mut self, _: f64, times: u64) {
        self.answered += times;
    }

    fn lost(&mut self, _: Lost, times: u64) {
        self.lost += times;
    }

    fn second(&mut self, _: u64, state: &State) {
        self.came += state.came;
        self.states.push(*state);
    }
}

/// Ten requests per second and worker at most, four workers.
fn service() -> Service {
    Service::new(ServiceTime::new(0.1, 1.0).unwrap(), 4).unwrap()
}

fn cpu_policy(target: i32, min: i32, max: i32) -> Policy {
    let metric = Metric {
        name: "cpu".to_owned(),
        source: Source::Resource { name: "cpu".to_owned(), container: None },
        target: Some(Target::Utilization(target)),
    };
    Policy { min, max, metrics: vec![metric], behavior: None }
}

fn hpa(policy: Policy) -> Hpa {
    Hpa::new(policy, Flags::default(), Rules::of(Version::V1_37), |_| None).unwrap()
}

/// From 40 to `peak` requests per second within three minutes, there for ten, and back.
fn ramp(peak: f64) -> Profile {
    let rate = |second: usize| match second {
        120..=299 => 40.0 + (peak - 40.0) * (second - 120) as f64 / 180.0,
        300..=899 => peak,
        _ => 40.0,
    };
    Profile::new(0, (0..1800).map(rate).collect()).unwrap()
}

/// Pods of four processors, so that all workers busy is 100 %.
fn scenario(traffic: Profile, initial: i32) -> Scenario {
    Scenario::new(traffic, service(), 4000, initial)
}

/// One time without metrics.
fn outage(seconds: std::ops::Range<u64>) -> Vec<std::ops::Range<u64>> {
    std::iter::once(seconds).collect()
}

fn run(scenario: &Scenario, policy: Policy) -> (Ledger, Counts) {
    let mut counts = Counts::default();
    let ledger = simulate(scenario, &mut hpa(policy), &mut counts).unwrap();
    (ledger, counts)
}

#[test]
fn replicas_follow_the_load_up_and_down_and_nothing_is_lost() {
    let (ledger, counts) = run(&scenario(ramp(400.0), 2), cpu_policy(60, 2, 30));
    // 400 requests of 0.1 s keep 40 workers busy: at 60 % that is 16.7 replicas of four.
    let settled = counts.states[850].ready;
    assert!((16..=19).contains(&settled), "{settled} replicas");
    assert_eq!(counts.states.last().unwrap().wanted, 2);
    assert_eq!((ledger.all_lost(), ledger.requests), (0, counts.answered));
    assert!(ledger.changes.iter().all(|change| !change.why.is_empty()), "{:#?}", ledger.changes);
    let first = &ledger.changes[0];
    assert!((120..=200).contains(&first.at_s) && first.why.contains("cpu at"), "{first:?}");
    assert_eq!(first.ready_after_s, Some(15), "ten to start, five to be ready");
    assert_eq!(ledger.flaps(), 0);
}

#[test]
fn new_pods_wait_for_new_nodes() {
    let nodes = NodeTimes { pods_per_node: 4, min: 1, max: 5, provision_s: 90, idle_s: 120 };
    let scenario = Scenario { nodes: Some(nodes), ..scenario(ramp(400.0), 2) };
    let (ledger, counts) = run(&scenario, cpu_policy(60, 2, 30));
    assert!(ledger.slowest_scale_up_s().unwrap() >= 105, "{:?}", ledger.slowest_scale_up_s());
    assert_eq!(counts.states.iter().map(|state| state.nodes).max(), Some(5));
    assert_eq!(counts.states.last().unwrap().nodes, 1, "empty nodes go");
    assert!(ledger.node_hours() > 0.5);
}

#[test]
fn an_outage_of_metrics_keeps_replicas_as_they_are() {
    let scenario = Scenario { outages: outage(130..700), ..scenario(ramp(400.0), 3) };
    let (ledger, counts) = run(&scenario, cpu_policy(60, 2, 30));
    assert!(counts.states[130..700].iter().all(|state| state.wanted == counts.states[130].wanted));
    assert!((38..=39).contains(&ledger.blind_looks), "{}", ledger.blind_looks);
    assert!(counts.states[880].ready > 10, "afterwards it catches up");
}

#[test]
fn a_pod_that_stops_listening_too_early_loses_requests() {
    let lost = |accepts_s| {
        let pods = PodTimes { accepts_s, deregister_s: 3, ..PodTimes::default() };
        let (ledger, _) = run(&Scenario { pods, ..scenario(ramp(400.0), 2) }, cpu_policy(60, 2, 30));
        ledger.all_lost()
    };
    assert_eq!(lost(3), 0);
    assert!(lost(0) > 20);
}

#[test]
fn what_is_too_much_waits_gives_up_or_is_turned_away() {
    let overload = || scenario(Profile::constant(80.0, 120).unwrap(), 1);
    let (ledger, counts) = run(&overload(), cpu_policy(60, 1, 1));
    assert_eq!(ledger.requests, counts.answered, "all are answered, in the end");
    assert!(ledger.seconds > 200 && ledger.at_most_s > 60, "{ledger:?}");

    let mut short = overload();
    short.service.queue = Some(10);
    let (ledger, _) = run(&short, cpu_policy(60, 1, 1));
    assert!((0.4..0.6).contains(&(ledger.lost[1] as f64 / ledger.requests as f64)), "{ledger:?}");

    let mut impatient = overload();
    impatient.service.patience = Some(std::time::Duration::from_secs(2));
    let (ledger, _) = run(&impatient, cpu_policy(60, 1, 1));
    assert!(ledger.lost[2] as f64 > 0.8 * ledger.requests as f64, "work for nobody: {ledger:?}");

    let mut counts = Counts::default();
    let ledger = simulate(&overload(), &mut Fixed(0), &mut counts).unwrap();
    assert!(ledger.lost[0] > 0, "there is nobody: {ledger:?}");
}

#[test]
fn the_free_one_of_two_is_better_than_chance() {
    let waits = |balance| {
        let scenario = Scenario { balance, ..scenario(Profile::constant(340.0, 600).unwrap(), 10) };
        let mut recorded = Recorded::new(&About::default()).unwrap();
        simulate(&scenario, &mut Fixed(10), &mut recorded).unwrap();
        let run = recorded.into_run();
        let times = run.select::<&str, &str>(run.schema().find("response_time").unwrap(), &[]).unwrap();
        times.as_trend().unwrap().quantile(0.95).unwrap()
    };
    let (chance, choices) = (waits(Balance::Random), waits(Balance::TwoChoices));
    assert!(choices < 0.8 * chance, "{choices} and {chance}");
}

#[test]
fn a_day_ends_in_a_run_like_any_other() {
    let about = About { name: "ramp".to_owned(), identity: "x".to_owned(), ..About::default() };
    let mut recorded = Recorded::new(&about).unwrap();
    let ledger = simulate(&scenario(ramp(400.0), 2), &mut hpa(cpu_policy(60, 2, 30)), &mut recorded).unwrap();
    let run = recorded.into_run();
    let counted = |name: &str| run.select::<&str, &str>(run.schema().find(name).unwrap(), &[]).unwrap();
    assert_eq!(counted("http_reqs").as_counter().unwrap().sum as u64, ledger.requests);
    assert_eq!(counted("response_time").count(), ledger.requests);
    assert_eq!(counted("http_req_failed").as_rate().unwrap().share(), Some(0.0));
    assert_eq!(counted("replicas_wanted").as_gauge().unwrap().max as i32, ledger.most);
    assert_eq!(run.duration.as_secs(), ledger.seconds);
    assert_eq!(Profile::of_run(&run).unwrap().requests() as u64, ledger.requests, "it can be replayed");
}

#[test]
fn by_the_minute_it_is_the_same_day() {
    let day = |step_s| {
        let mut recorded = Recorded::new(&About::default()).unwrap().in_steps_of(step_s);
        simulate(&scenario(ramp(400.0), 2), &mut hpa(cpu_policy(60, 2, 30)), &mut recorded).unwrap();
        recorded.into_run()
    };
    let all = |run: &Run, name| {
        let sink = run.select::<&str, &str>(run.schema().find(name).unwrap(), &[]).unwrap();
        (sink.count(), sink.as_trend().and_then(|trend| trend.quantile(0.95)))
    };
    let (seconds, minutes) = (day(1), day(60));
    for name in ["response_time", "http_reqs", "replicas_ready", "requests_came"] {
        assert_eq!(all(&seconds, name), all(&minutes, name), "{name}");
    }
    assert_eq!(seconds.duration, minutes.duration);
    assert!(minutes.seconds().all(|(second, _)| second.is_multiple_of(60)));
    assert_eq!(minutes.seconds().count() as u64, seconds.duration.as_secs().div_ceil(60));
}

#[test]
fn policies_that_cannot_work_are_said() {
    let refused =
        |policy| Hpa::new(policy, Flags::default(), Rules::of(Version::V1_37), |_| None).unwrap_err();
    assert_eq!(refused(cpu_policy(60, 5, 4)), PolicyError::MinAboveMax { min: 5, max: 4 });
    assert_eq!(refused(cpu_policy(60, 0, 4)), PolicyError::ZeroWithoutOutside);
    assert_eq!(refused(cpu_policy(60, 0, 0)), PolicyError::NoneAllowed(0));
    assert!(matches!(refused(cpu_policy(0, 1, 4)), PolicyError::Target { target: 0, .. }));
    let mut pods = cpu_policy(60, 1, 4);
    pods.metrics[0] =
        Metric { name: "rps".to_owned(), source: Source::Pods, target: Some(Target::AverageValue(1)) };
    assert_eq!(refused(pods.clone()), PolicyError::NoSignal("rps".to_owned()));
    assert!(Hpa::new(pods, Flags::default(), Rules::of(Version::V1_37), |_| Some(Signal::Requests)).is_ok());
    let scenario = Scenario { request_milli: 0, ..scenario(ramp(1.0), 1) };
    let refused = simulate(&scenario, &mut Fixed(1), &mut Counts::default()).unwrap_err();
    assert_eq!(refused, ScenarioError::Request(0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_request_is_answered_or_lost_and_the_same_seed_is_the_same_day(
        seed in any::<u64>(), peak in 10.0..150.0_f64, initial in 0..6_i32, target in 30..95_i32,
        queue in proptest::option::of(0..50_usize), patience_s in proptest::option::of(1..5_u64),
        accepts_s in 0..5_u64, grace_s in 1..40_u64, outage in 0..1800_u64,
    ) {
        let mut scenario = scenario(ramp(peak), initial);
        scenario.seed = seed;
        scenario.service.queue = queue;
        scenario.service.patience = patience_s.map(std::time::Duration::from_secs);
        scenario.pods = PodTimes { accepts_s, grace_s, ..PodTimes::default() };
        scenario.outages = self::outage(outage..outage + 200);
        let (ledger, counts) = run(&scenario, cpu_policy(target, 1, 6));
        prop_assert_eq!(ledger.requests, counts.answered + counts.lost);
        prop_assert_eq!(ledger.requests, counts.came);
        prop_assert_eq!(ledger.all_lost(), counts.lost);
        prop_assert!(counts.states.iter().all(|state| state.wanted <= 6 && state.ready >= 0));
        prop_assert_eq!(run(&scenario, cpu_policy(target, 1, 6)).0, ledger);
    }

    #[test]
    fn a_maximum_that_is_never_reached_makes_no_difference(
        seed in any::<u64>(), peak in 40.0..200.0_f64, target in 30..95_i32, min in 1..4_i32,
        own in 4..16_i32, other in 4..16_i32, fast in any::<bool>(),
    ) {
        let mut scenario = scenario(ramp(peak), min);
        scenario.seed = seed;
        let behavior = fast.then(Behavior::defaults);
        let of = |max| run(&scenario, Policy { behavior: behavior.clone(), ..cpu_policy(target, min, max) });
        let (ledger, counts) = of(own);
        if ledger.at_most_s == 0 && (other >= own || other > ledger.most) {
            let (as_well, same) = of(other);
            prop_assert_eq!(ledger, as_well);
            prop_assert_eq!(counts.states, same.states);
        }
    }
}

/// What is foreseen of a policy over a ramp, and what is simulated: the most that waited, and the longest answer.
fn foreseen(policy: &Policy, pods: PodTimes) -> (Option<Shortage>, f64) {
    let initial = policy.min;
    let scenario = Scenario { pods, ..scenario(ramp(400.0), initial) };
    let autoscaler = hpa(policy.clone());
    let aims_at_per_s = autoscaler.aims_at_per_s(&scenario).unwrap();
    let rules = Rules::of(Version::V1_37);
    let short = shortage(&scenario, policy, aims_at_per_s, Flags::default(), rules);
    let mut recorded = Recorded::new(&About::default()).unwrap();
    simulate(&scenario, &mut hpa(policy.clone()), &mut recorded).unwrap();
    let run = recorded.into_run();
    let times = run.select::<&str, &str>(run.schema().find("response_time").unwrap(), &[]).unwrap();
    (short, times.as_trend().unwrap().quantile(1.0).unwrap() / 1000.0)
}

#[test]
fn what_cannot_keep_up_is_known_before_it_is_simulated() {
    let quick = PodTimes::default();
    let (short, longest_s) = foreseen(&cpu_policy(50, 12, 30), quick);
    assert!(
        short.is_none() && longest_s < 5.0,
        "there are enough from the beginning: {short:?}, {longest_s}"
    );

    // Two replicas answer 80/s; a pod that takes four minutes is there when all of it is over.
    let (short, longest_s) = foreseen(&cpu_policy(90, 2, 30), PodTimes { start_s: 240, ..quick });
    let short = short.unwrap();
    assert!(!short.at_most && (120..200).contains(&short.from_s), "{short:?}");
    assert!(short.waiting > 10_000.0 && short.comes_per_s > short.answers_per_s, "{short:?}");
    assert!(longest_s > 0.7 * short.wait_s, "it is at least as bad: {short:?}, {longest_s} s");

    // Five replicas answer 200/s, and 400/s come for ten minutes.
    let (short, longest_s) = foreseen(&cpu_policy(60, 2, 5), quick);
    let short = short.unwrap();
    assert!(short.at_most && short.replicas == 5 && (short.answers_per_s - 200.0).abs() < 1.0, "{short:?}");
    assert!(longest_s > 0.7 * short.wait_s && short.wait_s > 300.0, "{short:?}, {longest_s} s");
}
