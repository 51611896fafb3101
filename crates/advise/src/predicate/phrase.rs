//! Words and operators of conditions, and what they mean to an index.

use super::condition::Operand;

/// Functions that look for what touches or is near, with an index on their first two arguments.
pub(super) const SPATIAL: [&str; 17] = [
    "st_dwithin",
    "st_intersects",
    "st_contains",
    "st_within",
    "st_covers",
    "st_coveredby",
    "st_crosses",
    "st_equals",
    "st_overlaps",
    "st_touches",
    "st_containsproperly",
    "st_dfullywithin",
    "st_3dintersects",
    "st_3ddwithin",
    "st_3ddfullywithin",
    "st_orderingequals",
    "st_linecrossingdirection",
];

/// What is before `DESC NULLS LAST`, and what that says.
pub(super) fn direction(key: &str) -> (&str, bool, bool) {
    let (rest, nulls) = match key.strip_suffix(" NULLS LAST") {
        Some(rest) => (rest, Some(false)),
        None => key.strip_suffix(" NULLS FIRST").map_or((key, None), |rest| (rest, Some(true))),
    };
    let (rest, descending) = rest.strip_suffix(" DESC").map_or((rest, false), |rest| (rest, true));
    (rest, descending, nulls.unwrap_or(descending))
}

/// Whether a pattern begins with something that is no wild card.
pub(super) fn is_prefix(pattern: &Operand) -> bool {
    let text = pattern.whole.trim_start_matches('(');
    text.strip_prefix('\'').is_some_and(|text| !text.starts_with(['%', '_', '\'']))
        || pattern.parameter.is_some()
}

/// The operator with its sides changed.
pub(super) fn turned(operator: &str) -> Option<&'static str> {
    Some(match operator {
        "=" => "=",
        "<" => ">",
        ">" => "<",
        "<=" => ">=",
        ">=" => "<=",
        "&&" => "&&",
        "@>" => "<@",
        "<@" => "@>",
        "<<" => ">>",
        ">>" => "<<",
        "<<=" => ">>=",
        ">>=" => "<<=",
        "~" => "@",
        "@" => "~",
        "%" => "%",
        _ => return None,
    })
}
