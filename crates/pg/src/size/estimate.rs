//! One question and one answer for all access methods.

use crate::ghost::Counts;

use super::subject::{PAGE_BYTES, Subject};
use super::{hash, inverted, ranges, tree};

/// How large it would be.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Size {
    /// Pages of its file.
    pub pages: u32,
    /// Its rows.
    pub rows: f64,
    /// Levels above the leaves of a B-tree.
    pub height: u32,
    /// What a GIN index counts of itself.
    pub counts: Option<Counts>,
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
/// use loadline_pg::size::{Key, Subject, estimate};
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
    let mut counts = None;
    let (pages, height) = match subject.method {
        "btree" => tree::pages(subject, rows),
        "hash" => (hash::pages(rows), 0),
        "gin" => {
            let counted = inverted::counts(subject, rows);
            counts = Some(counted);
            (2.0 + f64::from(counted.entry_pages) + f64::from(counted.data_pages), 0)
        }
        "brin" => (ranges::block_ranges(subject), 0),
        method => (ranges::bounds(subject, rows, method), 0),
    };
    Size { pages: pages.clamp(1.0, f64::from(u32::MAX)) as u32, rows, height, counts }
}
