//! `JMeter`'s JTL as CSV: columns in any order, named by a header or as `JMeter` has them without one.

use std::io::{BufRead, Read as _};

use crate::error::{BadLine, ImportError};
use crate::imported::Imported;
use crate::jtl::{Sample, Samples};

/// The longest record.
const LONGEST: u64 = 1 << 20;
/// How fields are kept apart, by `jmeter.save.saveservice.default_delimiter`.
const DELIMITERS: [char; 4] = [',', '\t', ';', '|'];
/// What a header has at least.
const NEEDED: [&str; 2] = ["timeStamp", "elapsed"];
/// The columns of files without a header, by the versions that write so many.
const DEFAULTS: [&str; 3] = [
    "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,bytes,grpThreads,allThreads,Latency",
    "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,Latency,IdleTime,Connect",
    "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect",
];

/// Whether a file begins as such a CSV does.
pub(crate) fn is_one(first: &str) -> bool {
    columns(first).is_some()
}

pub(crate) fn read(mut reader: impl BufRead, name: &str) -> Result<Imported, ImportError> {
    let mut samples = Samples::new(name)?;
    let mut notes = Vec::new();
    let mut shape: Option<(char, Vec<String>)> = None;
    let (mut record, mut line) = (String::new(), 0_usize);
    loop {
        let began = line + 1;
        let wrong =
            |why: BadLine| ImportError::Line { name: name.to_owned(), line: began, tool: "JMeter", why };
        let whole = match next(&mut reader, &mut record, &mut line) {
            Ok(Read::End) => break,
            Ok(Read::Record { whole }) => whole,
            Err(Unread::TooLong) => {
                return Err(wrong(BadLine::Form(format!("it goes on beyond {} KiB", LONGEST >> 10))));
            }
            Err(Unread::Io(source)) => return Err(ImportError::Io { name: name.to_owned(), source }),
        };
        let text = record.trim_matches(['\r', '\n', '\u{feff}']);
        if text.trim().is_empty() {
            continue;
        }
        if shape.is_none() {
            let Some((delimiter, names, is_header)) = columns(text) else {
                let why =
                    "neither a header with `timeStamp` and `elapsed` nor a sample with JMeter's own columns";
                return Err(wrong(BadLine::Form(why.to_owned())));
            };
            shape = Some((delimiter, names));
            if is_header {
                continue;
            }
        }
        let Some((delimiter, columns)) = &shape else { continue };
        // JMeter ends each record with a line: half of a number is a number.
        if !whole && began > 1 {
            notes.push(format!("line {began}, the last, was cut off and is left out"));
            continue;
        }
        let fields = split(text, *delimiter);
        let added = match fields {
            Some(fields) if fields.len() == columns.len() => samples.add(&sample(columns, fields)),
            Some(fields) => Err(BadLine::Form(format!(
                "it has {} fields where there are {} columns",
                fields.len(),
                columns.len()
            ))),
            None => Err(BadLine::Form("a quoted field does not end".to_owned())),
        };
        added.map_err(wrong)?;
    }
    samples.finish(name, notes)
}

/// The delimiter, the columns, and whether this is their header; `None` when it is no JTL.
fn columns(first: &str) -> Option<(char, Vec<String>, bool)> {
    let first = first.trim_matches(['\r', '\n', '\u{feff}']);
    DELIMITERS.iter().find_map(|delimiter| {
        let fields = split(first, *delimiter)?;
        if NEEDED.iter().all(|needed| fields.iter().any(|field| field == needed)) {
            return Some((*delimiter, fields, true));
        }
        let default = DEFAULTS.iter().find(|columns| columns.split(',').count() == fields.len())?;
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let fits = is_number(&fields[0])
            && fields[0].len() >= 12
            && is_number(&fields[1])
            && ["true", "false"].contains(&fields[7].as_str());
        fits.then(|| (*delimiter, default.split(',').map(str::to_owned).collect(), false))
    })
}

/// The fields of a record; `None` when a quoted one does not end.
fn split(record: &str, delimiter: char) -> Option<Vec<String>> {
    let mut fields = vec![String::new()];
    let (mut quoted, mut signs) = (false, record.chars().peekable());
    while let Some(sign) = signs.next() {
        let field = fields.last_mut()?;
        match sign {
            '"' if quoted && signs.peek() == Some(&'"') => {
                signs.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            sign if sign == delimiter && !quoted => fields.push(String::new()),
            sign => field.push(sign),
        }
    }
    (!quoted).then_some(fields)
}

fn sample(columns: &[String], fields: Vec<String>) -> Sample {
    let mut sample = Sample::default();
    for (column, field) in columns.iter().zip(fields) {
        let place = match column.as_str() {
            "timeStamp" => &mut sample.time,
            "elapsed" => &mut sample.elapsed,
            "label" => &mut sample.label,
            "responseCode" => &mut sample.code,
            "responseMessage" => &mut sample.message,
            "threadName" => &mut sample.thread,
            "success" => &mut sample.success,
            "bytes" => &mut sample.received,
            "sentBytes" => &mut sample.sent,
            "Latency" => &mut sample.latency,
            "Connect" => &mut sample.connect,
            "URL" => &mut sample.url,
            "allThreads" => &mut sample.users,
            _ => continue,
        };
        *place = field;
    }
    if sample.url == "null" {
        sample.url.clear();
    }
    sample
}

/// What was read.
enum Read {
    End,
    /// A record; whether the file goes on behind it.
    Record {
        whole: bool,
    },
}

/// Why nothing was read.
enum Unread {
    TooLong,
    Io(std::io::Error),
}

/// The next record: a line, or more while a quoted field goes on.
fn next(reader: &mut impl BufRead, record: &mut String, line: &mut usize) -> Result<Read, Unread> {
    record.clear();
    let mut bytes = Vec::new();
    let mut quotes = 0;
    loop {
        let before = bytes.len();
        let left = (LONGEST + 1).saturating_sub(before as u64);
        let read = reader.by_ref().take(left).read_until(b'\n', &mut bytes).map_err(Unread::Io)?;
        if bytes.is_empty() {
            return Ok(Read::End);
        }
        if bytes.len() as u64 > LONGEST {
            return Err(Unread::TooLong);
        }
        *line += usize::from(read > 0);
        quotes += bytes[before..].split(|byte| *byte == b'"').count() - 1;
        let ended = bytes.last() == Some(&b'\n');
        if read == 0 || !ended || quotes % 2 == 0 {
            *record = String::from_utf8_lossy(&bytes).into_owned();
            return Ok(Read::Record { whole: ended && quotes % 2 == 0 });
        }
    }
}
