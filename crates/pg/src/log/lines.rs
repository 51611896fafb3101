//! Lines out of bytes that come in pieces, each of bounded length.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter};

/// Bytes of a line that are kept. Statements with megabytes of values are cut, which their shape survives.
pub(super) const LONGEST: usize = 1 << 20;

/// One line without its end.
#[derive(Clone, Debug)]
pub(super) struct Line<'a> {
    /// Its text; bytes that are no UTF-8 are replaced.
    pub(super) text: Cow<'a, str>,
    /// How many `"` it has, also in what is cut off.
    pub(super) quotes: u64,
    /// Whether its end is cut off.
    pub(super) is_cut: bool,
}

/// The line that has not ended yet.
#[derive(Debug, Default)]
pub(super) struct Lines {
    held: Vec<u8>,
    quotes: u64,
    is_cut: bool,
    is_open: bool,
}

impl Lines {
    /// Takes bytes in and hands out the lines that end in them.
    pub(super) fn push(&mut self, mut bytes: &[u8], mut each: impl FnMut(Line<'_>)) {
        while let Some(end) = memchr(b'\n', bytes) {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            if !self.is_open && line.len() <= LONGEST {
                each(whole(line, quotes(line), false));
            } else {
                self.hold(line);
                self.end(&mut each);
            }
            bytes = rest;
        }
        if !bytes.is_empty() {
            self.hold(bytes);
        }
    }

    /// Hands out the last line, if it has no end.
    pub(super) fn finish(&mut self, mut each: impl FnMut(Line<'_>)) {
        if self.is_open {
            self.end(&mut each);
        }
    }

    fn hold(&mut self, bytes: &[u8]) {
        self.is_open = true;
        self.quotes += quotes(bytes);
        let room = LONGEST - self.held.len();
        self.held.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.is_cut |= bytes.len() > room;
    }

    fn end(&mut self, each: &mut impl FnMut(Line<'_>)) {
        each(whole(&self.held, self.quotes, self.is_cut));
        self.held.clear();
        *self = Self { held: std::mem::take(&mut self.held), ..Self::default() };
    }
}

fn whole(bytes: &[u8], quotes: u64, is_cut: bool) -> Line<'_> {
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    Line { text: String::from_utf8_lossy(bytes), quotes, is_cut }
}

fn quotes(bytes: &[u8]) -> u64 {
    memchr_iter(b'"', bytes).count() as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(pieces: &[&[u8]]) -> Vec<(String, u64, bool)> {
        let (mut lines, mut read) = (Lines::default(), Vec::new());
        let mut each = |line: Line<'_>| read.push((line.text.into_owned(), line.quotes, line.is_cut));
        for piece in pieces {
            lines.push(piece, &mut each);
        }
        lines.finish(&mut each);
        read
    }

    #[test]
    fn ends_are_taken_off_and_quotes_counted() {
        let line = |text: &str, quotes| (text.to_owned(), quotes, false);
        assert_eq!(read(&[b"a\"b\"\r\n\n\xff"]), [line("a\"b\"", 2), line("", 0), line("\u{fffd}", 0)]);
        assert!(read(&[b""]).is_empty());
    }

    #[test]
    fn a_line_without_end_takes_no_memory_without_end() {
        let piece = vec![b'"'; LONGEST / 2 + 1];
        let read = read(&[&piece, &piece, &piece, b"\nb"]);
        assert_eq!((read[0].0.len(), read[0].1, read[0].2), (LONGEST, 3 * piece.len() as u64, true));
        assert_eq!(read[1], ("b".to_owned(), 0, false));
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'"'), any::<u8>()], 0..60), at in 0_usize..60) {
            let at = at.min(bytes.len());
            prop_assert_eq!(read(&[&bytes[..at], &bytes[at..]]), read(&[&bytes]));
        }
    }
}
