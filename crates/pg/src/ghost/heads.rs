//! First pages of indexes that say what those of a full one say to the planner.
//!
//! The planner takes the size of everything from the length of its file, but it asks some indexes themselves. A B-tree
//! is asked for its height, and for its smallest and largest value; one with the height of a full one and nothing but
//! these two values is a tree of one page per level, as a full one becomes when everything else in it is deleted:
//! looking something up in it works. BRIN is asked for the pages of its map of ranges, and GIN for how many pages and
//! entries of each kind it has. Hash, `GiST` and SP-`GiST` are asked for nothing.
//!
//! Layouts: `nbtree.h`, `brin_page.h` and `ginblock.h` of PostgreSQL, the same from 15 to 18.

use serde::{Deserialize, Serialize};

use super::pages::{HEADER, PAGE_BYTES, head, short, write};

/// What B-trees keep at a page's end, and where their first page's own figures end.
const TREE_SPECIAL: usize = 16;
const TREE_LOWER: usize = HEADER + 48;
const TREE_MAGIC: u32 = 0x0005_3162;
const TREE_VERSION: u32 = 4;
/// No tree of PostgreSQL is higher than a few levels: at two entries a page, 2^32 pages have 32.
const HIGHEST: u32 = 32;
const LEAF: u16 = 1;
const ROOT: u16 = 2;
const TREE_META: u16 = 8;
/// The entry has another form: here, no column at all, which is smaller than everything.
const ALTERNATIVE: u16 = 0x2000;

/// What BRIN and GIN keep at a page's end.
const SPECIAL: usize = PAGE_BYTES - 8;
const RANGE_LOWER: usize = HEADER + 16;
const RANGE_MAGIC: u32 = 0xA810_9CFA;
const RANGE_VERSION: u32 = 1;
const RANGE_META: u16 = 0xF091;
/// Entries of a page of BRIN's map: (8192 - 24 - 8) / 6.
const RANGES_PER_MAP_PAGE: u64 = 1360;
/// Pages of a range where nobody has said otherwise.
const PAGES_PER_RANGE: u32 = 128;

const ENTRIES_LOWER: usize = HEADER + 56;
const ENTRIES_VERSION: u32 = 2;
const ENTRIES_META: u16 = 8;
const ENTRIES_LEAF: u16 = 2;
const NO_PAGE: u32 = u32::MAX;

/// What a GIN index counts of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Pages of new rows that are not sorted in yet.
    pub pending_pages: u32,
    /// Pages of the tree of entries.
    pub entry_pages: u32,
    /// Pages of lists of rows.
    pub data_pages: u32,
    /// Different entries.
    pub entries: u64,
}

/// The first pages of a B-tree of this height, the levels above its leaves, with these entries in their order; nothing
/// for a tree that is higher than any can be.
pub fn tree(height: u32, entries: &[Vec<u8>]) -> Option<Vec<u8>> {
    if height > HIGHEST {
        return None;
    }
    let mut meta = [0; PAGE_BYTES];
    head(&mut meta, TREE_LOWER, PAGE_BYTES - TREE_SPECIAL, PAGE_BYTES - TREE_SPECIAL);
    // Root, its level, and both again for the level where searches begin.
    for (place, value) in [(0, TREE_MAGIC), (4, TREE_VERSION), (8, 1), (12, height), (16, 1), (20, height)] {
        write(&mut meta, HEADER + place, value);
    }
    // Nobody knows how many rows the table had when it was last vacuumed. That equal values have equal bytes, which
    // would let entries be merged, is not said: it would be true of some types only.
    meta[HEADER + 32..HEADER + 40].copy_from_slice(&(-1.0_f64).to_le_bytes());
    short(&mut meta, PAGE_BYTES - TREE_SPECIAL + 12, TREE_META);
    let mut pages = meta.to_vec();
    for level in (0..=height).rev() {
        let block = 1 + height - level;
        let down = [down(block + 1)];
        let entries = if level > 0 { &down[..] } else { entries };
        pages.extend_from_slice(&level_page(level, level == height, entries));
    }
    Some(pages)
}

/// The way to the page below: an entry without a column, which is smaller than everything.
fn down(below: u32) -> Vec<u8> {
    let mut entry = vec![0; 8];
    short(&mut entry, 0, (below >> 16) as u16);
    short(&mut entry, 2, below as u16);
    short(&mut entry, 6, 8 | ALTERNATIVE);
    entry
}

/// The only page of a level.
fn level_page(level: u32, is_root: bool, entries: &[Vec<u8>]) -> [u8; PAGE_BYTES] {
    let mut page = [0; PAGE_BYTES];
    let special = PAGE_BYTES - TREE_SPECIAL;
    let (mut lower, mut upper) = (HEADER, special);
    for entry in entries {
        if lower + 4 + entry.len() > upper {
            break;
        }
        upper -= entry.len();
        // Where the entry is, that it is one, and how long it is.
        write(&mut page, lower, upper as u32 | 1 << 15 | (entry.len() as u32) << 17);
        page[upper..upper + entry.len()].copy_from_slice(entry);
        lower += 4;
    }
    head(&mut page, lower, upper, special);
    write(&mut page, special + 8, level);
    let flags = if level == 0 { LEAF } else { 0 } | if is_root { ROOT } else { 0 };
    short(&mut page, special + 12, flags);
    page
}

/// The first page of a BRIN index with ranges of so many pages, 0 for the usual number, over a table of so many.
///
/// ```
/// // The map's last page is behind the first page of ranges, of which a page of the map has 1,360.
/// let last = |page: Vec<u8>| page[36];
/// assert_eq!(last(loadline_pg::ghost::range_map(128, 1360 * 128)), 1);
/// assert_eq!(last(loadline_pg::ghost::range_map(0, 1360 * 128 + 1)), 2);
/// ```
pub fn range_map(pages_per_range: u32, table_pages: u64) -> Vec<u8> {
    let per_range = if pages_per_range == 0 { PAGES_PER_RANGE } else { pages_per_range };
    let last = 1 + table_pages.saturating_sub(1) / u64::from(per_range) / RANGES_PER_MAP_PAGE;
    let last = u32::try_from(last).unwrap_or(u32::MAX);
    let mut page = vec![0; PAGE_BYTES];
    head(&mut page, RANGE_LOWER, SPECIAL, SPECIAL);
    for (place, value) in [(0, RANGE_MAGIC), (4, RANGE_VERSION), (8, per_range), (12, last)] {
        write(&mut page, HEADER + place, value);
    }
    short(&mut page, PAGE_BYTES - 2, RANGE_META);
    page
}

/// The first two pages of a GIN index that has counted this, of so many pages in all.
pub fn entry_counts(counts: &Counts, pages: u32) -> Vec<u8> {
    let mut meta = vec![0; PAGE_BYTES];
    head(&mut meta, ENTRIES_LOWER, SPECIAL, SPECIAL);
    for (place, value) in [
        // There is no list of new rows to read, whatever its length is said to be.
        (0, NO_PAGE),
        (4, NO_PAGE),
        (12, counts.pending_pages),
        (24, pages),
        (28, counts.entry_pages),
        (32, counts.data_pages),
        (48, ENTRIES_VERSION),
    ] {
        write(&mut meta, HEADER + place, value);
    }
    meta[HEADER + 40..HEADER + 48].copy_from_slice(&counts.entries.to_le_bytes());
    let end = |page: &mut [u8], flags| {
        write(page, SPECIAL, NO_PAGE);
        short(page, PAGE_BYTES - 2, flags);
    };
    end(&mut meta, ENTRIES_META);
    let mut root = [0; PAGE_BYTES];
    head(&mut root, HEADER, SPECIAL, SPECIAL);
    end(&mut root, ENTRIES_LEAF);
    meta.extend_from_slice(&root);
    meta
}

#[cfg(test)]
mod tests {
    use super::super::pages::{entry, number};
    use super::*;

    #[test]
    fn a_tree_has_a_page_for_each_level_and_the_way_down() {
        let pages = tree(2, &[entry(&[7, 0, 0, 0], 1, false, false).unwrap()]).unwrap();
        assert_eq!(pages.len(), 4 * PAGE_BYTES);
        let page = |block: usize| &pages[block * PAGE_BYTES..(block + 1) * PAGE_BYTES];
        let places: Vec<u32> = (0..4).map(|place| number(page(0), HEADER + 8 + place * 4)).collect();
        assert_eq!(places, [1, 2, 1, 2]);
        let levels: Vec<u32> = (1..4).map(|block| number(page(block), PAGE_BYTES - 8)).collect();
        assert_eq!(levels, [2, 1, 0]);
        let flags: Vec<u8> = (0..4).map(|block| page(block)[PAGE_BYTES - 4]).collect();
        assert_eq!(flags, [8, 2, 0, 1]);
        assert_eq!(tree(0, &[]).unwrap().len(), 2 * PAGE_BYTES);
        assert_eq!(tree(33, &[]), None);
    }

    #[test]
    fn a_map_has_a_page_for_1360_ranges() {
        let last = |range, pages| number(&range_map(range, pages), HEADER + 12);
        assert_eq!((last(128, 0), last(1, 1_000_000)), (1, 736));
        assert_eq!(number(&range_map(0, 1), HEADER + 8), 128);
    }

    #[test]
    fn counts_stand_where_a_planner_reads_them() {
        let counts = Counts { pending_pages: 3, entry_pages: 40, data_pages: 7, entries: 1 << 33 };
        let pages = entry_counts(&counts, 51);
        let at = |place| number(&pages, HEADER + place);
        assert_eq!((at(12), at(24), at(28), at(32), at(40), at(44)), (3, 51, 40, 7, 0, 2));
        assert_eq!(pages.len(), 2 * PAGE_BYTES);
    }
}
