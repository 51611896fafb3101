//! What is wrong with a policy whatever comes of it in detail, said before it is simulated.

use loadline_capacity::told::amount;
use loadline_scale::drive::Decider;
use loadline_scale::hpa::{Flags, Rules};
use loadline_scale::simulation::{Scenario, Shortage, shortage};
use loadline_units as units;

use super::day::clock;
use super::policy::Tried;
use crate::common::screen;

/// A wait that is worth a word, in seconds.
const WAIT_S: f64 = 0.5;

/// Says whether the load rises faster than the policy lets replicas come.
pub(super) fn caution(tried: &Tried, scenario: &Scenario) {
    if let Some(words) = foreseen(tried, scenario) {
        screen::caution(&words);
    }
}

fn foreseen(tried: &Tried, scenario: &Scenario) -> Option<String> {
    let Decider::Hpa(hpa) = tried.decider(scenario.traffic.started_unix_ms).ok()? else { return None };
    let aims_at_per_s = hpa.aims_at_per_s(scenario)?;
    let rules = Rules::of(tried.kubernetes());
    let short = shortage(scenario, hpa.policy(), aims_at_per_s, Flags::default(), rules)?;
    (short.wait_s >= WAIT_S).then(|| words(&short, scenario))
}

fn words(short: &Shortage, scenario: &Scenario) -> String {
    let pods = scenario.pods;
    let why = if short.at_most {
        format!("maxReplicas is too low for this load: {} replicas", short.replicas)
    } else {
        format!(
            "the load rises faster than replicas come, of which each takes {} s to start and to be ready: {} that are \
             there",
            pods.start_s + pods.ready_s,
            short.replicas
        )
    };
    format!(
        "{why} answer {}/s at most, and up to {}/s come: from {} to {} up to {} requests wait, for up to {}",
        amount(short.answers_per_s),
        amount(short.comes_per_s),
        clock(scenario, short.from_s),
        clock(scenario, short.to_s),
        units::count(short.waiting.round() as u64),
        if short.wait_s.is_finite() { units::time(short.wait_s * 1000.0) } else { "ever".to_owned() }
    )
}
