//! Words and operators of conditions, and what they mean to an index.

use loadline_pg::shape::{Kind, Token, Tokens};

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

/// Types whose values say how something is computed, and not of what: a field's name, a language, a span of time.
const OF_COMPUTING: [&str; 10] = [
    "text",
    "character",
    "varchar",
    "bpchar",
    "name",
    "interval",
    "regconfig",
    "jsonpath",
    "integer",
    "numeric",
];

/// Whether an expression has a value that is one of many: a place, a moment, words that are looked for. An index of it
/// would serve that one value.
pub(super) fn has_place(expression: &str) -> bool {
    let tokens: Vec<Token> = Tokens::of(expression).filter(|token| token.kind != Kind::Space).collect();
    let word = |at: usize| tokens.get(at).map_or("", |token| &expression[token.range.clone()]);
    (0..tokens.len()).any(|at| {
        tokens[at].kind == Kind::Text
            && word(at + 1) == "::"
            && !OF_COMPUTING.contains(&word(at + 2))
            && !word(at + 2).starts_with("text")
    })
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_an_expression_is_one_of_many() {
        assert!(has_place("st_distance(spot, '0101'::geography, true)"));
        assert!(has_place("age(placed, '2025-01-01 00:00:00'::timestamp without time zone)"));
        assert!(!has_place("(settings ->> 'partner'::text)"));
        assert!(!has_place("to_tsvector('simple'::regconfig, body)"));
        assert!(!has_place("(placed + '01:00:00'::interval)"));
    }
}
