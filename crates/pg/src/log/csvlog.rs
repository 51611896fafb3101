//! `csvlog`: one record for an entry, whose texts may go over several lines.
//!
//! Where a log was cut, a quote may be open that nothing closes. But a quote within a text is written twice, so a line
//! that begins as a record begins, with the names of user and database in single quotes, can't be within one: there a
//! new record begins, whatever was open.

use std::borrow::Cow;

use memchr::memchr;

use super::entry::{Entry, Severity, session_of_id};
use super::lines::{LONGEST, Line};
use super::moment::moment;
use super::told::Told;

/// Where fields stand, from version 9.0 on; later versions added more behind them.
const SESSION: usize = 5;
const SEVERITY: usize = 11;
const MESSAGE: usize = 13;
const DETAIL: usize = 14;
const CONTEXT: usize = 18;
const STATEMENT: usize = 19;

/// The record that has not ended yet.
#[derive(Debug, Default)]
pub(super) struct CsvLog {
    record: String,
    quotes: u64,
    is_open: bool,
    is_cut: bool,
}

/// Whether a record begins with this line.
pub(super) fn begins(line: &str) -> bool {
    if moment(line).is_none() {
        return false;
    }
    let mut fields = Fields { rest: Some(line) };
    let mut next = |check: fn(&str) -> bool| fields.next().is_some_and(|field| check(field.raw));
    let is_name = |raw: &str| raw.is_empty() || raw.starts_with('"');
    let is_number = |raw: &str| raw.bytes().all(|byte| byte.is_ascii_digit());
    next(|_| true)
        && next(is_name)
        && next(is_name)
        && next(is_number)
        && next(is_name)
        && next(|raw| session_of_id(raw).is_some())
        && next(is_number)
}

impl CsvLog {
    pub(super) fn line(
        &mut self,
        line: &Line<'_>,
        told: &mut Told,
        each: &mut dyn FnMut(&Entry<'_>, &mut Told),
    ) {
        if begins(&line.text) {
            self.cut(told, each);
            self.is_open = true;
        } else if !self.is_open {
            told.fragments += 1;
            return;
        } else {
            self.add("\n");
        }
        self.add(&line.text);
        self.quotes += line.quotes;
        self.is_cut |= line.is_cut;
        if self.quotes.is_multiple_of(2) {
            self.end(told, each);
        }
    }

    /// Ends a record that nothing else ended.
    pub(super) fn cut(&mut self, told: &mut Told, each: &mut dyn FnMut(&Entry<'_>, &mut Told)) {
        if self.is_open {
            self.is_cut = true;
            self.end(told, each);
        }
    }

    fn add(&mut self, text: &str) {
        if self.record.len() + text.len() <= LONGEST {
            self.record.push_str(text);
        } else {
            let room = text.floor_char_boundary(LONGEST - self.record.len());
            self.record.push_str(&text[..room]);
            self.is_cut = true;
        }
    }

    fn end(&mut self, told: &mut Told, each: &mut dyn FnMut(&Entry<'_>, &mut Told)) {
        let record = std::mem::take(&mut self.record);
        match entry(&record, self.is_cut) {
            Some(entry) => each(&entry, told),
            None => told.fragments += 1,
        }
        // The memory serves the next.
        *self = Self { record, ..Self::default() };
        self.record.clear();
    }
}

/// The entry of a record; what is cut may have lost its last fields.
fn entry(record: &str, is_cut: bool) -> Option<Entry<'_>> {
    let mut entry = Entry { is_cut, ..Entry::default() };
    let mut has_message = false;
    for (position, field) in (Fields { rest: Some(record) }).enumerate() {
        match position {
            0 => entry.at = Some(Cow::Borrowed(field.raw)),
            SESSION => entry.session = session_of_id(field.raw),
            SEVERITY => entry.severity = Severity::of(field.raw),
            MESSAGE => {
                entry.message = field.text();
                has_message = true;
            }
            DETAIL if !field.raw.is_empty() => entry.detail = Some(field.text()),
            CONTEXT => entry.is_nested = !field.raw.is_empty(),
            STATEMENT => {
                entry.has_statement = !field.raw.is_empty();
                break;
            }
            _ => {}
        }
    }
    has_message.then_some(entry)
}

/// The fields of a record.
struct Fields<'a> {
    rest: Option<&'a str>,
}

/// A field as it is written.
struct Field<'a> {
    raw: &'a str,
}

impl<'a> Field<'a> {
    fn text(&self) -> Cow<'a, str> {
        let Some(inside) = self.raw.strip_prefix('"') else { return Cow::Borrowed(self.raw) };
        let inside = inside.strip_suffix('"').unwrap_or(inside);
        if inside.contains("\"\"") { Cow::Owned(inside.replace("\"\"", "\"")) } else { Cow::Borrowed(inside) }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let rest = self.rest.take()?;
        let bytes = rest.as_bytes();
        let end = if bytes.first() == Some(&b'"') {
            let end = quoted(bytes);
            // Only a comma may follow; else this is no record of this format.
            if bytes.get(end).is_some_and(|byte| *byte != b',') {
                return None;
            }
            end
        } else {
            memchr(b',', bytes).unwrap_or(bytes.len())
        };
        self.rest = rest.get(end + 1..);
        Some(Field { raw: &rest[..end] })
    }
}

/// Behind the quote that closes the field.
fn quoted(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(quote) = memchr(b'"', &bytes[at..]) {
        at += quote + 1;
        if bytes.get(at) != Some(&b'"') {
            return at;
        }
        at += 1;
    }
    bytes.len()
}
