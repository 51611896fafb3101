//! Lives of alerts, some by hand and many by chance.

use proptest::prelude::*;

use super::*;

const STEP: i64 = 60;

fn signal(burns: Option<bool>, silenced: bool) -> Signal<'static> {
    Signal { objective: "a p95<=1s", endpoint: "a", severity: Severity::Page, burns, silenced }
}

/// One alert through a course of minutes: what was new, and when.
fn lived(course: &[(Option<bool>, bool)], rules: &AlertRules) -> Vec<(usize, Change)> {
    let mut alerts = Alerts::default();
    let mut events = Vec::new();
    for (minute, (burns, silenced)) in course.iter().enumerate() {
        let new = alerts.step(minute as i64 * STEP, &[signal(*burns, *silenced)], rules);
        events.extend(new.iter().map(|event| (minute, event.change)));
    }
    events
}

fn course(parts: &[(usize, Option<bool>)]) -> Vec<(Option<bool>, bool)> {
    parts.iter().flat_map(|(minutes, burns)| std::iter::repeat_n((*burns, false), *minutes)).collect()
}

#[test]
fn it_begins_at_once_and_is_over_after_a_while() {
    let all = course(&[(5, Some(false)), (10, Some(true)), (40, Some(false))]);
    assert_eq!(lived(&all, &AlertRules::default()), [(5, Change::Firing), (30, Change::Resolved)]);
    let patient = AlertRules { pending_s: 180, ..AlertRules::default() };
    assert_eq!(lived(&all, &patient)[0], (8, Change::Firing));
    assert!(lived(&course(&[(3, Some(true)), (9, Some(false))]), &patient).is_empty());
}

#[test]
fn flapping_is_one_alert() {
    // Burning every other minute for a day.
    let all: Vec<_> = (0..1440).map(|minute| (Some(minute % 2 == 0), false)).collect();
    let rules = AlertRules { repeat_s: 0, ..AlertRules::default() };
    assert_eq!(lived(&all, &rules), [(0, Change::Firing)]);
    // Twenty minutes on, twenty off: held for longer each time.
    let all: Vec<_> = (0..1440).map(|minute| (Some(minute % 40 < 20), false)).collect();
    let events = lived(&all, &rules);
    assert_eq!(events.iter().filter(|(_, change)| *change == Change::Firing).count(), 2, "{events:?}");
}

#[test]
fn what_nobody_can_tell_ends_nothing() {
    let all = course(&[(1, Some(true)), (500, None), (14, Some(false)), (1, None), (16, Some(false))]);
    let rules = AlertRules { repeat_s: 0, ..AlertRules::default() };
    assert_eq!(lived(&all, &rules), [(0, Change::Firing), (531, Change::Resolved)]);
    assert!(lived(&course(&[(100, None)]), &rules).is_empty());
}

#[test]
fn a_silence_only_puts_off() {
    let mut all = course(&[(100, Some(true))]);
    for minute in &mut all[..50] {
        minute.1 = true;
    }
    assert_eq!(lived(&all, &AlertRules::default()), [(50, Change::Firing)]);
    // Over while it is silent: nobody was told, and nobody is.
    let mut all = course(&[(10, Some(true)), (60, Some(false))]);
    for minute in &mut all {
        minute.1 = true;
    }
    assert!(lived(&all, &AlertRules::default()).is_empty());
    // Told before it was silent: told that it is over.
    let mut all = course(&[(10, Some(true)), (60, Some(false))]);
    for minute in &mut all[5..] {
        minute.1 = true;
    }
    assert_eq!(lived(&all, &AlertRules::default()).last(), Some(&(25, Change::Resolved)));
}

#[test]
fn who_was_told_is_told_again_and_that_its_budget_is_gone() {
    let all = course(&[(600, Some(true))]);
    assert_eq!(
        lived(&all, &AlertRules::default()),
        [(0, Change::Firing), (240, Change::StillFiring), (480, Change::StillFiring)]
    );
    let mut alerts = Alerts::default();
    alerts.step(0, &[signal(Some(true), false)], &AlertRules::default());
    let events = alerts.step(60, &[], &AlertRules::default());
    assert_eq!((events.len(), events[0].change), (1, Change::Resolved));
    assert_eq!(alerts.iter().count(), 0);
}

fn anything() -> impl Strategy<Value = Vec<(Option<bool>, bool)>> {
    let burns = prop_oneof![3 => Just(Some(true)), 4 => Just(Some(false)), 1 => Just(None)];
    // Runs of the same, as they come.
    let part = (burns, prop::bool::weighted(0.2), 1usize..40);
    prop::collection::vec(part, 1..40).prop_map(|parts| {
        parts
            .iter()
            .flat_map(|(burns, silenced, minutes)| std::iter::repeat_n((*burns, *silenced), *minutes))
            .collect()
    })
}

proptest! {
    /// On and over take turns; nobody is told of what does not burn, in a silence only that it is over, and not before
    /// it has been quiet for long enough.
    #[test]
    fn whoever_is_told_can_trust_it(course in anything(), pending in 0u64..300) {
        let rules = AlertRules { pending_s: pending, ..AlertRules::default() };
        let mut on = false;
        for (minute, change) in lived(&course, &rules) {
            let (burns, silenced) = course[minute];
            match change {
                Change::Firing => {
                    prop_assert!(!on && !silenced);
                    on = true;
                }
                Change::StillFiring => prop_assert!(on && !silenced),
                Change::Resolved => {
                    prop_assert!(on && burns == Some(false));
                    let quiet = course[..=minute].iter().rev().take_while(|(burns, _)| *burns == Some(false)).count();
                    prop_assert!((quiet as u64 - 1) * STEP as u64 >= rules.resolve_after_s);
                    on = false;
                }
            }
        }
        // What burns to the end without a silence is known to somebody.
        let last = course.iter().rev().take_while(|minute| **minute == (Some(true), false)).count();
        prop_assert!(on || (last as u64) * (STEP as u64) <= pending + STEP as u64);
    }

    /// Killed at any moment and started again with what was kept, it goes on as if nothing had been.
    #[test]
    fn a_restart_changes_nothing(course in anything(), kills in prop::collection::vec(0usize..1000, 0..50)) {
        let rules = AlertRules::default();
        let (mut whole, mut killed) = (Alerts::default(), Alerts::default());
        for (minute, (burns, silenced)) in course.iter().enumerate() {
            if kills.contains(&minute) {
                let kept: Vec<String> = killed.iter().map(|alert| serde_json::to_string(alert).unwrap()).collect();
                killed = Alerts::of(kept.iter().map(|text| serde_json::from_str(text).unwrap()));
            }
            let at_s = minute as i64 * STEP;
            let signals = [signal(*burns, *silenced)];
            prop_assert_eq!(whole.step(at_s, &signals, &rules), killed.step(at_s, &signals, &rules));
        }
        prop_assert_eq!(whole, killed);
    }
}
