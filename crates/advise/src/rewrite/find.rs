//! What can be changed in a statement: each kind is asked.

use super::found::Rewrite;
use super::source::Source;
use super::{cast, day, distance, either, exists, offset};
use crate::catalogue::Table;

/// What can be changed in a statement over these tables.
///
/// ```
/// use loadline_advise::rewrite::rewrites;
///
/// let found = rewrites("SELECT 1 WHERE (SELECT count(*) FROM t) > 0", &[]);
/// assert_eq!(found[0].text, "SELECT 1 WHERE EXISTS (SELECT FROM t)");
/// assert!(rewrites("SELECT '(SELECT count(*) FROM t) > 0'", &[]).is_empty());
/// ```
pub fn rewrites(text: &str, tables: &[&Table]) -> Vec<Rewrite> {
    let source = Source::of(text);
    if source.tokens.iter().any(|token| token.is_open) {
        return Vec::new();
    }
    let mut found = Vec::new();
    found.extend(distance::rewrite(&source));
    found.extend(offset::rewrite(&source, tables));
    found.extend(day::rewrite(&source, tables));
    found.extend(cast::rewrite(&source, tables));
    found.extend(either::rewrite(&source));
    found.extend(exists::count(&source));
    found.extend(exists::not_in(&source, tables));
    found
}
