//! Reading a Run file, whole or not, at once or while it is written.
//!
//! Everything up to the first byte that is missing or wrong is used. What follows is not searched for more: a
//! checksum that fails says that something happened to the file, and seconds with a hole between them would look like
//! a system that stood still.

use std::fmt;
use std::io::{self, ErrorKind, Read};

use super::format::{Kind, MAGIC, PACKED, RUN_FILE_VERSION};
use super::frames::{Frames, More};
use super::reading::{Reading, Taken};
use crate::completeness::Completeness;
use crate::frame::Damage;
use crate::run::Run;

/// Bytes before the first frame.
const HEAD: usize = MAGIC.len() + 2;
/// How much of a file is read at once.
const PIECE: usize = 64 << 10;

/// A file from which no run can be read.
#[derive(Debug, thiserror::Error)]
pub enum RunFileError {
    /// The file does not begin like one.
    #[error("this is not a Run file: it does not begin with `LOADLINE`; write one with `--out run=FILE`")]
    NotARun,
    /// The file was written by a newer Loadline.
    #[error(
        "the Run file has version {found}, and this Loadline reads up to version {known}; read it with the Loadline \
         that wrote it, or a newer one"
    )]
    Newer {
        /// The file's version.
        found: u16,
        /// The newest version that can be read.
        known: u16,
    },
    /// The file ends, or is damaged, before it says what run it is.
    #[error("the Run file ends before its first second ({0}): nothing of the run can be recovered")]
    NoDescription(String),
    /// The file could not be read.
    #[error("the Run file could not be read: {0}")]
    Io(#[from] io::Error),
}

/// Reads a run. A file that was cut off reads up to its last whole second, and the second part of the answer says so.
///
/// # Errors
/// See [`RunFileError`].
pub fn read_run(mut reader: impl Read) -> Result<(Run, Completeness), RunFileError> {
    let mut growing = RunReader::new();
    if growing.read_from(&mut reader)?.ended {
        growing.read_behind(&mut reader)?;
    }
    growing.finish()
}

/// Reads a run while it grows: what is there, then what has come since, until the run's end is there.
///
/// ```
/// use std::sync::Arc;
/// use loadline_measure::{Completeness, Growth, Run, RunMeta, RunReader, RunWriter, Schema, Window};
///
/// let mut file = RunWriter::new(Vec::new(), &RunMeta::default(), Schema::new())?;
/// file.write_second(0, &Window::default())?;
/// let bytes = file.finish(&RunMeta::default(), std::time::Duration::from_secs(1))?;
///
/// let mut reader = RunReader::new();
/// let (now, later) = bytes.split_at(bytes.len() / 2);
/// assert!(!reader.feed(now)?.ended);
/// assert!(reader.feed(later)?.ended);
/// let (run, completeness) = reader.finish()?;
/// assert_eq!(completeness, Completeness::Complete);
/// // What is not a Run file is known from its first bytes.
/// assert!(RunReader::new().feed(b"PNG").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct RunReader {
    head: Vec<u8>,
    frames: Option<Frames>,
    reading: Option<Reading>,
    last_second: Option<u64>,
    /// Whether the file was written when the run was over.
    packed: bool,
    state: State,
}

/// What came of some bytes more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Growth {
    /// The seconds that something was added to, each once, ascending. More may come to the newest of them: a second may
    /// be written in several parts.
    pub seconds: Vec<u64>,
    /// Whether the run is over: its end is there, or the file is damaged. Nothing is read after that.
    pub ended: bool,
}

#[derive(Default)]
enum State {
    #[default]
    Growing,
    Ended,
    Damaged(Damage),
}

impl RunReader {
    /// Nothing is read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The run so far; nothing before its description is there.
    pub fn run(&self) -> Option<&Run> {
        self.reading.as_ref().map(|reading| &reading.run)
    }

    /// Reads all that there is now. A file that is still written ends for now where nothing more is there yet: ask
    /// again, with the same reader, when there may be more.
    ///
    /// # Errors
    /// See [`RunFileError`].
    pub fn read_from(&mut self, reader: &mut impl Read) -> Result<Growth, RunFileError> {
        let mut piece = vec![0; PIECE];
        let mut all = Growth::default();
        loop {
            let read = match reader.read(&mut piece) {
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(RunFileError::Io(error)),
            };
            let growth = self.feed(&piece[..read])?;
            all.seconds.extend(growth.seconds);
            all.ended = growth.ended;
            if read == 0 || all.ended {
                all.seconds.sort_unstable();
                all.seconds.dedup();
                return Ok(all);
            }
        }
    }

    /// Reads what is behind the end. Two runs in one file are not the first of them.
    fn read_behind(&mut self, reader: &mut impl Read) -> Result<(), RunFileError> {
        let mut piece = [0; 512];
        while matches!(self.state, State::Ended) {
            match reader.read(&mut piece) {
                Ok(0) => break,
                Ok(read) => _ = self.feed(&piece[..read])?,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(RunFileError::Io(error)),
            }
        }
        Ok(())
    }

    /// Takes the next bytes of the file, in pieces of any size. What comes behind the run's end is damage.
    ///
    /// # Errors
    /// When no run can be read from such a file. See [`RunFileError`].
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Growth, RunFileError> {
        let mut seconds = Vec::new();
        if matches!(self.state, State::Ended)
            && let Some(frames) = &mut self.frames
            && let Err(damage) = frames.behind(bytes)
        {
            self.state = State::Damaged(damage);
        }
        if matches!(self.state, State::Growing) {
            let rest = self.begin(bytes)?;
            if let Some(frames) = &mut self.frames {
                let reading = &mut self.reading;
                let mut ended = false;
                let fed = frames.feed(rest, |kind, payload, allowance| {
                    let Some(reading) = reading else {
                        if kind != Kind::Description {
                            return Err("it does not begin with its description");
                        }
                        *reading = Some(Reading::described(&payload)?);
                        return Ok(More::Yes);
                    };
                    match reading.take(kind, &payload, allowance)? {
                        Taken::Seconds(new) => seconds.extend(new),
                        Taken::End => {
                            ended = true;
                            return Ok(More::No);
                        }
                    }
                    Ok(More::Yes)
                });
                match fed {
                    Ok(()) if ended => self.state = State::Ended,
                    Ok(()) => {}
                    Err(damage) => self.state = State::Damaged(damage),
                }
            }
        }
        if let (State::Damaged(damage), None) = (&self.state, &self.reading) {
            return Err(RunFileError::NoDescription(damaged(damage)));
        }
        seconds.sort_unstable();
        seconds.dedup();
        self.last_second = self.last_second.max(seconds.last().copied());
        Ok(Growth { seconds, ended: !matches!(self.state, State::Growing) })
    }

    /// Looks at the bytes before the first frame, and leaves those behind them.
    fn begin<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], RunFileError> {
        if self.frames.is_some() {
            return Ok(bytes);
        }
        let (head, rest) = bytes.split_at(bytes.len().min(HEAD - self.head.len()));
        self.head.extend_from_slice(head);
        let magic = self.head.len().min(MAGIC.len());
        if self.head[..magic] != MAGIC[..magic] {
            return Err(RunFileError::NotARun);
        }
        if let [.., low, high] = self.head[..]
            && self.head.len() == HEAD
        {
            let found = u16::from_le_bytes([low, high]);
            if found > RUN_FILE_VERSION {
                return Err(RunFileError::Newer { found, known: RUN_FILE_VERSION });
            }
            self.packed = found == PACKED;
            self.frames = Some(if self.packed { Frames::packed() } else { Frames::compressed()? });
        }
        Ok(rest)
    }

    /// The run, when nothing more is to come. One that has not ended reads as a file that was cut off. The run says
    /// itself what the second part of the answer says.
    ///
    /// # Errors
    /// When there is not even a description.
    pub fn finish(self) -> Result<(Run, Completeness), RunFileError> {
        let last_second = self.last_second;
        let lacks = match self.state {
            State::Ended => None,
            State::Damaged(damage) => Some(Completeness::Damaged { last_second, why: damaged(damage) }),
            // Such a file is written when the run is over: it was all there once.
            State::Growing if self.packed => {
                let why = damaged("it ends early");
                Some(Completeness::Damaged { last_second, why })
            }
            State::Growing => Some(Completeness::Cut { last_second, why: "the file was cut off".to_owned() }),
        };
        match (self.reading, lacks) {
            (Some(Reading { mut run, .. }), lacks) => {
                if let Some(lacks) = lacks {
                    run.set_completeness(lacks);
                }
                let completeness = run.completeness();
                Ok((run, completeness))
            }
            (None, _) if self.frames.is_none() => {
                Err(RunFileError::NoDescription("it was cut off in its first bytes".to_owned()))
            }
            (None, lacks) => {
                let why = match lacks {
                    Some(Completeness::Cut { why, .. } | Completeness::Damaged { why, .. }) => why,
                    _ => "there is nothing in it".to_owned(),
                };
                Err(RunFileError::NoDescription(why))
            }
        }
    }
}

impl fmt::Debug for RunReader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RunReader").field("last_second", &self.last_second).finish_non_exhaustive()
    }
}

fn damaged(damage: &str) -> String {
    format!("the file is damaged: {damage}")
}
