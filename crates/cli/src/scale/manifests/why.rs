//! Why each number of a policy is what it is, in words that become comments: what was simulated, and what it would be
//! otherwise.

use loadline_capacity::told::amount;
use loadline_scale::hpa::Target;
use loadline_scale::manifests::{DeclaredKind, Trigger, Whys};
use loadline_scale::simulation::Scenario;
use loadline_units as units;

use super::super::arguments::JudgingArguments;
use super::super::day::clock;
use super::super::judged::Judged;
use super::super::words;

/// What a number is out of.
pub(super) struct Grounds<'a> {
    pub(super) kind: &'a DeclaredKind,
    pub(super) scenario: &'a Scenario,
    pub(super) judged: &'a Judged,
    pub(super) judging: &'a JudgingArguments,
    /// What a sweep says of it beside the others.
    pub(super) beside: Option<&'a str>,
}

/// All reasons.
pub(super) fn whys(grounds: &Grounds<'_>) -> Whys {
    let Grounds { kind, scenario, judged, judging, beside } = grounds;
    let traffic = &scenario.traffic;
    let (peak, at) = traffic.peak();
    let service = &scenario.service;
    let mut top = vec![
        "Made by `loadline scale manifests`, which is better asked again than changed by hand.".to_owned(),
        format!(
            "Tried on {} of traffic with up to {}/s at {}, where a replica works on {} requests at a time for {} each: {}.",
            units::duration_text(std::time::Duration::from_secs(traffic.seconds() as u64)),
            amount(peak),
            clock(scenario, at as u64),
            service.concurrency,
            units::time(service.time.mean_s() * 1000.0),
            words::answer(judged, scenario, judging),
        ),
    ];
    top.extend(beside.map(str::to_owned));
    let (min, max) = bounds(kind);
    Whys {
        top,
        min: least(grounds, min),
        max: most(judged, max),
        target: target(grounds),
        behavior: behavior(judged),
        request: format!(
            "Percentages of the target are of this. {} requests at a time need {} vCPU.",
            service.concurrency,
            units::decimals(service.concurrency as f64 * service.processor_share, 2)
        ),
        budget: budget(min),
    }
}

fn bounds(kind: &DeclaredKind) -> (i32, i32) {
    match kind {
        DeclaredKind::Hpa(policy) => (policy.min, policy.max),
        DeclaredKind::Scaled(scaled) => (scaled.min, scaled.max),
    }
}

/// The target in percent, where there is one.
fn percent(kind: &DeclaredKind) -> Option<i32> {
    match kind {
        DeclaredKind::Hpa(policy) => policy.metrics.iter().find_map(|metric| match metric.target {
            Some(Target::Utilization(percent)) => Some(percent),
            _ => None,
        }),
        DeclaredKind::Scaled(scaled) => scaled.triggers.iter().find_map(|trigger| match trigger {
            Trigger::Cpu(percent) => Some(*percent),
            _ => None,
        }),
    }
}

/// Requests per second of one replica that is as busy as the target says.
fn each_per_s(grounds: &Grounds<'_>) -> Option<f64> {
    let service = &grounds.scenario.service;
    let busy_milli = 1000.0 * service.time.mean_s() * service.processor_share;
    let percent = f64::from(percent(grounds.kind)?);
    (busy_milli > 0.0).then(|| percent / 100.0 * grounds.scenario.request_milli as f64 / busy_milli)
}

fn least(grounds: &Grounds<'_>, min: i32) -> String {
    let traffic = &grounds.scenario.traffic;
    let quietest = (0..traffic.seconds()).map(|second| traffic.at(second)).fold(f64::INFINITY, f64::min);
    let peak = traffic.peak().0;
    let carried = grounds.scenario.service.capacity_per_s() * f64::from(min);
    let more = if carried >= peak {
        "more start so that none is busier than the target says"
    } else {
        "the rest has to start while it rises"
    };
    format!(
        "The quietest moment has {}/s. So many replicas carry {}/s when they never rest, of {}/s at the peak: {more}.",
        amount(quietest),
        amount(carried),
        amount(peak)
    )
}

fn most(judged: &Judged, max: i32) -> String {
    let ledger = &judged.ledger;
    if ledger.at_most_s > 0 {
        return format!(
            "It held replicas back for {} s, and the budgets were kept all the same.",
            ledger.at_most_s
        );
    }
    let room = max - ledger.most;
    if room == 0 {
        return format!("All {max} were needed: a higher peak has nowhere to go.");
    }
    format!(
        "{} were needed; {room} more are for a peak that is {} higher.",
        ledger.most,
        units::whole_percent(f64::from(room) / f64::from(ledger.most.max(1)))
    )
}

fn target(grounds: &Grounds<'_>) -> String {
    let slowest = grounds.judged.ledger.slowest_scale_up_s();
    let mut words = match (percent(grounds.kind), each_per_s(grounds)) {
        (Some(percent), Some(each)) => {
            format!(
                "At {percent} % a replica answers {}/s; what is above is for the time until more are there",
                amount(each)
            )
        }
        _ => "What is above the target is for the time until more replicas are there".to_owned(),
    };
    match slowest {
        Some(seconds) => words += &format!(", which took up to {seconds} s."),
        None => words.push('.'),
    }
    words
}

fn behavior(judged: &Judged) -> String {
    match judged.ledger.flaps() {
        0 => "It never went back on itself within five minutes.".to_owned(),
        flaps => format!(
            "It went back on itself within five minutes {} times; a longer window for scaling down makes that fewer.",
            units::count(flaps as u64)
        ),
    }
}

fn budget(min: i32) -> String {
    let less = "One at a time, so that a node can be emptied";
    match min {
        ..=1 => format!(
            "{less}; with a single replica there is none for that long: `minReplicas` of 2 would keep one."
        ),
        min => format!(
            "{less}. When only {min} are there, each other one has {} more for that long.",
            units::whole_percent(1.0 / f64::from(min - 1))
        ),
    }
}
