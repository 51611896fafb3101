//! The ledgers of a block's seconds, number by number, each kind of number in a column of its own.
//!
//! As in `stream`, one description both writes and reads. What stands behind a block is passed over by whoever knows no
//! ledgers.

use std::io;

use super::columns::{Column, ColumnReader, fold, unfold};
use crate::frame::Damage;
use crate::ledger::{AccountEntry, BandEntry};

const SECONDS: usize = 0;
const ENTRIES: usize = 1;
const TAGS: usize = 2;
const BANDS: usize = 3;
const INDEX: usize = 4;
const COUNT: usize = 5;
const PHASES: usize = 6;
const PHASE: usize = 7;
const TOLD: usize = 8;
const TOLD_WAITING: usize = 9;
const OVERLAP: usize = 10;
const REFUSED: usize = 11;
const PARTS: usize = 12;
const PART: usize = 13;
const PART_SUM: usize = 14;
const PART_COUNT: usize = 15;
/// The sums of each phase, from here on.
const SUMS: usize = 16;
const COLUMNS: usize = SUMS + 12;

/// Numbers in the columns, for each of their bytes; what repeats itself compresses to nothing.
const NUMBERS_A_BYTE: u64 = 256;
const NUMBERS: u64 = 1 << 20;

/// Writing, a number goes into its column and comes back; reading, what is given is ignored.
trait Numbers {
    fn number(&mut self, column: usize, given: u64) -> Result<u64, Damage>;

    fn signed(&mut self, column: usize, given: i64) -> Result<i64, Damage> {
        self.number(column, fold(given)).map(unfold)
    }

    /// A number that belongs to a list whose members are counted.
    fn length(&mut self, column: usize, given: usize) -> Result<usize, Damage> {
        let length = self.number(column, given as u64)?;
        usize::try_from(length).map_err(|_| "a block has absurd ledgers")
    }
}

impl Numbers for Vec<Column> {
    fn number(&mut self, column: usize, given: u64) -> Result<u64, Damage> {
        self[column].push(given);
        Ok(given)
    }
}

impl Numbers for Vec<ColumnReader> {
    fn number(&mut self, column: usize, _: u64) -> Result<u64, Damage> {
        self[column].next()
    }
}

/// The ledgers of each second of a block; nothing where there are none.
pub(crate) fn pack_accounts(seconds: &[Vec<AccountEntry>]) -> io::Result<Vec<u8>> {
    if seconds.iter().all(Vec::is_empty) {
        return Ok(Vec::new());
    }
    let mut columns: Vec<Column> = (0..COLUMNS).map(|_| Column::default()).collect();
    go_over(&mut columns, seconds, u64::MAX).map_err(io::Error::other)?;
    let columns: Vec<_> = columns.into_iter().map(Column::finish).collect::<io::Result<_>>()?;
    postcard::to_stdvec(&columns).map_err(io::Error::other)
}

/// Takes them apart again: what stands behind a block, with at most so many bands.
pub(crate) fn unpack_accounts(bytes: &[u8], most_bands: u64) -> Result<Vec<Vec<AccountEntry>>, Damage> {
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let columns: Vec<(Vec<u8>, Vec<u8>)> =
        postcard::from_bytes(bytes).map_err(|_| "the ledgers of a block do not decode")?;
    if columns.len() != COLUMNS {
        return Err("the ledgers of a block have other columns than they should");
    }
    let mut most = NUMBERS + bytes.len() as u64 * NUMBERS_A_BYTE;
    let mut readers = Vec::with_capacity(COLUMNS);
    for (tokens, bits) in columns {
        let reader = ColumnReader::new(&tokens, bits, most)?;
        most -= reader.len();
        readers.push(reader);
    }
    go_over(&mut readers, &[], most_bands)
}

fn go_over(
    numbers: &mut impl Numbers,
    given: &[Vec<AccountEntry>],
    most_bands: u64,
) -> Result<Vec<Vec<AccountEntry>>, Damage> {
    let nothing = AccountEntry { tags: 0, bands: Vec::new() };
    let no_band = BandEntry::default();
    let mut seconds = Vec::new();
    let mut bands = 0;
    for second in 0..numbers.length(SECONDS, given.len())? {
        let given = given.get(second).map_or(&[][..], Vec::as_slice);
        let mut entries = Vec::new();
        let mut tags: u32 = 0;
        for entry in 0..numbers.length(ENTRIES, given.len())? {
            let given = given.get(entry).unwrap_or(&nothing);
            let further = numbers.number(TAGS, u64::from(given.tags.wrapping_sub(tags)))?;
            tags = tags.wrapping_add(u32::try_from(further).map_err(|_| "a ledger has unknown tags")?);
            let mut entry = AccountEntry { tags, bands: Vec::new() };
            let mut index: u16 = 0;
            for band in 0..numbers.length(BANDS, given.bands.len())? {
                bands += 1;
                if bands > most_bands {
                    return Err("a block has too many ledgers");
                }
                let read = go_over_band(numbers, index, given.bands.get(band).unwrap_or(&no_band))?;
                index = read.index;
                entry.bands.push(read);
            }
            entries.push(entry);
        }
        seconds.push(entries);
    }
    Ok(seconds)
}

fn go_over_band(numbers: &mut impl Numbers, last: u16, given: &BandEntry) -> Result<BandEntry, Damage> {
    let further = numbers.number(INDEX, u64::from(given.index.wrapping_sub(last)))?;
    let further = u16::try_from(further).map_err(|_| "a ledger has absurd figures")?;
    let mut band = BandEntry { index: last.wrapping_add(further), ..BandEntry::default() };
    band.count = numbers.number(COUNT, given.count)?;
    for position in 0..numbers.length(PHASES, given.phases.len())? {
        let (phase, sum) = given.phases.get(position).copied().unwrap_or_default();
        let phase = numbers.number(PHASE, phase.into())?;
        let column = usize::try_from(phase).ok().map(|phase| SUMS + phase).filter(|column| *column < COLUMNS);
        let sum = numbers.signed(column.ok_or("a ledger has an unknown phase")?, sum)?;
        band.phases.push((phase as u8, sum));
    }
    band.told = numbers.number(TOLD, given.told)?;
    band.refused = numbers.number(REFUSED, given.refused)?;
    if band.told > 0 {
        band.told_waiting = numbers.signed(TOLD_WAITING, given.told_waiting)?;
        band.overlap = numbers.signed(OVERLAP, given.overlap)?;
        for position in 0..numbers.length(PARTS, given.parts.len())? {
            let (part, sum, count) = given.parts.get(position).copied().unwrap_or_default();
            let part = u32::try_from(numbers.number(PART, part.into())?)
                .map_err(|_| "a ledger has unknown parts")?;
            band.parts.push((part, numbers.signed(PART_SUM, sum)?, numbers.number(PART_COUNT, count)?));
        }
    }
    Ok(band)
}
