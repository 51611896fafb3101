//! When alerts are on, by counting: no query, no extrapolation.

use loadline_watch::{BurnWindow, FEWEST_BAD, Settings};

use super::course::Course;
use crate::source::Counted;

/// Whether the alert of a budget and a pair of windows is on, slot by slot.
pub(super) fn on(settings: &Settings, counted: &Counted, window: &BurnWindow, course: &Course) -> Vec<bool> {
    let sums = course.counts(counted);
    let in_window = |slot: usize, length_s: u64| {
        let from = slot.saturating_sub((length_s / settings.step_s) as usize);
        (sums[slot].0 - sums[from].0, sums[slot].1 - sums[from].1)
    };
    let permitted = counted.objective.permitted;
    let burns = |slot: usize| {
        let ((long, long_bad), (short, short_bad)) =
            (in_window(slot, window.long_s), in_window(slot, window.short_s));
        let beyond = |bad: f64, total: f64| bad / total / permitted > window.factor;
        beyond(long_bad, long)
            && beyond(short_bad, short)
            && long_bad.round() >= FEWEST_BAD
            && long.round() >= settings.min_requests as f64
    };
    let states: Vec<bool> = (0..sums.len()).map(burns).collect();
    held(&states, settings)
}

/// An alert is on when it has burnt for long enough, and for a while after it has not.
fn held(burns: &[bool], settings: &Settings) -> Vec<bool> {
    let slots = |seconds: u64| seconds.div_ceil(settings.step_s) as usize;
    let (pending, keep) = (slots(settings.rules.pending_s), slots(settings.rules.resolve_after_s));
    let (mut since, mut over) = (None, None);
    let mut is_on = false;
    let mut all = Vec::with_capacity(burns.len());
    for (slot, burns) in burns.iter().enumerate() {
        if *burns {
            over = None;
            is_on |= slot - *since.get_or_insert(slot) >= pending;
        } else {
            is_on &= slot - *over.get_or_insert(slot) < keep;
            since = since.filter(|_| is_on);
        }
        all.push(is_on);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_waits_and_stays() {
        let mut settings = Settings::default();
        let text = |settings: &Settings, burns: &str| {
            let burns: Vec<bool> = burns.chars().map(|letter| letter == 'x').collect();
            held(&burns, settings).iter().map(|on| if *on { 'x' } else { '.' }).collect::<String>()
        };
        settings.rules.resolve_after_s = 120;
        assert_eq!(text(&settings, "..xx.x...."), "..xxxxxx..");
        settings.rules.pending_s = 60;
        assert_eq!(text(&settings, "..x.xxx...."), ".....xxxx..");
        settings.rules.resolve_after_s = 0;
        assert_eq!(text(&settings, "..xxx.xx"), "...xx..x");
    }
}
