//! Following a run that somebody else records.

use crate::database::{Fault, row, snapshot};
use crate::error::HistoryError;
use crate::history::History;
use crate::tables::PARTS;

use loadline_measure::RunState;

/// What was written of a run since it was looked at last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// Bytes of its Run file, to be read behind those of before.
    pub bytes: Vec<u8>,
    /// The piece to ask for next.
    pub next: i64,
}

impl History {
    /// What was written of a run from this piece on; the first is 0. Nothing is left of a run that is over, and nothing
    /// comes behind a piece that is damaged: [`History::load`] says what there is then.
    ///
    /// # Errors
    /// Those of the database.
    pub fn written_since(&mut self, id: i64, piece: i64) -> Result<Written, HistoryError> {
        let version = self.version;
        let read = snapshot(&mut *self.database, |database| {
            let since = "WHERE t.run = $1 AND t.number >= $2 ORDER BY t.number";
            let mut written = Written { bytes: Vec::new(), next: piece };
            for found in PARTS.read(database, version, since, &[id.into(), piece.into()])? {
                let Some(cells) = found.whole() else { break };
                let [_, number, bytes] = row(cells)?;
                if number.int()? != written.next {
                    break;
                }
                written.bytes.extend(bytes.bytes()?);
                written.next += 1;
            }
            Ok(written)
        });
        read.map_err(|fault: Fault| self.explain("following a run", fault))
    }

    /// Whether somebody records a run now.
    ///
    /// # Errors
    /// [`HistoryError::NoSuchRun`], and those of the database.
    pub fn is_recorded(&mut self, id: i64) -> Result<bool, HistoryError> {
        Ok(self.record(id)?.state == RunState::Unfinished && self.goes_on(id)?)
    }
}
