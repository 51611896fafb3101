//! Files that are lines, read one by one, and files that are read as one, within a limit: memory is for what the Run
//! keeps.

use std::io::{BufRead, Read};

use crate::error::{BadLine, ImportError};

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
