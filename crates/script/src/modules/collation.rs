//! `localeCompare` as people sort: `a`, `A`, `ä`, `b`. QuickJS compares code points, which puts `Z` before `a`.
//!
//! k6 sorts by the root collation of Unicode. This is its order for the scripts that are written with letters, accents
//! and two cases: first signs, digits and letters, whatever their accents; then the accents; then lower case first.

use super::registry::{Definition, Natives};

pub(super) const GLOBALS: Definition =
    Definition { name: "collation", exports: &[], script: include_str!("collation.js"), natives };

#[expect(clippy::unnecessary_wraps, reason = "the natives of a definition may fail; this one has none")]
fn natives(_: &Natives<'_>) -> rquickjs::Result<()> {
    Ok(())
}
