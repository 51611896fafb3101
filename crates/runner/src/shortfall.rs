//! What a run says of planned iterations that it did not make: none is missing in silence.

use loadline_load::{DropCause, Dropped, Plan, Segment};

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

/// Says what is missing of a plan whose iterations are counted, and why. Arrivals that found no user are counted in
/// the live view and the summary: there they are a measurement, of a system that is too slow or a pool that is too small.
pub(crate) fn note_dropped(dropped: &[Dropped], voice: &dyn Voice) {
    for drop in dropped {
        if let Some(text) = text(drop) {
            voice.warn(&text);
        }
    }
}

fn text(drop: &Dropped) -> Option<String> {
    let Dropped { scenario, count, planned, cause } = drop;
    let (why, hint) = match cause {
        DropCause::NoFreeVu => return None,
        DropCause::MaxDuration => (
            "its time was over before they could start",
            "\nhint: raise the scenario's `maxDuration`, or its `vus`",
        ),
        DropCause::Aborted => ("the run was aborted before they could start", ""),
        DropCause::Interrupted => ("the run was stopped before they could start", ""),
        DropCause::Failed => ("the run could not go on", ""),
    };
    Some(format!(
        "scenario `{scenario}`: {count} of {planned} iterations were dropped ({cause}): {why}{hint}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        let say = |cause| text(&Dropped { scenario: "smoke".to_owned(), count: 94, planned: 100, cause });
        assert_eq!(
            say(DropCause::MaxDuration).unwrap(),
            "scenario `smoke`: 94 of 100 iterations were dropped (maxDuration): its time was over before they could start\n\
             hint: raise the scenario's `maxDuration`, or its `vus`"
        );
        assert_eq!(
            say(DropCause::Interrupted).unwrap(),
            "scenario `smoke`: 94 of 100 iterations were dropped (interrupted): the run was stopped before they could start"
        );
        assert_eq!(say(DropCause::NoFreeVu), None);
    }
}
