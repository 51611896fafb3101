//! Reading a Run file back, whole or not.
//!
//! Everything up to the first byte that is missing or wrong is used. What follows is not searched for more: a
//! checksum that fails says that something happened to the file, and seconds with a hole between them would look like
//! a system that stood still.

use std::fmt;
use std::io::{self, BufReader, Read};
use std::time::Duration;

use super::format::{
    Beside, End, Kind, LAST_SECOND, LONGEST_PAYLOAD, MAGIC, News, PACKED, PREFIX, RUN_FILE_VERSION, Second,
};
use crate::folds::{FOLDED, OTHER, SEPARATOR};
use crate::frame::{self, Damage};
use crate::meta::RunMeta;
use crate::metric::MetricId;
use crate::pack::{Block, inflate, unpack};
use crate::run::Run;
use crate::schema::Schema;
use crate::tags::TagSetId;
use crate::window::{Series, Window};

/// Whether a file had everything that was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completeness {
    /// The file was read to its proper end.
    Complete,
    /// The file ends early.
    Incomplete {
        /// The last second that could be read, if there was one.
        last_second: Option<u64>,
        /// Why nothing more could be read.
        why: String,
    },
}

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
pub fn read_run(reader: impl Read) -> Result<(Run, Completeness), RunFileError> {
    let mut source = Source { reader, failed: None };
    let mut head = [0; MAGIC.len() + 2];
    let length = fill(&mut source, &mut head)?;
    if !head[..length.min(MAGIC.len())].iter().eq(&MAGIC[..length.min(MAGIC.len())]) {
        return Err(RunFileError::NotARun);
    }
    if length < head.len() {
        return Err(RunFileError::NoDescription("it was cut off in its first bytes".to_owned()));
    }
    let found = u16::from_le_bytes([head[MAGIC.len()], head[MAGIC.len() + 1]]);
    if found > RUN_FILE_VERSION {
        return Err(RunFileError::Newer { found, known: RUN_FILE_VERSION });
    }
    let source = BufReader::new(source);
    let mut frames = Frames {
        stream: if found == PACKED {
            Stream::Packed(source)
        } else {
            Stream::Compressed(zstd::stream::read::Decoder::with_buffer(source)?)
        },
    };
    let meta = frames.next().and_then(|frame| match frame {
        (Kind::Description, payload) => description(&payload).map_err(Stop::Damaged),
        _ => Err(Stop::Damaged("it does not begin with its description")),
    });
    let (meta, beside) = match meta {
        Ok(read) => read,
        Err(stop) => return Err(RunFileError::NoDescription(frames.why(&stop)?)),
    };
    let mut reading = Reading {
        run: Run::new(meta, Schema::new()),
        metrics: Vec::new(),
        tag_sets: Vec::new(),
        says_what_is_folded: beside.is_some(),
    };
    reading.watch(beside.as_ref());
    let mut last_second = None;
    loop {
        let taken =
            frames.next().and_then(|(kind, payload)| reading.take(kind, &payload).map_err(Stop::Damaged));
        match taken {
            Ok(Taken::Seconds(second)) => last_second = last_second.max(second),
            Ok(Taken::End) => return Ok((reading.run, Completeness::Complete)),
            Err(stop) => {
                let why = frames.why(&stop)?;
                return Ok((reading.run, Completeness::Incomplete { last_second, why }));
            }
        }
    }
}

/// A run on its way from the file, and the file's ids in its schema.
struct Reading {
    run: Run,
    metrics: Vec<MetricId>,
    tag_sets: Vec<TagSetId>,
    /// Files of before do not.
    says_what_is_folded: bool,
}

enum Taken {
    /// Some seconds, or none; the last of them.
    Seconds(Option<u64>),
    End,
}

impl Reading {
    fn take(&mut self, kind: Kind, payload: &[u8]) -> Result<Taken, Damage> {
        match kind {
            Kind::Description => Err("its description comes twice"),
            Kind::Second => {
                let Second { number: second, news, window } =
                    postcard::from_bytes(payload).map_err(|_| "a second does not decode")?;
                self.learn(news)?;
                let definitions = self.run.schema().definitions_from(0);
                let window = frame::decode(&window, &definitions, |metric, tags| self.series(metric, tags))?;
                self.push(second, window)?;
                Ok(Taken::Seconds(Some(second)))
            }
            Kind::Names => {
                self.learn(postcard::from_bytes(payload).map_err(|_| "its names do not decode")?)?;
                Ok(Taken::Seconds(None))
            }
            Kind::Block => {
                let block: Block = postcard::from_bytes(payload).map_err(|_| "a block does not decode")?;
                let definitions = self.run.schema().definitions_from(0);
                let mut last = None;
                for (second, entries) in unpack(block)? {
                    let window =
                        frame::window_of(entries, &definitions, |metric, tags| self.series(metric, tags))?;
                    self.push(second, window)?;
                    last = Some(second);
                }
                Ok(Taken::Seconds(last))
            }
            Kind::End => {
                let End { news, duration_ns, description: text } =
                    postcard::from_bytes(payload).map_err(|_| "its end does not decode")?;
                let (meta, beside) = description(text.as_bytes())?;
                self.watch(beside.as_ref());
                self.learn(news)?;
                self.run.meta = meta;
                self.run.duration = Duration::from_nanos(duration_ns);
                Ok(Taken::End)
            }
        }
    }

    fn watch(&self, beside: Option<&Beside>) {
        if let Some(Beside { watched }) = beside {
            self.run.schema().watch(watched, None);
        }
    }

    fn series(&self, metric: u32, tags: u32) -> Option<Series> {
        let metric = *self.metrics.get(metric as usize)?;
        Some(Series { metric, tags: *self.tag_sets.get(tags as usize)? })
    }

    fn push(&mut self, second: u64, window: Window) -> Result<(), Damage> {
        if second > LAST_SECOND {
            return Err("a second is out of range");
        }
        self.run.push(second, window);
        Ok(())
    }

    fn learn(&mut self, news: News) -> Result<(), Damage> {
        let schema = self.run.schema();
        for record in news.metrics {
            let id = schema
                .define(&record.name, record.kind, record.unit)
                .map_err(|_| "a metric is not allowed")?;
            for limit in record.limits {
                schema.add_limit(id, limit);
            }
            self.metrics.push(id);
        }
        for tags in news.tag_sets {
            let mut pairs: Vec<(&str, &str)> = tags.iter().map(|(key, value)| (&**key, &**value)).collect();
            let names = if self.says_what_is_folded { String::new() } else { folded_before(&pairs) };
            if !names.is_empty() {
                pairs.push((FOLDED, &names));
            }
            self.tag_sets.push(schema.intern(TagSetId::EMPTY, &pairs));
        }
        Ok(())
    }
}

fn description(payload: &[u8]) -> Result<(RunMeta, Option<Beside>), Damage> {
    let meta = serde_json::from_slice(payload).map_err(|_| "its description does not decode")?;
    Ok((meta, serde_json::from_slice(payload).ok()))
}

/// The folded keys of a set in a file that does not say: URLs and names were all that was folded.
fn folded_before(pairs: &[(&str, &str)]) -> String {
    let folded = |pair: &&(&str, &str)| matches!(pair.0, "url" | "name") && pair.1 == OTHER;
    let keys: Vec<&str> = pairs.iter().filter(folded).map(|(key, _)| *key).collect();
    keys.join(&SEPARATOR.to_string()[..])
}

/// Why there is no next frame.
enum Stop {
    CutOff,
    Damaged(Damage),
}

impl Stop {
    fn of(error: &io::Error) -> Self {
        let cut_off = error.kind() == io::ErrorKind::UnexpectedEof;
        if cut_off { Self::CutOff } else { Self::Damaged("the compressed data is damaged") }
    }
}

struct Frames<R: Read> {
    stream: Stream<R>,
}

/// Frames in one compressed stream, or each of them for itself.
enum Stream<R: Read> {
    Compressed(zstd::stream::read::Decoder<'static, BufReader<Source<R>>>),
    Packed(BufReader<Source<R>>),
}

impl<R: Read> Read for Stream<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Compressed(stream) => stream.read(buffer),
            Self::Packed(stream) => stream.read(buffer),
        }
    }
}

impl<R: Read> Frames<R> {
    fn next(&mut self) -> Result<(Kind, Vec<u8>), Stop> {
        let prefix: [u8; PREFIX] = self.bytes()?;
        let [kind, length @ ..] = prefix;
        let length = u32::from_le_bytes(length);
        if length > LONGEST_PAYLOAD {
            return Err(Stop::Damaged("a frame is too long"));
        }
        let mut payload = Vec::new();
        // Grows with what there is, not with what the length claims.
        let read = (&mut self.stream).take(u64::from(length)).read_to_end(&mut payload);
        if read.map_err(|error| Stop::of(&error))? < length as usize {
            return Err(Stop::CutOff);
        }
        let checksum = u32::from_le_bytes(self.bytes()?);
        let mut expected = crc32fast::Hasher::new();
        expected.update(&prefix);
        expected.update(&payload);
        if checksum != expected.finalize() {
            return Err(Stop::Damaged("a checksum does not match"));
        }
        let kind = Kind::of(kind).ok_or(Stop::Damaged("a frame is of an unknown kind"))?;
        // The columns of a block are compressed one by one.
        if matches!(self.stream, Stream::Packed(_)) && kind != Kind::Block {
            payload = inflate(&payload).map_err(Stop::Damaged)?;
        }
        Ok((kind, payload))
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Stop> {
        let mut bytes = [0; N];
        self.stream.read_exact(&mut bytes).map_err(|error| Stop::of(&error))?;
        Ok(bytes)
    }

    /// The reason in words; an error when it was the reader's, for then the file may well be whole.
    fn why(&mut self, stop: &Stop) -> Result<String, RunFileError> {
        let source = match &mut self.stream {
            Stream::Compressed(stream) => stream.get_mut(),
            Stream::Packed(source) => source,
        };
        if let Some(error) = source.get_mut().failed.take() {
            return Err(RunFileError::Io(error));
        }
        Ok(match stop {
            Stop::CutOff => "the file was cut off".to_owned(),
            Stop::Damaged(damage) => format!("the file is damaged: {damage}"),
        })
    }
}

/// Remembers the reader's own error, which the decoder above it would mix with its own.
struct Source<R> {
    reader: R,
    failed: Option<io::Error>,
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                self.failed = Some(io::Error::new(error.kind(), error.to_string()));
            }
        })
    }
}

/// Reads until the buffer is full or the end is reached.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match reader.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

impl fmt::Display for Completeness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete => formatter.write_str("the run is complete"),
            Self::Incomplete { last_second: Some(second), why } => {
                write!(formatter, "the run is incomplete, it ends after second {second}: {why}")
            }
            Self::Incomplete { last_second: None, why } => {
                write!(formatter, "the run is incomplete, it has no whole second: {why}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_before_say_by_their_values_what_is_folded() {
        assert!(matches!(description(b"{}"), Ok((_, None))));
        assert!(matches!(description(br#"{"watched":{}}"#), Ok((_, Some(_)))));
        let tags = |url, name| folded_before(&[("name", name), ("order", OTHER), ("url", url)]);
        assert_eq!(tags(OTHER, "a"), "url");
        assert_eq!(tags(OTHER, OTHER), format!("name{SEPARATOR}url"));
        assert_eq!(tags("/", "a"), "");
    }
}
