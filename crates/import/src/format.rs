//! Which formats there are, and how they are told apart.

use std::io::{BufReader, Read};
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::error::{FormatError, ImportError};
use crate::imported::{Imported, hexadecimal};
use crate::{hdr, jtl_csv, jtl_xml, k6_lines, k6_summary, oha, vegeta, wrk};

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
    /// `JMeter`'s JTL as CSV, with a header or without.
    JtlCsv,
    /// `JMeter`'s JTL as XML.
    JtlXml,
    /// oha's JSON: `--output-format json`, and `--json` of before.
    Oha,
}

/// The names that formats are called by.
const NAMES: [(&str, Format); 8] = [
    ("k6-json", Format::K6Lines),
    ("k6-summary", Format::K6Summary),
    ("vegeta", Format::Vegeta),
    ("wrk", Format::Wrk),
    ("hdr", Format::HdrLog),
    ("jtl", Format::JtlCsv),
    ("jtl-xml", Format::JtlXml),
    ("oha", Format::Oha),
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
        if jtl_xml::is_one(first) {
            return Some(Self::JtlXml);
        }
        if jtl_csv::is_one(line) {
            return Some(Self::JtlCsv);
        }
        if !first.starts_with('{') {
            return None;
        }
        let has = |name: &str| first.contains(&format!("\"{name}\""));
        if line.contains("\"metric\"") && (line.contains("\"Metric\"") || line.contains("\"Point\"")) {
            Some(Self::K6Lines)
        } else if line.contains("\"latency\"") && line.contains("\"timestamp\"") {
            Some(Self::Vegeta)
        } else if oha::is_one(first) {
            Some(Self::Oha)
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
        Format::JtlCsv => jtl_csv::read(reader, name),
        Format::JtlXml => jtl_xml::read(reader, name),
        Format::Oha => oha::read(reader, name),
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
