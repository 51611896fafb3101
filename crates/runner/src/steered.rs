//! What people do to a run while it goes on: said when it is done, and kept with the run.
//!
//! Of a plan, its events stand in a run from the start. A pause makes what is to come later, and a scenario that is set
//! by hand does not go by its stages any more.

use std::time::Duration;

use loadline_load::{Change, Control, Deed, Steered as Done};
use loadline_measure::{EventKind, Run, RunEvent, RunEvents};
use loadline_secrets::masked;
use loadline_verdict::escape;

use crate::voice::Voice;

/// Keeps what was done since the last call with the run, and says it.
pub(crate) fn note_deeds(control: &Control, run: &mut Run, voice: &dyn Voice) {
    let (deeds, lost) = control.take_deeds();
    let mut changes = lost;
    for Done { at, what, .. } in deeds {
        let (kind, words) = match &what {
            Deed::Marked(words) => (EventKind::said(words), escape(&masked(words)).into_owned()),
            Deed::Paused | Deed::Resumed(_) => (EventKind::Pause, what.to_string()),
            Deed::Set(..) | Deed::Stopped => (EventKind::Steer, what.to_string()),
        };
        voice.note(&words);
        // Before the start a pause is no part of the run.
        let begun = !at.is_zero();
        match &what {
            Deed::Resumed(after) if begun => put_off(&mut run.meta.events, at, *after),
            Deed::Set(scenario, Change::Vus(..) | Change::Rate(..)) => {
                leave_plan(&mut run.meta.events, at, scenario);
            }
            _ => {}
        }
        changes += match what {
            Deed::Paused => u64::from(begun),
            Deed::Set(..) => 1,
            // A pause is one change, and a mark or an end is none.
            Deed::Resumed(_) | Deed::Marked(_) | Deed::Stopped => 0,
        };
        if begun || matches!(what, Deed::Set(..) | Deed::Marked(_)) {
            run.meta.events.add(at, kind, &words);
        }
    }
    if changes > 0 {
        run.meta.steered.get_or_insert_default().changes += changes;
    }
    if let Some(steered) = &mut run.meta.steered {
        steered.paused_ms = u64::try_from(control.paused().as_millis()).unwrap_or(u64::MAX);
    }
}

/// What was to come after a pause comes later by it.
fn put_off(events: &mut RunEvents, at: Duration, paused: Duration) {
    let since = millis(at.saturating_sub(paused));
    let comes = |event: &RunEvent| event.kind == EventKind::Stage && event.at_ms > since;
    let later: Vec<RunEvent> = events.iter().filter(|event| comes(event)).cloned().collect();
    events.retain(|event| !comes(event));
    for event in later {
        events.push(RunEvent { at_ms: event.at_ms + millis(paused), ..event });
    }
}

/// Stages of a scenario that were to come do not.
fn leave_plan(events: &mut RunEvents, at: Duration, scenario: &str) {
    let name = format!("{scenario}: ");
    events.retain(|event| {
        let begins = event.words == format!("{name}begins");
        let comes = event.kind == EventKind::Stage && event.at_ms > millis(at);
        begins || !(comes && event.words.starts_with(&name))
    });
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_that_is_not_kept_is_not_shown_as_if_it_were() {
        let second = Duration::from_secs;
        let mut events = RunEvents::default();
        for (at, words) in [(5, "a: begins"), (10, "a: to 20 VUs within 30s"), (40, "b: holds 5 VUs for 1m")]
        {
            events.add(second(at), EventKind::Stage, words);
        }
        let told = |events: &RunEvents| -> Vec<(u64, String)> {
            events.iter().map(|event| (event.at_ms / 1_000, event.words.clone())).collect()
        };
        put_off(&mut events, second(27), second(20));
        let put_off: Vec<u64> = told(&events).iter().map(|(at, _)| *at).collect();
        assert_eq!(put_off, [5, 30, 60]);
        leave_plan(&mut events, second(28), "a");
        let left = [(5, "a: begins".to_owned()), (60, "b: holds 5 VUs for 1m".to_owned())];
        assert_eq!(told(&events), left);
    }
}
