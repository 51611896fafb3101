//! What a run says of planned iterations that it did not make: none is missing in silence.

use loadline_load::{DropCause, Dropped, Executor, Plan, Scenario, Segment};
use loadline_measure::Run;
use loadline_units as units;

use crate::voice::Voice;

/// Names the scenarios that other processes make alone, because this one's part of the run has none of their users.
pub(crate) fn note_idle(plan: &Plan, segment: &Segment, voice: &dyn Voice) {
    for scenario in &plan.scenarios {
        if segment.count_below(scenario.executor.max_vus()) == 0 {
            voice.warn(&format!(
                "scenario `{}` is left out: its VUs are all in other parts of the run than this `executionSegment`",
                scenario.name
            ));
        }
    }
}

/// Says what is missing of a plan, and why. Arrivals that found no user are a measurement, of a system that is too slow or a
/// pool that is too small: how large it should have been is said, too.
pub(crate) fn note_dropped(dropped: &[Dropped], plan: &Plan, run: &Run, voice: &dyn Voice) {
    for drop in dropped {
        let of = |scenario: &&Scenario| scenario.name == drop.scenario;
        let executor = plan.scenarios.iter().find(of).map(|scenario| &scenario.executor);
        voice.warn(&text(drop, executor.map_or(0, Executor::max_vus), busy(drop, executor, run)));
    }
}

/// How many users a scenario's arrivals would have kept busy on average, if all had been let in: their rate, times how long
/// each takes (Little, 1961). `None` where nothing tells.
fn busy(drop: &Dropped, executor: Option<&Executor>, run: &Run) -> Option<f64> {
    let lasts = executor?.duration().min(run.duration).as_secs_f64();
    let metric = run.schema().find("iteration_duration")?;
    let took = run.select(metric, &[("scenario", drop.scenario.as_str())])?;
    let took = took.as_trend()?.avg()? / 1000.0;
    (lasts > 0.0).then(|| drop.planned as f64 / lasts * took)
}

fn text(drop: &Dropped, most: u64, busy: Option<f64>) -> String {
    let Dropped { scenario, count, planned, cause } = drop;
    let (why, hint) = match cause {
        DropCause::NoFreeVu => {
            let enough = match busy {
                // Arrivals come in crowds, and a service that has more to do takes longer: half as much again.
                Some(busy) if busy * 1.5 > most as f64 => {
                    let enough = units::count((busy * 1.5).ceil() as u64);
                    format!(
                        "\nhint: some {enough} would have done, if the target had gone on at its pace: raise `maxVUs`"
                    )
                }
                _ => {
                    "\nhint: for a time the target was too slow for its arrivals: raise `maxVUs`, or mend it"
                        .to_owned()
                }
            };
            return format!(
                "insufficient VUs: {} of {} arrivals of scenario `{scenario}` were dropped, because all {} were busy{enough}",
                units::count(*count),
                units::count(*planned),
                units::count(most)
            );
        }
        DropCause::MaxDuration => (
            "its time was over before they could start",
            "\nhint: raise the scenario's `maxDuration`, or its `vus`",
        ),
        DropCause::Aborted => ("the run was aborted before they could start", ""),
        DropCause::Interrupted => ("the run was stopped before they could start", ""),
        DropCause::Failed => ("the run could not go on", ""),
    };
    format!("scenario `{scenario}`: {count} of {planned} iterations were dropped ({cause}): {why}{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        let of = |cause| Dropped { scenario: "smoke".to_owned(), count: 94, planned: 100, cause };
        let say = |cause| text(&of(cause), 4, None);
        assert_eq!(
            say(DropCause::MaxDuration),
            "scenario `smoke`: 94 of 100 iterations were dropped (maxDuration): its time was over before they could start\n\
             hint: raise the scenario's `maxDuration`, or its `vus`"
        );
        assert_eq!(
            say(DropCause::Interrupted),
            "scenario `smoke`: 94 of 100 iterations were dropped (interrupted): the run was stopped before they could start"
        );
        assert_eq!(
            text(&of(DropCause::NoFreeVu), 4, Some(5.0)),
            "insufficient VUs: 94 of 100 arrivals of scenario `smoke` were dropped, because all 4 were busy\n\
             hint: some 8 would have done, if the target had gone on at its pace: raise `maxVUs`"
        );
        assert!(say(DropCause::NoFreeVu).ends_with("raise `maxVUs`, or mend it"));
    }
}
