//! What KEDA does beside its own autoscaler: cron, formulas, fallbacks.

use std::ops::Range;

use loadline_scale::autoscaler::Keda;
use loadline_scale::cluster::Signal;
use loadline_scale::hpa::{Flags, Rules, Version};
use loadline_scale::manifests::{DeclaredKind, Manifests, Scaled};
use loadline_scale::service::{Service, ServiceTime};
use loadline_scale::simulation::{Scenario, simulate};
use loadline_scale::traffic::Profile;

use crate::wanted::Wanted;
use proptest::prelude::*;

/// What is varied of a scaled object, around two triggers.
struct Object<'a> {
    spec: &'a str,
    modifiers: &'a str,
    start: &'a str,
    end: &'a str,
}

impl Default for Object<'_> {
    fn default() -> Self {
        Self { spec: "minReplicaCount: 1", modifiers: "{}", start: "0 9 * * *", end: "0 10 * * *" }
    }
}

fn scaled(object: &Object<'_>) -> Scaled {
    let Object { spec, modifiers, start, end } = object;
    let text = format!(
        r#"
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {{name: search}}
spec:
  scaleTargetRef: {{name: search}}
  maxReplicaCount: 50
  {spec}
  advanced:
    scalingModifiers: {modifiers}
    horizontalPodAutoscalerConfig: {{behavior: {{scaleDown: {{stabilizationWindowSeconds: 0}}}}}}
  triggers:
    - {{type: prometheus, name: load, metadata: {{query: q, threshold: "20"}}}}
    - {{type: cron, name: hours, metadata: {{timezone: Europe/Berlin, start: {start}, end: {end}, desiredReplicas: "9"}}}}
"#
    );
    let mut manifests = Manifests::default();
    manifests.add("object.yaml", &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let DeclaredKind::Scaled(scaled) = &manifests.autoscalers[0].kind else { panic!() };
    scaled.clone()
}

/// How many replicas there are to be, second by second, from a moment on, with this traffic.
fn wanted(scaled: &Scaled, from: &str, per_s: &[f64], outage: Option<Range<u64>>) -> Vec<i32> {
    let from: jiff::Timestamp = from.parse().unwrap();
    let traffic = Profile::new(from.as_millisecond(), per_s.to_vec()).unwrap();
    let service = Service::new(ServiceTime::new(0.01, 0.0).unwrap(), 4).unwrap();
    let scenario =
        Scenario { outages: outage.into_iter().collect(), ..Scenario::new(traffic, service, 1000, 1) };
    let signal = |name: &str| (name == "load").then_some(Signal::Requests);
    let rules = Rules::of(Version::V1_37);
    let started = from.as_millisecond();
    let mut keda = Keda::new(scaled.clone(), Flags::default(), rules, started, signal).unwrap();
    let mut seen = Wanted::default();
    simulate(&scenario, &mut keda, &mut seen).unwrap();
    seen.0
}

#[test]
fn cron_has_days_and_a_time_zone() {
    let object = Object { start: "30 8 * * 1-5", end: "0 17 * * 1-5", ..Object::default() };
    // Half past six in UTC is half past eight in Berlin's summer. Friday has it, Saturday has not.
    let quiet = vec![1.0; 7200];
    let friday = wanted(&scaled(&object), "2026-07-03T06:00:00Z", &quiet, None);
    assert!(friday[..1800].iter().all(|replicas| *replicas == 1), "before half past six");
    assert!(friday[1900..].iter().all(|replicas| *replicas == 9), "nine from then on");
    let saturday = wanted(&scaled(&object), "2026-07-04T06:00:00Z", &quiet, None);
    assert!(saturday.iter().all(|replicas| *replicas == 1));
    // In winter it is an hour later.
    let winter = wanted(&scaled(&object), "2026-01-09T06:00:00Z", &quiet, None);
    assert_eq!((winter[5300], winter[5600]), (1, 9));
    // Over midnight, and in the midst of it at the beginning.
    let night = Object { start: "0 22 * * *", end: "0 9 * * *", ..Object::default() };
    let night = wanted(&scaled(&night), "2026-07-04T06:00:00Z", &quiet, None);
    assert_eq!((night[100], night[3500], night[3700]), (9, 9, 1));
}

#[test]
fn a_formula_makes_one_metric_of_all() {
    let two_hundred = vec![200.0; 900];
    let modified = |modifiers: &str| {
        let object = Object { modifiers, ..Object::default() };
        *wanted(&scaled(&object), "2026-07-04T12:00:00Z", &two_hundred, None).last().unwrap()
    };
    // As KEDA has it without: 200 a second, 20 for each.
    assert!((10..=11).contains(&modified("{}")));
    assert!((4..=6).contains(&modified("{formula: load / 2, target: \"20\"}")));
    assert!((19..=21).contains(&modified("{formula: 'load > 100 ? load * 2 : load', target: \"20\"}")));
    assert!((12..=14).contains(&modified("{formula: load + hours + 60, target: \"20\"}")));
    assert_eq!(modified("{formula: 'max(hours, 3)', target: \"1\"}"), 3);
    // Of all together: twice the target asks for twice the replicas at each look, until there are fifty.
    assert_eq!(modified("{formula: load, target: \"100\", metricType: Value}"), 50);
    assert_eq!(
        modified("{formula: load / 0, target: \"100\"}"),
        50,
        "what is too large is as large as can be"
    );
}

#[test]
fn a_formula_wakes_what_rests() {
    let object = |modifiers| Object {
        spec: "minReplicaCount: 0\n  cooldownPeriod: 60",
        modifiers,
        ..Object::default()
    };
    let traffic: Vec<f64> =
        (0..900).map(|second| if (300..400).contains(&second) { 30.0 } else { 0.0 }).collect();
    let most = |modifiers| {
        let all = wanted(&scaled(&object(modifiers)), "2026-07-04T12:00:00Z", &traffic, None);
        assert_eq!(all[299], 0, "nothing comes for five minutes: it rests");
        all[300..420].iter().copied().max().unwrap()
    };
    assert_eq!(most("{formula: load, target: \"100\"}"), 1);
    assert_eq!(most("{formula: load, target: \"100\", activationTarget: \"50\"}"), 0);
}

#[test]
fn fallbacks_come_after_more_failures_than_their_threshold() {
    // Nobody tells anything from 600 on. Polls fail every 30 s, and looks of the autoscaler every 15 s: the tenth
    // failure is the poll at 690, its fourth, after six looks.
    let traffic = vec![200.0; 1200];
    let after = |fallback: &str| {
        let spec = format!("minReplicaCount: 1\n  fallback: {{failureThreshold: 9, {fallback}}}");
        let object = Object { spec: &spec, ..Object::default() };
        wanted(&scaled(&object), "2026-07-04T12:00:00Z", &traffic, Some(600..1200))
    };
    let changes = |all: &[i32]| (600..1200).find(|second| all[*second] != all[599]);
    let fixed = after("replicas: 30");
    assert_eq!(*fixed.last().unwrap(), 30);
    let at = changes(&fixed).unwrap();
    assert!((675..=705).contains(&at), "{at}");
    assert_eq!(*after("replicas: 3").last().unwrap(), 3);
    assert_eq!(changes(&after("replicas: 3, behavior: currentReplicas")), None);
    assert_eq!(changes(&after("replicas: 3, behavior: currentReplicasIfHigher")), None);
    assert_eq!(*after("replicas: 30, behavior: currentReplicasIfHigher").last().unwrap(), 30);
    assert_eq!(*after("replicas: 3, behavior: currentReplicasIfLower").last().unwrap(), 3);
    assert_eq!(changes(&after("replicas: 30, behavior: currentReplicasIfLower")), None);

    // Without one, nothing is taken away and nothing is put to rest.
    let bare = Object { spec: "minReplicaCount: 0\n  cooldownPeriod: 60", ..Object::default() };
    assert_eq!(changes(&wanted(&scaled(&bare), "2026-07-04T12:00:00Z", &traffic, Some(600..1200))), None);
}

#[test]
fn a_formula_knows_which_triggers_fail() {
    let spec =
        "minReplicaCount: 1\n  fallback: {failureThreshold: 2, replicas: 7, behavior: scalingModifiers}";
    let traffic = vec![200.0; 900];
    let last = |formula: &str| {
        let modifiers = format!("{{formula: '{formula}', target: \"20\"}}");
        let object = Object { spec, modifiers: &modifiers, ..Object::default() };
        *wanted(&scaled(&object), "2026-07-04T12:00:00Z", &traffic, Some(300..900)).last().unwrap()
    };
    assert_eq!(last("load ?? 260"), 13, "what stands in for it");
    assert_eq!(last("load ?? nil"), 7, "nothing comes out: the fallback's replicas");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn there_are_never_fewer_or_more_than_allowed(
        min in 1..4_i32,
        peak in 0.0..3000.0_f64,
        formula in prop::sample::select(vec!["load", "load * 3", "load - 500", "load / 0", "load % 7 - 3", "-load"]),
        outage in prop::option::of(100..500_u64),
        behavior in prop::sample::select(vec!["static", "currentReplicas", "currentReplicasIfHigher", "currentReplicasIfLower"]),
        in_all in any::<bool>(),
    ) {
        let kind = if in_all { "Value" } else { "AverageValue" };
        let modifiers = format!("{{formula: '{formula}', target: \"20\", metricType: {kind}}}");
        let spec = format!("minReplicaCount: {min}\n  fallback: {{failureThreshold: 1, replicas: 60, behavior: {behavior}}}");
        let object = Object { spec: &spec, modifiers: &modifiers, ..Object::default() };
        let traffic: Vec<f64> = (0..600).map(|second| peak * f64::from(second % 300) / 300.0).collect();
        let outage = outage.map(|from| from..from + 90);
        let all = wanted(&scaled(&object), "2026-07-04T06:50:00Z", &traffic, outage);
        prop_assert!(all[31..].iter().all(|replicas| (min..=50).contains(replicas)), "{all:?}");
    }
}
