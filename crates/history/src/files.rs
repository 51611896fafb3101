//! The Run files of runs: whole ones, and the pieces of a run that goes on or never ended.

use crate::database::{Database, Fault, row};
use crate::runs::RunRow;
use crate::sealed::{SEALED, SealedRow};
use crate::tables::{CONTENTS, PARTS};

/// The bytes of a Run file.
#[derive(Default)]
pub(crate) struct RunFile {
    pub(crate) bytes: Vec<u8>,
    /// What is wrong with it, whatever the file says itself.
    pub(crate) damage: Option<&'static str>,
}

/// What there is of a run's file; within a snapshot. Nothing when nothing was written of it yet.
pub(crate) fn read(database: &mut dyn Database, version: i64, run: &RunRow) -> Result<RunFile, Fault> {
    const ALTERED: &str = "its file is not what was written";
    let of_run = &[run.record.id.into()];
    let contents = CONTENTS.read(database, version, "WHERE t.run = $1", of_run)?;
    if let Some(found) = contents.into_iter().next() {
        let sealed = found.found(1).cloned();
        return Ok(match found.whole() {
            Some(cells) => {
                let [_, file] = row(cells)?;
                RunFile { bytes: file.bytes()?, damage: None }
            }
            None => RunFile {
                bytes: sealed.and_then(|file| file.bytes().ok()).unwrap_or_default(),
                damage: Some(ALTERED),
            },
        });
    }
    let mut file = RunFile::default();
    let mut next = 0;
    for found in PARTS.read(database, version, "WHERE t.run = $1 ORDER BY t.number", of_run)? {
        match piece(found, version, next) {
            Some(bytes) => file.bytes.extend(bytes),
            None => return Ok(RunFile { damage: Some(ALTERED), ..file }),
        }
        next += 1;
    }
    let is_missing = next < run.pieces || run.pieces == 0 && run.record.state.is_whole();
    file.damage = is_missing.then_some("its file is not all there");
    Ok(file)
}

/// The bytes of the piece of this number.
fn piece(found: SealedRow, version: i64, expected: i64) -> Option<Vec<u8>> {
    let [_, number, bytes] = row(found.whole()?).ok()?;
    let is_next = version < SEALED || number.int().ok()? == expected;
    if is_next { bytes.bytes().ok() } else { None }
}
