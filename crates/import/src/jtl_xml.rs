//! `JMeter`'s JTL as XML: an element for each sample, whose attributes say all that is read.
//!
//! Samples within samples are the parts of a request (redirects, embedded resources), which its time has already, or
//! the requests of a transaction. Only tags are looked at, one at a time, so that a file of any size takes little
//! memory.

use std::io::{BufRead, Read as _};

use crate::error::{BadLine, ImportError};
use crate::imported::Imported;
use crate::jtl::{Sample, Samples};

/// The longest stretch up to the end of a tag, texts included.
const LONGEST: u64 = 16 << 20;

/// Whether a file begins as such an XML does.
pub(crate) fn is_one(beginning: &str) -> bool {
    beginning.starts_with('<') && beginning.contains("<testResults")
}

pub(crate) fn read(mut reader: impl BufRead, name: &str) -> Result<Imported, ImportError> {
    let mut samples = Samples::new(name)?;
    let mut notes = Vec::new();
    let (mut bytes, mut line) = (Vec::new(), 1);
    // Of each sample that is open, whether it is a transaction's.
    let mut open: Vec<bool> = Vec::new();
    let mut ended = false;
    loop {
        bytes.clear();
        let read = reader.by_ref().take(LONGEST + 1).read_until(b'>', &mut bytes);
        let read = read.map_err(|source| ImportError::Io { name: name.to_owned(), source })?;
        if read == 0 {
            break;
        }
        line += bytes.split(|byte| *byte == b'\n').count() - 1;
        let wrong = |why: BadLine| ImportError::Line { name: name.to_owned(), line, tool: "JMeter", why };
        if bytes.len() as u64 > LONGEST {
            return Err(wrong(BadLine::Form(format!("a tag does not end within {} MiB", LONGEST >> 20))));
        }
        let text = String::from_utf8_lossy(&bytes);
        // What stands before the tag is text of the one before.
        let Some((_, tag)) = text.rsplit_once('<') else { continue };
        let Some(tag) = tag.strip_suffix('>') else { break };
        if let Some(name) = tag.strip_prefix('/') {
            match name.trim() {
                "httpSample" | "sample" => drop(open.pop()),
                "testResults" => ended = true,
                _ => {}
            }
            continue;
        }
        let (tag, closed) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let kind = tag.split(char::is_whitespace).next().unwrap_or_default();
        if !["httpSample", "sample"].contains(&kind) {
            continue;
        }
        let sample = sample(&tag[kind.len()..])
            .ok_or_else(|| wrong(BadLine::Form(format!("the attributes of a `{kind}` do not read"))))?;
        if open.iter().all(|transaction| *transaction) {
            samples.add(&sample).map_err(wrong)?;
        }
        if !closed {
            open.push(sample.is_transaction());
        }
    }
    if !ended {
        notes.push("it has no end: JMeter was stopped, or what came later was cut off".to_owned());
    }
    samples.finish(name, notes)
}

/// The sample of ` t="12" ts="…"`; `None` when that is no list of attributes.
fn sample(mut attributes: &str) -> Option<Sample> {
    let mut sample = Sample::default();
    loop {
        attributes = attributes.trim_start();
        if attributes.is_empty() {
            return Some(sample);
        }
        let (key, rest) = attributes.split_once('=')?;
        let rest = rest.trim_start();
        let quote = rest.chars().next().filter(|sign| ['"', '\''].contains(sign))?;
        let (value, rest) = rest[1..].split_once(quote)?;
        attributes = rest;
        let place = match key.trim() {
            "ts" => &mut sample.time,
            "t" => &mut sample.elapsed,
            "lb" => &mut sample.label,
            "rc" => &mut sample.code,
            "rm" => &mut sample.message,
            "tn" => &mut sample.thread,
            "s" => &mut sample.success,
            "by" => &mut sample.received,
            "sby" => &mut sample.sent,
            "lt" => &mut sample.latency,
            "ct" => &mut sample.connect,
            "na" => &mut sample.users,
            _ => continue,
        };
        *place = plain(value);
    }
}

/// A value without entities.
fn plain(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('&') {
        text += before;
        let known = after.split_once(';').and_then(|(entity, rest)| Some((sign(entity)?, rest)));
        let (sign, behind) = known.unwrap_or(('&', after));
        text.push(sign);
        rest = behind;
    }
    text + rest
}

fn sign(entity: &str) -> Option<char> {
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    match entity {
        "quot" => Some('"'),
        "apos" => Some('\''),
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        _ => match entity.strip_prefix("#x") {
            Some(digits) => number(digits, 16),
            None => number(entity.strip_prefix('#')?, 10),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_become_signs() {
        assert_eq!(plain("a &quot;b&quot; &amp;&lt;&#65;&#x42; &what; & c"), "a \"b\" &<AB &what; & c");
    }
}
