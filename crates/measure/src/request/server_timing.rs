//! `Server-Timing`: what an answer says of the server's own part in it.
//!
//! The field is a list of names with durations in milliseconds (W3C, Server Timing): `total;dur=41.2, db;dur=30.1,
//! db.select-users;dur=12.9`. Names with dots are nested: `db.select-users` is within `db`, and everything is within
//! the `total` of its line. A cache in front adds a line of its own: what stood before is within its `origin`. What is
//! recorded of each is what it took without the parts within it, so that nothing counts twice.
//!
//! Answers come from anywhere, so none of it is believed that cannot be: a part that took longer than the request
//! waited, a duration that is none, a name that is no token. It is left out, and counted.

use std::time::Duration;

use memchr::memchr2;

use crate::ledger::ServerAccount;
use crate::recorder::Recorder;
use crate::shapes::{Piece, Shape, digits};

/// The field's name.
pub const SERVER_TIMING: &str = "server-timing";

/// A part that has all others within it.
const TOTAL: &[u8] = b"total";
/// What a cache in front calls the wait for the service behind it.
const ORIGIN: &[u8] = b"origin";
/// How many parts are read of an answer; one that has more cannot be read.
const MOST_READ: usize = 64;
/// How many lines of the field are read.
const MOST_LINES: usize = 4;
/// Bytes of a field that is read.
const MOST_BYTES: usize = 8192;
/// Servers round to whole milliseconds, and their clock is another one.
const TOLERANCE_NS: i64 = 1_000_000;

/// The lines of the field of one answer; none for most.
#[derive(Debug, Clone, Copy, Default)]
pub struct ServerTiming<'a> {
    lines: [&'a [u8]; MOST_LINES],
    length: usize,
    beyond: bool,
}

impl<'a> ServerTiming<'a> {
    /// Of the field's lines, in order.
    #[inline]
    pub fn of(lines: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut field = Self::default();
        for line in lines {
            if field.length == MOST_LINES {
                field.beyond = true;
                break;
            }
            field.lines[field.length] = line;
            field.length += 1;
        }
        field
    }

    /// What is recorded of it for a request that the server had for so long; nothing where it says nothing.
    #[inline]
    pub(crate) fn account(&self, recorder: &mut Recorder, held: Duration) -> Option<ServerAccount> {
        (self.length > 0).then(|| self.read(recorder, held))
    }

    fn read(&self, recorder: &mut Recorder, held: Duration) -> ServerAccount {
        let most = i64::try_from(held.as_nanos()).unwrap_or(i64::MAX).saturating_add(TOLERANCE_NS);
        if let (1, false) = (self.length, self.beyond)
            && let Some(account) = recorder.shapes.read(self.lines[0], most)
        {
            return account;
        }
        self.read_anew(recorder, most)
    }

    fn read_anew(&self, recorder: &mut Recorder, most: i64) -> ServerAccount {
        let mut told = Told {
            parts: [Part { name: b"", nanoseconds: 0, line: 0 }; MOST_READ],
            length: 0,
            refused: self.beyond,
        };
        for (at, line) in self.lines[..self.length].iter().enumerate() {
            if line.len() > MOST_BYTES || !told.read(line, at) {
                return ServerAccount::refused();
            }
        }
        if let (1, false) = (self.length, told.refused)
            && let Some(shape) = told.shape(self.lines[0], recorder)
        {
            recorder.shapes.learn(shape);
        }
        told.account(recorder, most)
    }
}

/// One entry of the list.
#[derive(Clone, Copy)]
struct Part<'a> {
    name: &'a [u8],
    nanoseconds: i64,
    /// The line that it stands in.
    line: usize,
}

/// What one answer tells.
struct Told<'a> {
    parts: [Part<'a>; MOST_READ],
    length: usize,
    /// Something was left out.
    refused: bool,
}

impl<'a> Told<'a> {
    /// Reads a line; `false` when it has more than can be read.
    fn read(&mut self, text: &'a [u8], line: usize) -> bool {
        let mut rest = text;
        while let Some(entry) = next(&mut rest, b',') {
            if entry.trim_ascii().is_empty() {
                continue;
            }
            match part(entry) {
                Ok(None) => {}
                Ok(Some(part)) => {
                    if self.length == MOST_READ {
                        return false;
                    }
                    self.parts[self.length] = Part { line, ..part };
                    self.length += 1;
                }
                Err(Unreadable) => self.refused = true,
            }
        }
        true
    }

    /// Each part without those within it, if all can be true of a request that was at the server for so long.
    fn account(&self, recorder: &mut Recorder, most: i64) -> ServerAccount {
        let parts = &self.parts[..self.length];
        if parts.iter().any(|part| part.nanoseconds > most) {
            return ServerAccount::refused();
        }
        let mut account = ServerAccount::default();
        if self.refused {
            account.refuse();
        }
        let other = recorder.other_parts();
        let mut within = [0_i64; MOST_READ];
        for part in parts {
            if let Some(parent) = parent(parts, part) {
                within[parent] = within[parent].saturating_add(part.nanoseconds);
            }
        }
        for (at, part) in parts.iter().enumerate() {
            let own = part.nanoseconds.saturating_sub(within[at]);
            account.add(recorder.part(part.name), own.max(0), part.nanoseconds, other);
            account.overlaps(own);
        }
        account
    }

    /// What all fields have in common that this one is like: a plain list, in which nothing comes twice.
    fn shape(&self, line: &[u8], recorder: &mut Recorder) -> Option<Shape> {
        let parts = &self.parts[..self.length];
        let mut pieces = Vec::with_capacity(parts.len());
        let mut rest = line;
        for (at, part) in parts.iter().enumerate() {
            if parts[..at].iter().any(|earlier| earlier.name == part.name) {
                return None;
            }
            // What is before the number, as far as it is nothing but separators, the name and `;dur=`.
            let start = rest.iter().position(|byte| !b", \t".contains(byte))?;
            let begin = rest[start..].strip_prefix(part.name)?.strip_prefix(b";dur=")?;
            let (nanoseconds, length) = digits(begin)?;
            if nanoseconds != part.nanoseconds {
                return None;
            }
            let text = &rest[..rest.len() - begin.len()];
            let part_id = recorder.part(part.name);
            pieces.push(Piece { text: text.into(), part: part_id, parent: parent(parts, part) });
            rest = &begin[length..];
        }
        let distinct = pieces
            .iter()
            .enumerate()
            .all(|(at, piece)| pieces[..at].iter().all(|other| other.part != piece.part));
        (rest.is_empty() && distinct).then_some(Shape { pieces })
    }
}

/// The place of the innermost part that has it within; of several of one name the first.
fn parent(parts: &[Part<'_>], child: &Part<'_>) -> Option<usize> {
    let place = |name: &[u8]| parts.iter().position(|part| part.name == name && part.line == child.line);
    let mut name = child.name;
    while let Some(dot) = memchr::memrchr(b'.', name) {
        name = &name[..dot];
        if let Some(parent) = place(name) {
            return Some(parent);
        }
    }
    let total = if child.name == TOTAL { None } else { place(TOTAL) };
    total.or_else(|| parts.iter().position(|part| part.name == ORIGIN && part.line > child.line))
}

/// A part that cannot be read.
struct Unreadable;

/// An entry of the list; `None` where it has no duration, because it only says something (`cache;desc=hit`).
fn part(entry: &[u8]) -> Result<Option<Part<'_>>, Unreadable> {
    let mut rest = entry;
    let name = next(&mut rest, b';').unwrap_or_default().trim_ascii();
    if name.is_empty() || !name.iter().all(|byte| is_token(*byte)) {
        return Err(Unreadable);
    }
    while let Some(parameter) = next(&mut rest, b';') {
        let equals = memchr::memchr(b'=', parameter).unwrap_or(parameter.len());
        if !parameter[..equals].trim_ascii().eq_ignore_ascii_case(b"dur") {
            continue;
        }
        // The first one counts, as browsers have it.
        let value = parameter.get(equals + 1..).unwrap_or_default().trim_ascii();
        let value = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
        return nanoseconds(value)
            .map(|nanoseconds| Some(Part { name, nanoseconds, line: 0 }))
            .ok_or(Unreadable);
    }
    Ok(None)
}

/// Milliseconds as text; `None` for what is no duration.
fn nanoseconds(text: &[u8]) -> Option<i64> {
    match digits(text) {
        Some((nanoseconds, length)) if length == text.len() => Some(nanoseconds),
        _ => odd_nanoseconds(text),
    }
}

/// As [`nanoseconds`], for what is written otherwise: `1.5e2`, `12.3456789`.
#[cold]
fn odd_nanoseconds(text: &[u8]) -> Option<i64> {
    let milliseconds: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (0.0..1e12).contains(&milliseconds).then_some((milliseconds * 1e6) as i64)
}

/// What comes before the next separator that is not within quotes, and `rest` behind it; `None` at the end.
#[inline]
fn next<'a>(rest: &mut &'a [u8], separator: u8) -> Option<&'a [u8]> {
    if rest.is_empty() {
        return None;
    }
    let text = *rest;
    let mut from = 0;
    loop {
        let Some(at) = memchr2(separator, b'"', &text[from..]).map(|at| from + at) else {
            *rest = &[];
            return Some(text);
        };
        if text[at] == separator {
            *rest = &text[at + 1..];
            return Some(&text[..at]);
        }
        from = closing(text, at + 1);
    }
}

/// Where what is quoted from here on ends: behind the closing quote, or at the end.
fn closing(text: &[u8], mut from: usize) -> usize {
    while let Some(at) = memchr2(b'"', b'\\', &text[from..]).map(|at| from + at) {
        if text[at] == b'"' {
            return at + 1;
        }
        from = (at + 2).min(text.len());
    }
    text.len()
}

/// Whether names are made of it (RFC 9110, section 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests;
