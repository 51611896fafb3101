//! Which formats there are, how they are told apart, and what comes out.

use std::io::{BufRead, BufReader, Read};
use std::str::FromStr;

use loadline_measure::{Producer, Run, RunMeta, Schema, WorkloadId};
use sha2::{Digest, Sha256};

use crate::error::{BadLine, FormatError, ImportError};
use crate::{hdr, k6_lines, k6_summary, vegeta, wrk};

/// A format of another tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// k6's `--out json`: one point a line.
    K6Lines,
    /// k6's `--summary-export`.
    K6Summary,
    /// vegeta's results as JSON, a request a line: `vegeta encode`.
    Vegeta,
    /// What wrk and wrk2 print.
    Wrk,
    /// An `HdrHistogram` log of latencies in nanoseconds.
    HdrLog,
}

/// What was taken in.
#[derive(Debug)]
pub struct Imported {
    /// The Run; without values when the source is a summary.
    pub run: Run,
    /// The figures of a summary.
    pub figures: Vec<ImportedFigure>,
    /// What the source could not tell, in words.
    pub notes: Vec<String>,
}

/// A figure of a summary, of all requests.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedFigure {
    /// `p50`, `p95`, `p99`, `rate`, `errors`.
    pub quantity: &'static str,
    /// The figure: milliseconds, per second, or a share.
    pub value: f64,
    /// `ms`, `/s` or `share`.
    pub unit: &'static str,
    /// How many requests it stands on; 0 where the source does not say.
    pub values: u64,
}

/// The names that formats are called by.
const NAMES: [(&str, Format); 5] = [
    ("k6-json", Format::K6Lines),
    ("k6-summary", Format::K6Summary),
    ("vegeta", Format::Vegeta),
    ("wrk", Format::Wrk),
    ("hdr", Format::HdrLog),
];

impl Format {
    /// The format of a file that begins so; `None` when it is none of them.
    pub fn detect(beginning: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(beginning);
        let first = text.trim_start();
        let line = first.lines().next().unwrap_or_default();
        if line.starts_with("Running ") && line.contains(" test @ ") {
            return Some(Self::Wrk);
        }
        if line.starts_with("#[") || first.starts_with("\"StartTimestamp\"") {
            return Some(Self::HdrLog);
        }
        if !first.starts_with('{') {
            return None;
        }
        let has = |name: &str| first.contains(&format!("\"{name}\""));
        if line.contains("\"metric\"") && (line.contains("\"Metric\"") || line.contains("\"Point\"")) {
            Some(Self::K6Lines)
        } else if line.contains("\"latency\"") && line.contains("\"timestamp\"") {
            Some(Self::Vegeta)
        } else if has("metrics") || has("root_group") {
            Some(Self::K6Summary)
        } else {
            None
        }
    }
}

impl FromStr for Format {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        let known = NAMES.iter().find(|(name, _)| *name == text).map(|(_, format)| *format);
        known.ok_or_else(|| FormatError(NAMES.iter().map(|(name, _)| *name).collect()))
    }
}

/// Takes a result in; `name` is what messages and the Run call it. Lines are read one by one: memory is for what the
/// Run keeps. Whatever the file is called, and however often it is taken in, the Run is the same one: its identity is a
/// hash of what was read.
///
/// # Errors
/// When a line does not read, or there is nothing in it. A last line that was cut off is a note.
pub fn import(format: Format, reader: impl Read, name: &str) -> Result<Imported, ImportError> {
    let mut hashing = Hashing { reader, hasher: Sha256::new() };
    let reader = BufReader::with_capacity(1 << 16, &mut hashing);
    let mut imported = match format {
        Format::K6Lines => k6_lines::read(reader, name),
        Format::K6Summary => k6_summary::read(reader, name),
        Format::Vegeta => vegeta::read(reader, name),
        Format::Wrk => wrk::read(reader, name),
        Format::HdrLog => hdr::read(reader, name),
    }?;
    imported.run.meta.id = format!("sha256:{}", hexadecimal(&hashing.hasher.finalize()));
    Ok(imported)
}

/// Hashes what is read.
struct Hashing<R> {
    reader: R,
    hasher: Sha256,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// The longest line, and the longest file that is read as one: a summary of a thousand checks takes a thousandth.
const LONGEST: u64 = 64 << 20;

/// A file that is read as one.
pub(crate) fn whole(reader: impl Read, name: &str, tool: &'static str) -> Result<Vec<u8>, ImportError> {
    let mut bytes = Vec::new();
    reader
        .take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| ImportError::Io { name: name.to_owned(), source })?;
    if bytes.len() as u64 > LONGEST {
        return Err(ImportError::Line { name: name.to_owned(), line: 1, tool, why: too_long() });
    }
    Ok(bytes)
}

fn too_long() -> BadLine {
    BadLine::Form(format!("it goes on beyond {} MiB", LONGEST >> 20))
}

/// A Run without values, for a summary. `alike` is what other summaries have in common that are of the same thing.
pub(crate) fn empty(name: &str, tool: &str, alike: &str) -> Run {
    let mut meta = RunMeta { name: name.to_owned(), version: tool.to_owned(), ..RunMeta::default() };
    let identity = format!("{tool} {}", hexadecimal(&Sha256::digest(alike)));
    meta.origin.workload = WorkloadId::new(Producer::Import, identity);
    meta.annotations.insert("imported_from".to_owned(), tool.to_owned());
    Run::new(meta, Schema::new())
}

/// Calls `line` for each line with its number; one that fails and is the last is cut off, and becomes a note.
pub(crate) fn lines(
    mut reader: impl BufRead,
    name: &str,
    tool: &'static str,
    notes: &mut Vec<String>,
    mut line: impl FnMut(&str) -> Result<(), BadLine>,
) -> Result<(), ImportError> {
    let io = |source| ImportError::Io { name: name.to_owned(), source };
    let mut bytes = Vec::new();
    let mut number = 0;
    loop {
        bytes.clear();
        if (&mut reader).take(LONGEST + 1).read_until(b'\n', &mut bytes).map_err(io)? == 0 {
            return Ok(());
        }
        number += 1;
        if bytes.len() as u64 > LONGEST {
            return Err(ImportError::Line { name: name.to_owned(), line: number, tool, why: too_long() });
        }
        let whole = bytes.last() == Some(&b'\n');
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        match line(text) {
            Ok(()) => {}
            Err(_) if !whole && number > 1 => {
                notes.push(format!("line {number}, the last, was cut off and is left out"));
                return Ok(());
            }
            Err(why) => return Err(ImportError::Line { name: name.to_owned(), line: number, tool, why }),
        }
    }
}
