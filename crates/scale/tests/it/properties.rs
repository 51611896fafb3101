//! What holds for every policy and every course of events.

use loadline_scale::hpa::{
    Amount, Behavior, Controller, Flags, Measured, Metric, Policy, RatePolicy, Rules, ScalingRules, Select,
    Source, Target, VERSIONS, Version, Workload,
};
use proptest::prelude::*;

fn rules(window_ms: impl Strategy<Value = Option<i64>>) -> impl Strategy<Value = ScalingRules> {
    let amount = prop_oneof![(1..20_i32).prop_map(Amount::Pods), (1..200_i32).prop_map(Amount::Percent)];
    let policy = (amount, 1..20_i64)
        .prop_map(|(amount, quarters)| RatePolicy { amount, period_ms: quarters * 15_000 });
    let select = prop_oneof![Just(Select::Max), Just(Select::Min), Just(Select::Disabled)];
    (window_ms, select, proptest::collection::vec(policy, 1..4)).prop_map(|(window_ms, select, policies)| {
        ScalingRules { window_ms, select, policies, tolerance: None }
    })
}

fn window() -> impl Strategy<Value = Option<i64>> {
    (0..20_i64).prop_map(|quarters| Some(quarters * 15_000))
}

prop_compose! {
    fn policy()(min in 1..20_i32, more in 0..80_i32,
                behavior in proptest::option::of((rules(window()), rules(window())))) -> Policy {
        let metric = Metric {
            name: "m".to_owned(),
            source: Source::External,
            target: Some(Target::AverageValue(1000)),
        };
        Policy {
            min,
            max: min + more,
            metrics: vec![metric],
            behavior: behavior.map(|(up, down)| Behavior { up, down }),
        }
    }
}

/// What metrics ask for at each sync; none where they fail.
fn course() -> impl Strategy<Value = Vec<Option<i32>>> {
    proptest::collection::vec(proptest::option::weighted(0.9, 0..120_i32), 2..80)
}

fn version() -> impl Strategy<Value = Version> {
    proptest::sample::select(VERSIONS.to_vec())
}

/// The numbers before and after each sync, every 15 seconds.
fn replay(policy: &Policy, start: i32, course: &[Option<i32>], version: Version) -> Vec<(i32, i32)> {
    let flags = Flags { tolerance: 0.0, ..Flags::default() };
    let mut controller = Controller::new(policy.clone(), flags, Rules::of(version));
    let mut replicas = start;
    let step = |(index, asked): (usize, &Option<i32>)| {
        let measured =
            [asked.map_or(Measured::Gone, |asked| Measured::External(vec![i64::from(asked) * 1000]))];
        let workload =
            Workload { spec_replicas: replicas, status_replicas: replicas, pods: &[], measured: &measured };
        let before = replicas;
        replicas = controller.sync(&workload, index as i64 * 15_000).replicas;
        (before, replicas)
    };
    course.iter().enumerate().map(step).collect()
}

/// The most or least that any policy of a direction lets there be, worked out from the numbers alone.
fn allowed(history: &[(i32, i32)], at: usize, rules: &ScalingRules, up: bool) -> i32 {
    let current = history[at].0;
    let proposals = rules.policies.iter().map(|policy| {
        let back = usize::try_from(policy.period_ms / 15_000).unwrap();
        // What there was when the period began, whose first moment is not in it.
        let start = history[(at + 1).saturating_sub(back)].0;
        match (policy.amount, up) {
            (Amount::Pods(pods), true) => start + pods,
            (Amount::Pods(pods), false) => start - pods,
            (Amount::Percent(percent), true) => {
                (f64::from(start) * (1.0 + f64::from(percent) / 100.0)).ceil() as i32
            }
            (Amount::Percent(percent), false) => {
                (f64::from(start) * (1.0 - f64::from(percent) / 100.0)) as i32
            }
        }
    });
    match (rules.select, up) {
        (Select::Disabled, _) => current,
        (Select::Max, true) => proposals.max().unwrap().max(current),
        (Select::Min, true) => proposals.min().unwrap().max(current),
        (Select::Max, false) => proposals.min().unwrap().min(current),
        (Select::Min, false) => proposals.max().unwrap().min(current),
    }
}

proptest! {
    #[test]
    fn never_outside_minimum_and_maximum(
        policy in policy(), start in 1..120_i32, course in course(), version in version(),
    ) {
        for (before, after) in replay(&policy, start, &course, version) {
            if before != after {
                prop_assert!((policy.min..=policy.max).contains(&after), "{before} → {after} of {policy:?}");
            }
        }
    }

    #[test]
    fn never_faster_than_its_limits(policy in policy(), course in course(), version in version()) {
        let history = replay(&policy, policy.min, &course, version);
        for (at, &(before, after)) in history.iter().enumerate() {
            match &policy.behavior {
                None => prop_assert!(after <= (2 * before).max(4).max(policy.min)),
                Some(behavior) if after > before => {
                    prop_assert!(after <= allowed(&history, at, &behavior.up, true), "{at}: {history:?}");
                }
                Some(behavior) if after < before => {
                    prop_assert!(after >= allowed(&history, at, &behavior.down, false), "{at}: {history:?}");
                }
                Some(_) => {}
            }
        }
    }

    #[test]
    fn nothing_goes_before_its_window_is_over(policy in policy(), course in course(), version in version()) {
        let window_ms = policy.behavior.as_ref().map_or(300_000, |behavior| behavior.down.window_ms.unwrap());
        let syncs = usize::try_from(window_ms / 15_000).unwrap();
        let history = replay(&policy, policy.min, &course, version);
        for (at, &(before, after)) in history.iter().enumerate() {
            if after < before && syncs > 0 {
                // Within the window nobody asked for more than what is left, the first look's own number among it.
                let asked = &course[(at + 1).saturating_sub(syncs)..at];
                let most = asked.iter().flatten().copied().max().unwrap_or(0);
                prop_assert!(after >= most.min(before), "{at}: {most} was asked for, {before} → {after}");
            }
        }
    }

    #[test]
    fn where_metrics_fail_nothing_changes(policy in policy(), syncs in 1..40_usize, version in version()) {
        for (before, after) in replay(&policy, policy.min, &vec![None; syncs], version) {
            prop_assert_eq!(before, after);
        }
    }
}
