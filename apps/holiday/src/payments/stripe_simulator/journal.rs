//! The ledgers on disk: a line for each change, written before its answer is sent, so that a restart or a crash of the simulator loses
//! nothing that a client was told.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Seek, SeekFrom, Write},
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::ledger::Change;
use crate::store::Mode;

/// A file that grows.
pub(super) struct Journal(File);

#[derive(Serialize, Deserialize)]
struct Line {
    mode: Mode,
    change: Change,
}

impl Journal {
    /// Opens or makes the file and hands over what is in it. A last line that was not written whole is taken off: nobody was told of it.
    ///
    /// # Errors
    /// The file can't be opened, or is something else.
    pub(super) fn open(path: &Path, mut restore: impl FnMut(Mode, Change)) -> io::Result<Journal> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let (mut whole, mut text) = (0, Vec::new());
        let mut reader = BufReader::new(&file);
        while reader.read_until(b'\n', &mut text)? > 0 && text.ends_with(b"\n") {
            let line: Line = serde_json::from_slice(&text).map_err(|error| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("it is no ledger of this simulator: {error}"),
                )
            })?;
            restore(line.mode, line.change);
            whole += text.len() as u64;
            text.clear();
        }
        file.set_len(whole)?;
        file.seek(SeekFrom::Start(whole))?;
        Ok(Journal(file))
    }

    /// Adds changes, all at once.
    pub(super) fn write(&mut self, mode: Mode, changes: Vec<Change>) -> io::Result<()> {
        let mut text = Vec::new();
        for change in changes {
            serde_json::to_writer(&mut text, &Line { mode, change })?;
            text.push(b'\n');
        }
        self.0.write_all(&text)
    }
}
