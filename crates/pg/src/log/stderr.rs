//! The server's plain log: lines of text behind a prefix that everybody sets otherwise (`log_line_prefix`).
//!
//! An entry begins where the name of a severity stands with a colon and two blanks behind it; its further lines begin
//! with a tab. Of the prefix only what matters is looked for: the time at its beginning, and a session's id (`%c`) or
//! its process (`[%p]`). What belongs to an entry (`DETAIL`, `CONTEXT`, `STATEMENT`) comes as entries of the same
//! prefix right behind it.

use std::borrow::Cow;

use super::entry::{Entry, Severity, session_of_id};
use super::lines::{LONGEST, Line};
use super::moment::moment;
use super::told::Told;

const SEVERITIES: [&str; 8] = ["LOG", "ERROR", "FATAL", "PANIC", "WARNING", "NOTICE", "INFO", "DEBUG"];
const ADDITIONS: [&str; 7] = ["DETAIL", "HINT", "QUERY", "CONTEXT", "STATEMENT", "LOCATION", "BACKTRACE"];
/// Columns within which a prefix ends.
const WIDEST_PREFIX: usize = 512;

/// The entry that may go on.
#[derive(Debug, Default)]
pub(super) struct PlainLog {
    entry: Option<Entry<'static>>,
    /// What further lines are added to.
    into: Part,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Part {
    #[default]
    Message,
    Detail,
    Nowhere,
}

/// A line that begins something.
struct Head<'a> {
    prefix: &'a str,
    name: &'a str,
    text: &'a str,
}

/// Whether an entry begins with this line.
pub(super) fn begins(line: &str) -> bool {
    head(line).is_some_and(|head| severity(head.name).is_some())
}

/// Where a name in capitals stands that we know, with `:  ` behind it.
fn head(line: &str) -> Option<Head<'_>> {
    if line.starts_with('\t') {
        return None;
    }
    let searched = &line[..line.floor_char_boundary(WIDEST_PREFIX)];
    searched.match_indices(":  ").find_map(|(at, _)| {
        let before = &line[..at];
        let start =
            before.rfind(|character: char| !character.is_ascii_uppercase() && !character.is_ascii_digit());
        let start = start
            .map_or(0, |position| position + before[position..].chars().next().map_or(1, char::len_utf8));
        let name = &before[start..];
        (severity(name).is_some() || ADDITIONS.contains(&name)).then(|| Head {
            prefix: &line[..start],
            name,
            text: &line[at + 3..],
        })
    })
}

fn severity(name: &str) -> Option<&str> {
    let plain = name.trim_end_matches(|character: char| character.is_ascii_digit());
    SEVERITIES.contains(&plain).then_some(plain)
}

impl PlainLog {
    pub(super) fn line(
        &mut self,
        line: &Line<'_>,
        told: &mut Told,
        each: &mut dyn FnMut(&Entry<'_>, &mut Told),
    ) {
        if let Some(head) = head(&line.text) {
            if severity(head.name).is_some() {
                self.finish(told, each);
                self.entry = Some(Entry {
                    at: time(head.prefix).map(|at| Cow::Owned(at.to_owned())),
                    session: session(head.prefix),
                    severity: Severity::of(head.name),
                    message: Cow::Owned(head.text.to_owned()),
                    is_cut: line.is_cut,
                    ..Entry::default()
                });
                self.into = Part::Message;
            } else {
                self.addition(&head, told);
            }
            return;
        }
        let more = line.text.strip_prefix('\t');
        match (&mut self.entry, more) {
            (Some(entry), Some(more)) => {
                entry.is_cut |= line.is_cut;
                match self.into {
                    Part::Message => entry.is_cut |= !add(entry.message.to_mut(), more),
                    Part::Detail => {
                        if let Some(detail) = &mut entry.detail {
                            entry.is_cut |= !add(detail.to_mut(), more);
                        }
                    }
                    Part::Nowhere => {}
                }
            }
            _ => {
                if !line.text.trim().is_empty() {
                    told.fragments += 1;
                }
            }
        }
    }

    /// Hands out the last entry.
    pub(super) fn finish(&mut self, told: &mut Told, each: &mut dyn FnMut(&Entry<'_>, &mut Told)) {
        if let Some(entry) = self.entry.take() {
            each(&entry, told);
        }
    }

    fn addition(&mut self, head: &Head<'_>, told: &mut Told) {
        self.into = Part::Nowhere;
        let Some(entry) = self.entry.as_mut().filter(|entry| entry.session == session(head.prefix)) else {
            told.fragments += 1;
            return;
        };
        match head.name {
            "DETAIL" => {
                entry.detail = Some(Cow::Owned(head.text.to_owned()));
                self.into = Part::Detail;
            }
            "CONTEXT" => entry.is_nested = true,
            "STATEMENT" => entry.has_statement = true,
            _ => {}
        }
    }
}

/// Whether there was room for it.
fn add(text: &mut String, more: &str) -> bool {
    let fits = text.len() + more.len() < LONGEST;
    if fits {
        text.push('\n');
        text.push_str(more);
    }
    fits
}

/// The time at the beginning of a prefix, or behind the first blanks and signs of it.
fn time(prefix: &str) -> Option<&str> {
    let start = prefix.find(|character: char| character.is_ascii_digit())?;
    let text = &prefix[start..];
    moment(text)?;
    let end = if text.as_bytes().get(19) == Some(&b'.') { 23 } else { 19 };
    let rest = text.get(end..)?;
    // The zone's name, or its distance.
    let is_of_zone = |character: char| character.is_ascii_alphanumeric() || matches!(character, '+' | '-');
    let zone =
        rest.strip_prefix(' ').map_or(0, |zone| zone.find(|c| !is_of_zone(c)).unwrap_or(zone.len()) + 1);
    text.get(..end + zone)
}

/// A session's id anywhere, or else a process in brackets.
fn session(prefix: &str) -> Option<u64> {
    let is_of_id = |character: char| character.is_ascii_hexdigit() || character == '.';
    let ids = prefix.split(|character| !is_of_id(character));
    // `%c` has eight digits before its point; so nothing of a time or an address is one.
    if let Some(id) = ids.filter(|id| id.as_bytes().get(8) == Some(&b'.')).find_map(session_of_id) {
        return Some(id);
    }
    prefix.split('[').skip(1).find_map(|text| {
        let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
        matches!(text.as_bytes().get(digits), Some(b']' | b'-'))
            .then(|| text[..digits].parse().ok())
            .flatten()
    })
}
