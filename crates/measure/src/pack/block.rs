//! A block: some minutes of a run, series by series instead of second by second.
//!
//! A series resembles itself a second ago, and its neighbours with the same tags in the same second, far more than it
//! resembles what was recorded just before it. So each series is gone over in time, those with the same tags one after
//! the other, and each kind of number goes into a column of its own (`columns`), as its distance from what could be
//! expected (`record`, `number`). What is left is close to what the values themselves are worth: the noise of a clock
//! with nanoseconds in the smallest, the largest and the sum of each second, and the position of each value among its
//! buckets.
//!
//! Blocks stand alone. A damaged one costs itself and what follows, and reading needs the memory of one block.

use std::collections::BTreeMap;
use std::io;

use serde::{Deserialize, Serialize};

use super::record::{Beside, Past, record};
use super::stream::{Reading, Stream, Whole, Writing};
use crate::frame::{Damage, Entry, Record};

/// The most seconds in a block; what claims more is not from a run.
pub(crate) const MOST_SECONDS: usize = 3600;

/// Seconds by column.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Block {
    seconds: u32,
    series: u32,
    columns: Vec<(Vec<u8>, Vec<u8>)>,
}

/// A second with what was kept of it.
pub(crate) type Kept = (u64, Vec<Entry>);

/// Puts seconds together, which must ascend and be at most [`MOST_SECONDS`].
pub(crate) fn pack(seconds: &[Kept]) -> io::Result<Block> {
    let mut series: BTreeMap<(u32, u32), Vec<Option<&Record>>> = BTreeMap::new();
    for (position, (_, entries)) in seconds.iter().enumerate() {
        for Entry { metric, tags, values } in entries {
            let of_series = series.entry((*tags, *metric)).or_insert_with(|| vec![None; seconds.len()]);
            of_series[position] = Some(values);
        }
    }
    let mut stream = Writing::new();
    let numbers: Vec<u64> = seconds.iter().map(|(second, _)| *second).collect();
    let names: Vec<(u32, u32)> = series.keys().copied().collect();
    let given: Vec<&[Option<&Record>]> = series.values().map(Vec::as_slice).collect();
    go_over(&mut stream, (numbers.len(), names.len()), (&numbers, &names, &given), |_, _, _| Ok(()))
        .map_err(io::Error::other)?;
    Ok(Block { seconds: numbers.len() as u32, series: names.len() as u32, columns: stream.finish()? })
}

/// Numbers in the columns of a block, whatever its length; what repeats itself compresses to nothing.
const NUMBERS: u64 = 4 << 20;
/// … and for each of its bytes.
const NUMBERS_A_BYTE: u64 = 256;

/// Takes seconds apart again: a block that takes so many bytes, and has at most so many records.
pub(crate) fn unpack(block: Block, bytes: usize, most_records: u64) -> Result<Vec<Kept>, Damage> {
    if block.seconds as usize > MOST_SECONDS {
        return Err("a block has too many seconds");
    }
    let mut stream = Reading::new(block.columns, NUMBERS + bytes as u64 * NUMBERS_A_BYTE)?;
    let mut records = 0;
    let mut entries: Vec<Vec<Entry>> = Vec::new();
    let numbers = go_over(
        &mut stream,
        (block.seconds as usize, block.series as usize),
        (&[], &[], &[]),
        |position, (tags, metric), values| {
            records += 1;
            if records > most_records {
                return Err("a block has too many records");
            }
            if entries.len() <= position {
                entries.resize_with(position + 1, Vec::new);
            }
            entries[position].push(Entry { metric, tags, values });
            Ok(())
        },
    )?;
    entries.resize_with(numbers.len(), Vec::new);
    Ok(numbers.into_iter().zip(entries).collect())
}

/// What is written: the seconds, the series as tags and metric, and the records of each series by the position of their
/// second.
type Given<'a> = (&'a [u64], &'a [(u32, u32)], &'a [&'a [Option<&'a Record>]]);

/// Goes over a block, written or read; gives the seconds back and each record with the position of its second.
fn go_over(
    stream: &mut impl Stream,
    (seconds, series): (usize, usize),
    (given_seconds, given_series, given): Given<'_>,
    mut take: impl FnMut(usize, (u32, u32), Record) -> Result<(), Damage>,
) -> Result<Vec<u64>, Damage> {
    let mut numbers = Vec::new();
    let mut second = 0u64;
    for position in 0..seconds {
        let stated = given_seconds.get(position).copied().unwrap_or_default();
        second = second.wrapping_add(stream.natural(Whole::Second, stated.wrapping_sub(second))?);
        numbers.push(second);
    }
    let mut beside = vec![Beside::default(); numbers.len()];
    let mut last_tags = 0;
    for position in 0..series {
        let (stated_tags, stated_metric) = given_series.get(position).copied().unwrap_or_default();
        let further = stream.natural(Whole::Tags, u64::from(stated_tags.wrapping_sub(last_tags)))?;
        let tags = u64::from(last_tags).checked_add(further).and_then(|tags| u32::try_from(tags).ok());
        let tags = tags.ok_or("a block has an unknown series")?;
        let metric = stream.natural(Whole::Metric, u64::from(stated_metric))?;
        let metric = u32::try_from(metric).map_err(|_| "a block has an unknown series")?;
        if tags != last_tags {
            for beside in &mut beside {
                beside.count = None;
            }
        }
        last_tags = tags;
        let mut past = Past::default();
        let given = given.get(position).copied().unwrap_or_default();
        for (at, beside) in beside.iter_mut().enumerate() {
            if let Some(record) = record(stream, &mut past, beside, given.get(at).copied().flatten())? {
                take(at, (tags, metric), record)?;
            }
        }
    }
    Ok(numbers)
}
