//! Writing a run that is over as small as it gets: version 2 of the file.
//!
//! Nothing has to be on disk before the end, so seconds wait until a block of them is full, and compressing may take
//! its time. A block is bounded by how much is in it, not by time: reading it takes memory, and a damaged one is lost.

use std::io::{self, Write};

use rustc_hash::FxHashMap;

use super::format::{End, Kind, MAGIC, News, PACKED, describe, write_frame};
use crate::frame;
use crate::ledger::{AccountEntry, accounts_of};
use crate::pack::{self, deflate};
use crate::run::Run;
use crate::window::Series;

/// Records in a block: 10 minutes of 200 series.
const FULL_RECORDS: usize = 120_000;
/// … as the reader counts them.
pub(super) const FULL_BLOCK: u64 = FULL_RECORDS as u64;
/// Values or buckets in a block: what is in the records may be large.
const FULL_VALUES: u64 = 2_000_000;

/// Writes a run that is over, much smaller than [`write_run`](crate::write_run) does and with the same content.
///
/// # Errors
/// Those of the writer.
pub fn write_packed<W: Write>(run: &Run, mut writer: W) -> io::Result<W> {
    writer.write_all(MAGIC)?;
    writer.write_all(&PACKED.to_le_bytes())?;
    write_frame(&mut writer, Kind::Description, &deflate(describe(&run.meta, run.schema())?.as_bytes())?)?;
    let names = encoded(&News::since(run.schema(), 0, 0))?;
    write_frame(&mut writer, Kind::Names, &deflate(&names)?)?;
    let mut totals: FxHashMap<Series, u64> = FxHashMap::default();
    let mut waiting = Vec::new();
    let mut accounts = Vec::new();
    let (mut records, mut values) = (0, 0);
    for (second, window) in run.seconds() {
        for (series, sink) in window.iter() {
            if let Some(trend) = sink.as_trend() {
                *totals.entry(series).or_default() += trend.count();
                values += trend.count();
            }
        }
        records +=
            window.len() + window.ledgers().iter().map(|(_, ledger)| ledger.bands().len()).sum::<usize>();
        accounts.push(accounts_of(window.ledgers()));
        waiting.push((
            second,
            frame::entries(&window, |series| totals.get(&series).copied().unwrap_or_default()),
        ));
        let full = records >= FULL_RECORDS || values >= FULL_VALUES || waiting.len() == pack::MOST_SECONDS;
        if full {
            write_block(&mut writer, &mut waiting, &mut accounts)?;
            (records, values) = (0, 0);
        }
    }
    write_block(&mut writer, &mut waiting, &mut accounts)?;
    let end = End::new(News::default(), &run.meta, run.schema(), run.duration)?;
    write_frame(&mut writer, Kind::End, &deflate(&encoded(&end)?)?)?;
    writer.flush()?;
    Ok(writer)
}

fn write_block(
    writer: &mut impl Write,
    seconds: &mut Vec<pack::Kept>,
    accounts: &mut Vec<Vec<AccountEntry>>,
) -> io::Result<()> {
    if seconds.is_empty() {
        return Ok(());
    }
    let block = pack::pack(seconds)?;
    seconds.clear();
    let mut payload = encoded(&block)?;
    payload.extend(pack::pack_accounts(accounts)?);
    accounts.clear();
    write_frame(writer, Kind::Block, &payload)
}

fn encoded(what: &impl serde::Serialize) -> io::Result<Vec<u8>> {
    postcard::to_stdvec(what).map_err(io::Error::other)
}
