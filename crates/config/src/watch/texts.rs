//! Texts of `[watch]` that mean something: durations, severities.

use loadline_tables::{Table, Text, Wrong};
use loadline_units::parse_duration;
use loadline_watch::Severity;

/// Longer windows reach beyond what most servers keep.
pub(super) const LONGEST_S: u64 = 30 * 24 * 3600;

/// A duration in whole seconds, if it is there and one.
pub(super) fn seconds(table: &Table<'_>, key: &str, wrong: &mut Wrong) -> Option<u64> {
    let text = table.text(key, wrong)?;
    let length = parse_duration(&text.text)
        .ok()
        .filter(|length| length.subsec_nanos() == 0 && length.as_secs() > 0 && length.as_secs() <= LONGEST_S);
    if length.is_none() {
        let message = format!("`{key}` takes whole seconds up to 30 days, such as `\"5m\"`");
        wrong.add(|| table.source.problem(text.span.clone(), message));
    }
    length.map(|length| length.as_secs())
}

/// How urgent something is.
pub(super) fn severity(table: &Table<'_>, text: &Text, wrong: &mut Wrong) -> Option<Severity> {
    let severity = Severity::of_name(&text.text);
    if severity.is_none() {
        wrong.add(|| table.source.problem(text.span.clone(), "a severity is `page` or `ticket`"));
    }
    severity
}
