//! The mark in our own statements: what we ask a server is no part of anybody's load.
//!
//! Statistics keep one text for all that do the same, whoever ran it first. So what an application does as well, and
//! what may take long there, has no mark: a `COMMIT` of ours would make every `COMMIT` look like ours.

use crate::shape::{Class, Kind, Tokens};

/// What stands in our own statements, so that their cost can be told from a load's.
pub const OWN_MARK: &str = "/* loadline */";

/// A text of one or more statements, each with the mark after its first word; those of transactions stay as they are.
///
/// ```
/// use loadline_pg::cost::marked;
///
/// assert_eq!(marked("BEGIN; SELECT 1; SET a = 1"), "BEGIN; SELECT /* loadline */ 1; SET /* loadline */ a = 1");
/// assert_eq!(marked("SELECT /* loadline */ 1"), "SELECT /* loadline */ 1");
/// ```
pub fn marked(text: &str) -> String {
    let (mut done, mut from, mut first) = (String::with_capacity(text.len() + OWN_MARK.len() + 1), 0, None);
    let mut end = |from: usize, first: Option<usize>, to: usize| {
        let statement = &text[from..to];
        match first.filter(|_| is_ours_alone(statement)) {
            Some(first) => done += &format!("{} {OWN_MARK}{}", &text[from..first], &text[first..to]),
            None => done += statement,
        }
    };
    for token in Tokens::of(text) {
        match token.kind {
            Kind::Sign(';') => {
                end(from, first, token.range.end);
                (from, first) = (token.range.end, None);
            }
            Kind::Word if first.is_none() => first = Some(token.range.end),
            _ => {}
        }
    }
    end(from, first, text.len());
    done
}

/// Whether it has no mark yet, and is nothing that ends up in one entry with an application's own.
fn is_ours_alone(statement: &str) -> bool {
    let mut tokens = Tokens::of(statement).filter(|token| token.kind != Kind::Space);
    // In quotes it is a value, of which statistics keep nothing.
    let is_mark = |kind, text: &str| kind == Kind::Comment && text == OWN_MARK;
    let is_set = || {
        let first = Tokens::of(statement).find(|token| token.kind == Kind::Word);
        first.is_some_and(|token| statement[token.range].eq_ignore_ascii_case("set"))
    };
    !tokens.any(|token| is_mark(token.kind, &statement[token.range]))
        && (Class::of(statement).is_work() || is_set())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_is_ours_alone_has_a_mark() {
        for (text, expected) in [
            ("", ""),
            ("COMMIT", "COMMIT"),
            ("SAVEPOINT attempt; RELEASE SAVEPOINT attempt", "SAVEPOINT attempt; RELEASE SAVEPOINT attempt"),
            ("SELECT ';' ;", "SELECT /* loadline */ ';' ;"),
            ("(SELECT 1)", "(SELECT /* loadline */ 1)"),
            (
                "SHOW a;; WITH b AS (SELECT 1) SELECT",
                "SHOW /* loadline */ a;; WITH /* loadline */ b AS (SELECT 1) SELECT",
            ),
            ("SELECT '/* loadline */'", "SELECT /* loadline */ '/* loadline */'"),
            ("EXPLAIN (ANALYZE) SELECT 1", "EXPLAIN /* loadline */ (ANALYZE) SELECT 1"),
        ] {
            assert_eq!(marked(text), expected);
        }
    }

    proptest! {
        #[test]
        fn nothing_but_marks_is_added(text in "[A-Za-z ;'$/*\"()1é-]{0,60}|(SELECT 1|SET a = 1|BEGIN|;| |'a;b'){0,8}") {
            let one = marked(&text);
            prop_assert_eq!(marked(&one), one.clone());
            prop_assert_eq!(one.replace(&format!(" {OWN_MARK}"), ""), text.replace(&format!(" {OWN_MARK}"), ""));
        }
    }
}
