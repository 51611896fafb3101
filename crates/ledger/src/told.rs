//! An account in words.

use loadline_units as units;

use crate::difference::{Change, Changed};
use crate::item::{Item, What};
use crate::limit::Limit;
use crate::reading::{Gap, Reading};

/// What is less than this part of a difference is not worth a word.
const LEAST_PART: f64 = 0.05;
/// … and so much overlapping is not.
const LEAST_OVERLAP: f64 = 0.01;
/// So many are named.
const MOST_NAMED: usize = 3;
/// A percentile that is this near to the median needs no reason.
const NEAR: f64 = 1.1;

/// What makes an endpoint's slow requests slow: `requests around p95 take 412ms more than those around the median
/// (493ms): 380ms of it server: pool wait, 32ms elsewhere`. `None` where there is nothing to be said.
pub fn gap_words(gap: &Gap) -> Option<String> {
    let above = gap.slow_ms - gap.median_ms;
    if gap.slow_ms < gap.median_ms * NEAR || above <= 0.0 {
        return None;
    }
    let percentile = format!("p{}", (gap.quantile * 1e5).round() / 1e3);
    let named: Vec<&Item> = gap
        .made_of
        .iter()
        .filter(|item| item.what != What::Overlap && item.mean_ms >= LEAST_PART * above)
        .take(MOST_NAMED)
        .collect();
    let mut of: Vec<String> =
        named.iter().enumerate().map(|(place, item)| amount(item, place == 0)).collect();
    let rest = above - named.iter().map(|item| item.mean_ms).sum::<f64>();
    if rest.abs() >= LEAST_PART * above {
        of.push(format!("{} elsewhere", units::time(rest)));
    }
    Some(format!(
        "requests around {percentile} take {} more than those around the median ({}): {}",
        units::time(above),
        units::time(gap.median_ms),
        of.join(", ")
    ))
}

fn amount(item: &Item, is_first: bool) -> String {
    let of_it = if is_first { " of it" } else { "" };
    format!("{}{of_it} {}", units::time(item.mean_ms), item.what)
}

/// What most of an endpoint's time goes to: `2.1ms on average, 71 % of it server: db.select users`.
pub fn whole_words(reading: &Reading) -> Option<String> {
    let whole = &reading.whole;
    let most = whole.items.iter().max_by(|a, b| a.mean_ms.total_cmp(&b.mean_ms))?;
    if whole.total_ms <= 0.0 {
        return None;
    }
    let part = units::whole_percent(most.mean_ms / whole.total_ms);
    Some(format!("{} on average, {part} of it {}", units::time(whole.total_ms), most.what))
}

/// What has to be said beside an account, each as a sentence of its own.
pub fn notes(reading: &Reading) -> Vec<String> {
    let whole = &reading.whole;
    let mut notes = Vec::new();
    if whole.told > 0.0 && whole.told < 0.995 {
        notes.push(format!(
            "the server told of {} of the requests; the waiting of the others is taken to be like theirs",
            units::percent(whole.told)
        ));
    }
    if whole.refused > 0.0 {
        notes.push(format!(
            "of {} of the requests the server says what cannot be true or cannot be read: it is left out",
            units::percent(whole.refused)
        ));
    }
    // Less is what servers round by.
    if whole.ms(&What::Overlap).abs() >= LEAST_OVERLAP * whole.total_ms && whole.total_ms > 0.0 {
        notes.push(
            "parts of the server went on at the same time: what they overlap by is taken off once".to_owned(),
        );
    }
    notes
}

/// What has changed between two builds: `+38ms on average (52ms → 90ms): +35ms server: db.q7, +3ms elsewhere`. `None`
/// where nothing has, or nothing that is more than chance.
pub fn change_words(change: &Change, of: &str) -> Option<String> {
    let told = |items: &[Changed]| -> Vec<Changed> {
        items.iter().filter(|item| item.is_told() && matters(item, change)).cloned().collect()
    };
    let (counted, before) = (told(&change.items), told(&change.before));
    if counted.is_empty() && before.is_empty() {
        return None;
    }
    let all = change.change_ms();
    let named: Vec<String> = counted
        .iter()
        .take(MOST_NAMED)
        .map(|item| format!("{} {}", signed(item.change_ms), item.what))
        .collect();
    let rest = all - counted.iter().take(MOST_NAMED).map(|item| item.change_ms).sum::<f64>();
    let mut words =
        format!("{} {of} ({} → {})", signed(all), units::time(change.base_ms), units::time(change.head_ms));
    if !named.is_empty() {
        words += &format!(": {}", named.join(", "));
        if rest.abs() >= LEAST_PART * all.abs() {
            words += &format!(", {} elsewhere", signed(rest));
        }
    }
    let before: Vec<String> = before
        .iter()
        .take(MOST_NAMED)
        .map(|item| format!("{} {}", signed(item.change_ms), item.what))
        .collect();
    if !before.is_empty() {
        words += &format!("; before it, and no part of it: {}", before.join(", "));
    }
    Some(words)
}

/// Whether a change is large enough to be named: beside the whole change, and beside what it is a change of.
fn matters(item: &Changed, change: &Change) -> bool {
    item.change_ms.abs() >= LEAST_PART * change.change_ms().abs()
        && item.change_ms.abs() >= LEAST_PART * LEAST_PART * change.base_ms.max(change.head_ms)
}

fn signed(ms: f64) -> String {
    if ms < 0.0 { units::time(ms) } else { format!("+{}", units::time(ms)) }
}

/// What limited a run, in words, with how sure that is.
pub fn limit_words(limit: &Limit) -> String {
    let percent = units::whole_percent;
    if limit.is_sure() {
        format!(
            "likeliest limit: {} ({} when requests were slow, {} when they were not; they go together, rank correlation {:.2} over {} seconds)",
            limit.name,
            percent(limit.slow),
            percent(limit.calm),
            limit.correlation,
            limit.seconds
        )
    } else {
        format!(
            "perhaps limited by {}, which is used up all the time ({} when requests were slow, {} when they were not)",
            limit.name,
            percent(limit.slow),
            percent(limit.calm)
        )
    }
}
