//! What happens to a run by its plan, and what ended it, as events that charts mark.

use std::time::Duration;

use loadline_load::{Executor, Plan, Scenario, Stage};
use loadline_measure::{EventKind, RunEvents};
use loadline_units::{count, duration_text};

/// What a plan is to do after its start: scenarios that begin later, and every stage but the first. It is known before
/// anything happens, so that it stands in a run that is killed as well.
pub(crate) fn planned(plan: &Plan) -> RunEvents {
    let mut events = RunEvents::default();
    for scenario in &plan.scenarios {
        let name = &scenario.name;
        if !scenario.start_time.is_zero() {
            events.add(scenario.start_time, EventKind::Stage, &format!("{name}: begins"));
        }
        let mut at = scenario.start_time;
        let (stages, of) = stages(scenario);
        for (number, stage) in stages.iter().enumerate() {
            if number > 0 {
                events.add(at, EventKind::Stage, &format!("{name}: {}", towards(stages, number, &of)));
            }
            at = at.saturating_add(stage.duration);
        }
    }
    events
}

/// Stages of a scenario, and what they count.
fn stages(scenario: &Scenario) -> (&[Stage], String) {
    match &scenario.executor {
        Executor::RampingVus(ramping) => (&ramping.stages, " VUs".to_owned()),
        Executor::RampingArrivalRate(ramping) if ramping.time_unit == Duration::from_secs(1) => {
            (&ramping.stages, "/s".to_owned())
        }
        Executor::RampingArrivalRate(ramping) => {
            (&ramping.stages, format!(" per {}", duration_text(ramping.time_unit)))
        }
        _ => (&[], String::new()),
    }
}

/// Where a stage goes: `to 20 VUs within 30s`, `holds 20 VUs for 5m`.
fn towards(stages: &[Stage], number: usize, of: &str) -> String {
    let Stage { duration, target } = stages[number];
    let (target, within) = (count(target), duration_text(duration));
    let holds = number.checked_sub(1).is_some_and(|before| stages[before].target == stages[number].target);
    if holds {
        format!("holds {target}{of} for {within}")
    } else if duration.is_zero() {
        format!("jumps to {target}{of}")
    } else {
        format!("to {target}{of} within {within}")
    }
}

#[cfg(test)]
mod tests {
    use loadline_load::RampingVus;

    use super::*;

    #[test]
    fn a_plan_says_when_its_load_changes() {
        let stage = |seconds, target| Stage { duration: Duration::from_secs(seconds), target };
        let ramping = RampingVus {
            start_vus: 0,
            stages: vec![stage(10, 20), stage(30, 20), stage(0, 5), stage(10, 0)],
            graceful_ramp_down: Duration::ZERO,
        };
        let mut scenario = Scenario::new("search", Executor::RampingVus(ramping));
        scenario.start_time = Duration::from_secs(5);
        let events = planned(&Plan::of(scenario));
        let told: Vec<(u64, &str)> =
            events.iter().map(|event| (event.at_ms / 1_000, event.words.as_str())).collect();
        assert_eq!(
            told,
            [
                (5, "search: begins"),
                (15, "search: holds 20 VUs for 30s"),
                (45, "search: jumps to 5 VUs"),
                (45, "search: to 0 VUs within 10s"),
            ]
        );
        assert!(planned(&Plan::default()).is_empty());
    }
}
