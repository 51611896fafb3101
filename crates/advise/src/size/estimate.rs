//! One question and one answer for all access methods.

use super::key::Key;
use super::{hash, inverted, ranges, tree};

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

/// How large it would be.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Size {
    /// Pages of its file.
    pub pages: u32,
    /// Its rows.
    pub rows: f64,
    /// Levels above the leaves of a B-tree.
    pub height: u32,
}

impl Size {
    /// Bytes of its file.
    pub fn bytes(&self) -> u64 {
        u64::from(self.pages) * PAGE_BYTES as u64
    }
}

/// The size of an index that was just built.
///
/// ```
/// use loadline_advise::size::{Key, Subject, estimate};
///
/// let id = Key { bytes: 4.0, distinct: 1e6, ..Key::unknown(1e6) };
/// let subject = Subject {
///     method: "btree", keys: &[id], include: &[], class: "", rows: 1e6, table_rows: 1e6, table_pages: 1e4,
///     pages_per_range: 0,
/// };
/// // PostgreSQL 15 makes 2,745 pages of a million different integers.
/// assert_eq!((estimate(&subject).pages, estimate(&subject).height), (2745, 2));
/// ```
pub fn estimate(subject: &Subject<'_>) -> Size {
    let rows = subject.rows.max(0.0);
    let (pages, height) = match subject.method {
        "btree" => tree::pages(subject, rows),
        "hash" => (hash::pages(rows), 0),
        "gin" => (inverted::pages(subject, rows), 0),
        "brin" => (ranges::block_ranges(subject), 0),
        method => (ranges::bounds(subject, rows, method), 0),
    };
    Size { pages: pages.clamp(1.0, f64::from(u32::MAX)) as u32, rows, height }
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
