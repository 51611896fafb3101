//! Reading a log: bytes in, calls out.

use std::borrow::Cow;

use super::calls::{Call, Calls};
use super::csvlog::CsvLog;
use super::entry::Entry;
use super::format::Format;
use super::jsonlog;
use super::lines::{Line, Lines};
use super::prisma::{PrintedLog, event_line};
use super::stderr::PlainLog;
use super::told::Told;

/// Reads a log of any of the formats, in pieces of any size.
///
/// ```
/// use loadline_pg::log::{Format, LogReader};
///
/// let log = b"2026-11-29 01:48:13.957 UTC [7] LOG:  duration: 0.103 ms  statement: select b\n\tfrom t\n";
/// let mut calls = Vec::new();
/// let mut reader = LogReader::new();
/// reader.push(log, &mut |call| calls.push((call.text.to_owned(), call.ms)));
/// let told = reader.finish(&mut |call| calls.push((call.text.to_owned(), call.ms)));
/// assert_eq!(reader.format(), Some(Format::Plain));
/// assert_eq!(calls, [("select b\nfrom t".to_owned(), Some(0.103))]);
/// assert_eq!((told.entries, told.fragments), (1, 0));
///
/// // What is no log has no format.
/// let mut reader = LogReader::new();
/// reader.push(b"a picture of a cat\n", &mut |_| {});
/// assert_eq!(reader.finish(&mut |_| {}).fragments, 1);
/// assert_eq!(reader.format(), None);
/// ```
#[derive(Debug, Default)]
pub struct LogReader {
    lines: Lines,
    state: State,
}

#[derive(Debug, Default)]
struct State {
    format: Option<Format>,
    /// Whether each line has the name of a container in front.
    is_composed: bool,
    csv: CsvLog,
    plain: PlainLog,
    printed: PrintedLog,
    calls: Calls,
    told: Told,
}

impl LogReader {
    /// One that has read nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The log's format, when a line has told.
    pub fn format(&self) -> Option<Format> {
        self.state.format
    }

    /// Takes more of the log in, and hands out the calls that are told.
    pub fn push(&mut self, bytes: &[u8], each: &mut dyn FnMut(Call<'_>)) {
        let state = &mut self.state;
        self.lines.push(bytes, |line| state.line(line, each));
    }

    /// Ends the log: hands out the calls that waited for more, and says what was read.
    pub fn finish(&mut self, each: &mut dyn FnMut(Call<'_>)) -> Told {
        let state = &mut self.state;
        self.lines.finish(|line| state.line(line, each));
        let State { csv, plain, printed, calls, told, .. } = state;
        let mut take = |entry: &Entry<'_>, told: &mut Told| calls.entry(entry, told, each);
        csv.cut(told, &mut take);
        plain.finish(told, &mut take);
        printed.finish(each);
        calls.finish(each);
        std::mem::take(told)
    }
}

impl State {
    fn line(&mut self, line: Line<'_>, each: &mut dyn FnMut(Call<'_>)) {
        let mut line = line;
        if matches!(line.text, Cow::Owned(_)) && line.text.contains(char::REPLACEMENT_CHARACTER) {
            self.told.not_utf8 += 1;
        }
        if self.format.is_none() {
            self.format = container(&line.text).and_then(Format::of_line);
            self.is_composed = self.format.is_some();
            self.format = self.format.or_else(|| Format::of_line(&line.text));
        }
        if self.is_composed
            && let Some(rest) = container(&line.text)
        {
            line.text = Cow::Owned(rest.to_owned());
        }
        let State { format, csv, plain, printed, calls, told, .. } = self;
        let mut take = |entry: &Entry<'_>, told: &mut Told| calls.entry(entry, told, each);
        match format {
            None => told.fragments += u64::from(!line.text.trim().is_empty()),
            Some(Format::Csv) => csv.line(&line, told, &mut take),
            Some(Format::Json) => jsonlog::line(&line, told, &mut take),
            Some(Format::Plain) => plain.line(&line, told, &mut take),
            Some(Format::PrismaPrinted) => printed.line(&line, told, each),
            Some(Format::PrismaEvents) => event_line(&line, told, each),
        }
    }
}

/// What is behind `db-1  | `, as `docker compose logs` writes it.
fn container(line: &str) -> Option<&str> {
    let name =
        line.find(|character: char| !character.is_ascii_alphanumeric() && !"._-".contains(character))?;
    if name == 0 {
        return None;
    }
    let rest = line[name..].trim_start_matches(' ').strip_prefix('|')?;
    Some(rest.strip_prefix(' ').unwrap_or(rest))
}
