//! First pages of empty indexes that say what a full one says to the planner.
//!
//! The planner takes a table's size from the length of its file, but it asks some indexes themselves. A B-tree is asked
//! for its height, and for its smallest and largest value; one with the height of a full one and nothing but these two
//! values is a tree of one page per level, as a full one becomes when everything else in it is deleted: looking
//! something up in it works. The values are of rows that are not there; that is asked for only where a table's map does
//! not say that everybody sees all of a page, so the map says it of the first one. BRIN is asked for the pages of its
//! map of ranges.
//!
//! Layouts: `bufpage.h`, `itemid.h`, `itup.h`, `nbtree.h`, `brin_page.h` and `visibilitymap.c` of PostgreSQL, the same
//! from 15 to 18.

/// Bytes of a page. Servers built with another size have no ghosts.
pub const PAGE_BYTES: usize = 8192;

/// Header of a page.
const HEADER: usize = 24;
/// What B-trees keep at a page's end.
const TREE_SPECIAL: usize = 16;
const TREE_MAGIC: u32 = 0x0005_3162;
const RANGE_MAGIC: u32 = 0xA810_9CFA;
/// Entries of a page of BRIN's map: (8192 - 24 - 8) / 6.
const RANGES_PER_MAP_PAGE: u64 = 1360;
/// No tree of PostgreSQL is higher than a few levels: at two entries a page, 2^32 pages have 32.
const HIGHEST: u32 = 32;
const LEAF: u16 = 1;
const ROOT: u16 = 2;
/// The entry has another form: here, no column at all, which is smaller than everything.
const ALTERNATIVE: u16 = 0x2000;
/// A column of the entry is null, or of a type of any length.
const HAS_NULLS: u16 = 0x8000;
const HAS_ANY_LENGTH: u16 = 0x4000;
/// Two fit into a page with much to spare.
const LONGEST_ENTRY: usize = 2048;
/// A row's own header, and the bit in it that says that a value is kept in another table.
const ROW_HEADER: usize = 23;
const ROW_IS_ELSEWHERE: u8 = 4;

/// Why there are no such pages.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PagesError {
    /// The first page is none of such an index.
    #[error("its first page is none of {0}")]
    Other(&'static str),
    /// There is no such height.
    #[error("no B-tree is {0} levels high")]
    TooHigh(u32),
}

/// An entry of a B-tree whose first key is this, as it stands in a row; all other columns of it are null. Nothing for a
/// value that is too large for an entry.
pub fn entry(value: &[u8], place: u16, has_more_columns: bool, is_of_any_length: bool) -> Option<Vec<u8>> {
    let from = if has_more_columns { 16 } else { 8 };
    let length = (from + value.len()).next_multiple_of(8);
    if length > LONGEST_ENTRY || value.is_empty() {
        return None;
    }
    let mut entry = vec![0; length];
    // The row: its page is the first one.
    short(&mut entry, 4, place);
    let nulls = if has_more_columns { HAS_NULLS } else { 0 };
    let any_length = if is_of_any_length { HAS_ANY_LENGTH } else { 0 };
    short(&mut entry, 6, length as u16 | nulls | any_length);
    if has_more_columns {
        entry[8] = 1;
    }
    entry[from..from + value.len()].copy_from_slice(value);
    Some(entry)
}

/// The first page of a table's map of pages whose rows everybody sees: the table's first page is one.
pub fn visibility() -> [u8; PAGE_BYTES] {
    let mut page = [0; PAGE_BYTES];
    head(&mut page, HEADER, PAGE_BYTES, PAGE_BYTES);
    page[HEADER] = 1;
    page
}

/// The first pages of a B-tree of this height with these entries, in their order, by the first page of an empty one of
/// height 0.
///
/// # Errors
/// See [`PagesError`].
pub fn tree(meta: &[u8], height: u32, entries: &[Vec<u8>]) -> Result<Vec<u8>, PagesError> {
    if meta.len() != PAGE_BYTES || number(meta, HEADER) != TREE_MAGIC {
        return Err(PagesError::Other("a B-tree"));
    }
    if height > HIGHEST {
        return Err(PagesError::TooHigh(height));
    }
    let mut pages = meta.to_vec();
    // Root, its level, and both again for the level where searches begin.
    for (place, value) in [(8, 1), (12, height), (16, 1), (20, height)] {
        write(&mut pages, HEADER + place, value);
    }
    for level in (0..=height).rev() {
        let block = 1 + height - level;
        let down = [down(block + 1)];
        let entries = if level > 0 { &down[..] } else { entries };
        pages.extend_from_slice(&level_page(level, level == height, entries));
    }
    Ok(pages)
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

/// A page's header: where its free space begins and ends, and where what its kind keeps begins.
fn head(page: &mut [u8], lower: usize, upper: usize, special: usize) {
    short(page, 12, lower as u16);
    short(page, 14, upper as u16);
    short(page, 16, special as u16);
    short(page, 18, PAGE_BYTES as u16 | 4);
}

/// The only column's value of each row in a table's pages, in their order; nothing for one that is kept elsewhere.
pub fn values(table: &[u8]) -> Vec<Option<Vec<u8>>> {
    let mut values = Vec::new();
    for page in table.chunks_exact(PAGE_BYTES) {
        let lower = usize::from(u16::from_le_bytes([page[12], page[13]]));
        for at in (HEADER..lower.min(PAGE_BYTES)).step_by(4) {
            let item = number(page, at);
            let (from, is_used, length) =
                (item as usize & 0x7fff, item >> 15 & 3 == 1, (item >> 17) as usize);
            let row = page.get(from..from + length).filter(|row| is_used && row.len() >= ROW_HEADER);
            values.push(row.and_then(|row| {
                let is_elsewhere = row[20] & ROW_IS_ELSEWHERE != 0;
                (!is_elsewhere).then(|| row.get(usize::from(row[22])..).map(<[u8]>::to_vec)).flatten()
            }));
        }
    }
    values
}

/// The first page of a BRIN index over a table of so many pages, by the one that it has over an empty table.
///
/// # Errors
/// See [`PagesError`].
pub fn range_map(meta: &[u8], table_pages: u64) -> Result<Vec<u8>, PagesError> {
    if meta.len() != PAGE_BYTES || number(meta, HEADER) != RANGE_MAGIC {
        return Err(PagesError::Other("a BRIN index"));
    }
    let per_range = u64::from(number(meta, HEADER + 8)).max(1);
    let last = 1 + table_pages.saturating_sub(1) / per_range / RANGES_PER_MAP_PAGE;
    let mut page = meta.to_vec();
    write(&mut page, HEADER + 12, u32::try_from(last).unwrap_or(u32::MAX));
    Ok(page)
}

fn number(page: &[u8], at: usize) -> u32 {
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&page[at..at + 4]);
    u32::from_le_bytes(bytes)
}

fn write(page: &mut [u8], at: usize, value: u32) {
    page[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

fn short(page: &mut [u8], at: usize, value: u16) {
    page[at..at + 2].copy_from_slice(&value.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta(magic: u32, range: u32) -> Vec<u8> {
        let mut page = vec![0; PAGE_BYTES];
        write(&mut page, HEADER, magic);
        write(&mut page, HEADER + 8, range);
        page
    }

    #[test]
    fn a_tree_has_a_page_for_each_level_and_the_way_down() {
        let pages = tree(&meta(TREE_MAGIC, 0), 2, &[entry(&[7, 0, 0, 0], 1, false, false).unwrap()]).unwrap();
        assert_eq!(pages.len(), 4 * PAGE_BYTES);
        let page = |block: usize| &pages[block * PAGE_BYTES..(block + 1) * PAGE_BYTES];
        let places: Vec<u32> = (0..4).map(|place| number(page(0), HEADER + 8 + place * 4)).collect();
        assert_eq!(places, [1, 2, 1, 2]);
        let levels: Vec<u32> = (1..4).map(|block| number(page(block), PAGE_BYTES - 8)).collect();
        assert_eq!(levels, [2, 1, 0]);
        let flags: Vec<u8> = (1..4).map(|block| page(block)[PAGE_BYTES - 4]).collect();
        assert_eq!(flags, [2, 0, 1]);
        assert_eq!(tree(&meta(TREE_MAGIC, 0), 0, &[]).unwrap().len(), 2 * PAGE_BYTES);
        assert_eq!(tree(&meta(1, 0), 1, &[]), Err(PagesError::Other("a B-tree")));
        assert_eq!(tree(&meta(TREE_MAGIC, 0), 33, &[]), Err(PagesError::TooHigh(33)));
    }

    #[test]
    fn an_entry_has_the_value_where_the_column_begins() {
        assert_eq!(
            entry(&[7, 0, 0, 0], 1, false, false).unwrap(),
            [0, 0, 0, 0, 1, 0, 16, 0, 7, 0, 0, 0, 0, 0, 0, 0]
        );
        let two = entry(&[5, b'a'], 2, true, true).unwrap();
        assert_eq!(two[4..10], [2, 0, 24, 0xc0, 1, 0]);
        assert_eq!(two[16..18], [5, b'a']);
        assert_eq!((entry(&[0; 3000], 1, false, true), entry(&[], 1, false, false)), (None, None));
    }

    #[test]
    fn values_are_read_out_of_rows() {
        let mut page = vec![0; PAGE_BYTES];
        head(&mut page, HEADER + 8, 8000, PAGE_BYTES);
        for (item, (from, is_elsewhere)) in [(8000, 0), (8100, ROW_IS_ELSEWHERE)].into_iter().enumerate() {
            write(&mut page, HEADER + 4 * item, from as u32 | 1 << 15 | 26 << 17);
            (page[from + 20], page[from + 22], page[from + 24]) = (is_elsewhere, 24, 9);
        }
        assert_eq!(values(&page), [Some(vec![9, 0]), None]);
        assert_eq!(values(&[0xff; PAGE_BYTES]).iter().flatten().count(), 0);
        assert!(values(&[0; 100]).is_empty());
    }

    #[test]
    fn a_map_has_a_page_for_1360_ranges() {
        let last = |pages, range| number(&range_map(&meta(RANGE_MAGIC, range), pages).unwrap(), HEADER + 12);
        assert_eq!(last(0, 128), 1);
        assert_eq!(last(1360 * 128, 128), 1);
        assert_eq!(last(1360 * 128 + 1, 128), 2);
        assert_eq!(last(1_000_000, 1), 736);
        assert!(range_map(&[0; 10], 5).is_err());
    }
}
