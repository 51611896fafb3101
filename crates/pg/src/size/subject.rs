//! What is asked about an index, and what all access methods have in common.

use super::key::Key;

/// Bytes of a page, and of them those that rows of an index can have.
pub(super) const PAGE_BYTES: f64 = 8192.0;
/// The head of a page.
pub(super) const PAGE_HEAD: f64 = 24.0;
/// The place of a row in its page.
pub(super) const POINTER: f64 = 4.0;
/// The head of an index's row.
pub(super) const ROW_HEAD: f64 = 8.0;

/// What an index would be of.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject<'a> {
    /// The access method: `btree`, `gin`.
    pub method: &'a str,
    /// Its keys in their order.
    pub keys: &'a [Key],
    /// Columns that it carries along (`INCLUDE`).
    pub include: &'a [Key],
    /// The class of its first key where it matters: `gin_trgm_ops`, `jsonb_path_ops`; or empty.
    pub class: &'a str,
    /// Rows of the table that it has: all of them, or those that its predicate leaves.
    pub rows: f64,
    /// Rows of the table.
    pub table_rows: f64,
    /// Pages of the table.
    pub table_pages: f64,
    /// Pages of a block range, for BRIN; 0 for the usual 128.
    pub pages_per_range: u32,
}

/// The next multiple.
pub(super) fn aligned(bytes: f64, to: f64) -> f64 {
    (bytes / to).ceil() * to
}

/// Bytes of an index's row of these columns, with its place in the page.
pub(super) fn row_bytes<'a>(columns: impl Iterator<Item = &'a Key>) -> f64 {
    let (mut data, mut nulls) = (0.0, 0.0_f64);
    for column in columns {
        data = aligned(data, column.alignment()) + column.bytes * (1.0 - column.nulls);
        nulls = nulls.max(column.nulls);
    }
    // A row with a null has a map of them behind its head: eight bytes in all.
    aligned(ROW_HEAD + data + 8.0 * nulls, 8.0) + POINTER
}
