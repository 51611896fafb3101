//! Statements about the system's own tables: those of monitors, of `pg_dump`, of portraits.
//!
//! They are nobody's load, and a ghost's catalogues are as large as its own schema makes them, so their plans say
//! nothing of production's.

use crate::portrait::Portrait;
use crate::shape::{Kind, Tokens};

/// Whether a statement reads a table of the system's.
///
/// ```
/// use loadline_pg::{diff::is_of_catalogs, portrait::Portrait};
///
/// let is_of_catalogs = |text| is_of_catalogs(&Portrait::default(), text);
/// assert!(is_of_catalogs("SELECT relname FROM pg_catalog.pg_class"));
/// assert!(!is_of_catalogs("SELECT pg_sleep($1), 'pg_class', x::pg_catalog.pg_lsn FROM t"));
/// ```
pub fn is_of_catalogs(portrait: &Portrait, text: &str) -> bool {
    let tokens: Vec<_> =
        Tokens::of(text).filter(|token| !matches!(token.kind, Kind::Space | Kind::Comment)).collect();
    let word = |at: usize| tokens.get(at).map_or("", |token| &text[token.range.clone()]);
    (0..tokens.len()).any(|at| {
        let name = word(at);
        let is_named = tokens[at].kind == Kind::Word
            && name.get(..3).is_some_and(|begin| begin.eq_ignore_ascii_case("pg_"))
            && !["(", "."].contains(&word(at + 1));
        // What stands before the schema, if one is named.
        let before = if at >= 2 && word(at - 1) == "." { at.checked_sub(3) } else { at.checked_sub(1) };
        let is_type = before.is_some_and(|before| word(before).ends_with(':'));
        is_named
            && !is_type
            && !portrait.relations.iter().any(|relation| relation.name.eq_ignore_ascii_case(name))
    })
}
