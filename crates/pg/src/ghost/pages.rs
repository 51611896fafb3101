//! Pages of PostgreSQL: entries of indexes, rows of tables, maps of what everybody sees.
//!
//! The values that a ghost's indexes begin and end with are of rows that are not there; a planner looks for the row
//! only where a table's map does not say that everybody sees all of a page, so the map says it of the first one.
//!
//! Layouts: `bufpage.h`, `itemid.h`, `itup.h` and `visibilitymap.c` of PostgreSQL, the same from 15 to 18.

/// Bytes of a page. Servers built with another size have no ghosts.
pub const PAGE_BYTES: usize = 8192;

/// Header of a page.
pub(super) const HEADER: usize = 24;
/// A column of the entry is null, or of a type of any length.
const HAS_NULLS: u16 = 0x8000;
const HAS_ANY_LENGTH: u16 = 0x4000;
/// Two fit into a page with much to spare.
const LONGEST_ENTRY: usize = 2048;
/// A row's own header, and the bit in it that says that a value is kept in another table.
const ROW_HEADER: usize = 23;
const ROW_IS_ELSEWHERE: u8 = 4;

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

/// A page's header: where its free space begins and ends, and where what its kind keeps begins.
pub(super) fn head(page: &mut [u8], lower: usize, upper: usize, special: usize) {
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

pub(super) fn number(page: &[u8], at: usize) -> u32 {
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&page[at..at + 4]);
    u32::from_le_bytes(bytes)
}

pub(super) fn write(page: &mut [u8], at: usize, value: u32) {
    page[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

pub(super) fn short(page: &mut [u8], at: usize, value: u16) {
    page[at..at + 2].copy_from_slice(&value.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
