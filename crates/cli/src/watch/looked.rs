//! One look: from counters to what is new, and to what is said of it.

use loadline_watch::alert::{Alerts, Change, Event, Signal};
use loadline_watch::notify::Notice;
use loadline_watch::{
    BurnState, Objective, Severity, Tally, Watched, burn_words, burns, fact_words, watched,
};

use super::lengths::at_text;

/// Takes a look in. Where nothing is `known`, nothing begins and nothing ends.
pub(super) fn looked(tally: &Tally, alerts: &mut Alerts, now_s: i64, known: bool) -> Vec<Notice> {
    let settings = tally.settings();
    let keys: Vec<String> = tally.objectives().iter().map(Objective::key).collect();
    let mut signals = Vec::new();
    for ((objective, ledger), key) in tally.objectives().iter().zip(tally.ledgers()).zip(&keys) {
        let burns = burns(objective, ledger, settings, now_s);
        let silenced = settings.silences.of(&objective.endpoint, now_s).is_some();
        for severity in [Severity::Page, Severity::Ticket] {
            let states =
                || burns.iter().filter(|burn| burn.window.severity == severity).map(|burn| burn.state);
            // Without a window that can burn there is no such alert.
            if states().all(|state| state == BurnState::Never) {
                continue;
            }
            let burns = if !known {
                None
            } else if states().any(|state| state == BurnState::Burning) {
                Some(true)
            } else {
                states().any(|state| state == BurnState::Quiet).then_some(false)
            };
            signals.push(Signal { objective: key, endpoint: &objective.endpoint, severity, burns, silenced });
        }
    }
    let events = alerts.step(now_s, &signals, &settings.rules);
    events.iter().map(|event| notice(tally, event, now_s)).collect()
}

/// What is said of something new.
pub(super) fn notice(tally: &Tally, event: &Event, now_s: i64) -> Notice {
    let alert = &event.alert;
    let found =
        tally.objectives().iter().zip(tally.ledgers()).find(|(known, _)| known.key() == alert.objective);
    let condition = found.map_or_else(
        || alert.objective.strip_prefix(&alert.endpoint).unwrap_or_default().trim().to_owned(),
        |(objective, _)| objective.condition.clone(),
    );
    let facts = found.map(|(objective, ledger)| {
        // Of the windows that it burns in; of one that is over, the shortest.
        let shortest = tally.settings().windows.iter().map(|window| window.short_s).min().unwrap_or(3600);
        let burning = burns(objective, ledger, tally.settings(), now_s).into_iter();
        let burning: Vec<_> = burning
            .filter(|burn| burn.state == BurnState::Burning && burn.window.severity == alert.severity)
            .collect();
        let over_s = burning.first().map_or(shortest, |burn| burn.window.long_s);
        let Watched { fact, .. } = watched(objective, ledger, tally.settings(), now_s, over_s);
        let mut facts = vec![fact_words(objective, &fact)];
        facts.extend(burning.iter().map(|burn| format!("burns {}", burn_words(burn))));
        facts
    });
    Notice {
        change: event.change,
        key: alert.key.clone(),
        endpoint: alert.endpoint.clone(),
        condition,
        severity: alert.severity,
        since_s: alert.since_s,
        at_s: now_s,
        over_s: alert.over_s.filter(|_| event.change == Change::Resolved),
        again: alert.again,
        around: Vec::new(),
        facts: facts.unwrap_or_else(|| vec!["its budget is in the project no more".to_owned()]),
        more: format!("loadline watch --once --at {}", at_text(now_s)),
    }
}
