//! The account at the end of a run: every planned iteration was made, or dropped for a reason.
//!
//! What is planned is known without the counters: a number in the plan, or the arrivals that were due until the
//! scenario was closed. What was made and dropped is counted by those who did it. A difference is a defect of the
//! engine, and a run that hides one would be wrong in silence; so it fails the run. There is no account of a run that
//! failed anyway, or ended without a worker that did not answer.

use std::sync::Arc;

use loadline_measure::Recorder;

use super::control::Level;
use super::drop_cause::DropCause;
use super::outcome::Dropped;
use super::scenario_state::ScenarioState;
use super::shared::Shared;
use super::unaccounted::Unaccounted;

/// The scenarios whose iterations do not add up, in a run that came to its planned end or was stopped before.
pub(super) fn audit(shared: &Shared) -> Vec<Unaccounted> {
    let stopped = *shared.level.borrow() > Level::Run;
    let check = |scenario: &Arc<ScenarioState>| {
        let planned = scenario.planned(stopped)?;
        let made = scenario.sum(|counters| &counters.started);
        Unaccounted::of(&scenario.definition().name, planned, made, scenario.dropped())
    };
    shared.engine.scenarios.iter().filter_map(check).collect()
}

/// Drops what workers were to do who did not answer, and cannot say so themselves.
pub(super) fn drop_for_the_silent(shared: &Shared, recorder: &mut Recorder) {
    for scenario in &shared.engine.scenarios {
        let cause = scenario.cut.get().unwrap_or_else(|| shared.stopped_by());
        let missing = scenario.drop_missing(cause);
        if missing > 0 {
            let tags = recorder.tags(scenario.tags(), &[(DropCause::TAG, cause.text())]);
            recorder.record(shared.builtin.dropped_iterations, missing as f64, tags);
        }
    }
}

/// What was dropped of each scenario, by causes.
pub(super) fn dropped(shared: &Shared) -> Vec<Dropped> {
    let of = |scenario: &Arc<ScenarioState>| {
        let scenario = Arc::clone(scenario);
        DropCause::ALL.into_iter().filter_map(move |cause| {
            let count = scenario.dropped_for(cause);
            (count > 0).then(|| Dropped {
                scenario: scenario.definition().name.clone(),
                count,
                planned: scenario.sum(|counters| &counters.started) + scenario.dropped(),
                cause,
            })
        })
    };
    shared.engine.scenarios.iter().flat_map(of).collect()
}
