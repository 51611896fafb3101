//! Which formats there are, how they are told apart, and what comes out.

use std::io::{BufRead, BufReader, Read};
use std::str::FromStr;

use loadline_measure::{Producer, Run, RunMeta, Schema};

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
/// Run keeps.
///
/// # Errors
/// When a line does not read, or there is nothing in it. A last line that was cut off is a note.
pub fn import(format: Format, reader: impl Read, name: &str) -> Result<Imported, ImportError> {
    let reader = BufReader::with_capacity(1 << 16, reader);
    match format {
        Format::K6Lines => k6_lines::read(reader, name),
        Format::K6Summary => k6_summary::read(reader, name),
        Format::Vegeta => vegeta::read(reader, name),
        Format::Wrk => wrk::read(reader, name),
        Format::HdrLog => hdr::read(reader, name),
    }
}

/// A Run without values, for a summary.
pub(crate) fn empty(name: &str, tool: &str) -> Run {
    let mut meta = RunMeta { name: name.to_owned(), version: tool.to_owned(), ..RunMeta::default() };
    meta.origin.workload.producer = Producer::Import;
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
        if reader.read_until(b'\n', &mut bytes).map_err(io)? == 0 {
            return Ok(());
        }
        number += 1;
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
