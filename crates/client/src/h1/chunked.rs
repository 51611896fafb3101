//! Chunked transfer coding (RFC 9112 section 7.1), byte by byte where it is framing and in slices where it is data.

use crate::h1::body::{Body, Malformed};

/// Longest chunk line with its extensions, and longest trailer section, in bytes.
const LINE_LIMIT: u32 = 16 << 10;

/// The decoder's place in the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chunked {
    /// In the hexadecimal size; how many digits were read.
    Size { size: u64, digits: u8 },
    /// Behind the size, up to the line end.
    Extension { size: u64, length: u32 },
    /// In the data.
    Data { left: u64 },
    /// Behind the data: an optional CR, then LF.
    DataEnd,
    /// In the trailers; whether the current line is empty so far.
    Trailers { empty_line: bool, length: u32 },
    /// Behind the last line.
    Done,
}

impl Chunked {
    pub(crate) fn new() -> Chunked {
        Chunked::Size { size: 0, digits: 0 }
    }

    /// Takes what it can of `input` and returns how much that was; less than all only when the body is complete.
    pub(crate) fn feed(&mut self, input: &[u8], body: &mut Body<'_>) -> Result<usize, Malformed> {
        let mut at = 0;
        while at < input.len() {
            let byte = input[at];
            *self = match *self {
                Chunked::Done => break,
                Chunked::Data { left } => {
                    let take = left.min((input.len() - at) as u64) as usize;
                    body.push(&input[at..at + take], left - take as u64 + 1)?;
                    at += take;
                    let left = left - take as u64;
                    if left == 0 { Chunked::DataEnd } else { Chunked::Data { left } }
                }
                framing => {
                    at += 1;
                    framing.step(byte)?
                }
            };
        }
        Ok(at)
    }

    /// One byte of framing.
    fn step(self, byte: u8) -> Result<Chunked, Malformed> {
        Ok(match self {
            Chunked::Size { size, digits } => match (byte, char::from(byte).to_digit(16)) {
                (_, Some(digit)) if digits < 16 => {
                    Chunked::Size { size: size << 4 | u64::from(digit), digits: digits + 1 }
                }
                (_, Some(_)) => return Err(wrong("a chunk size is too large", byte)),
                (b'\r' | b' ' | b'\t' | b';', None) if digits > 0 => Chunked::Extension { size, length: 0 },
                (b'\n', None) if digits > 0 => Chunked::after_line(size),
                _ => return Err(wrong("a chunk size is not hexadecimal", byte)),
            },
            Chunked::Extension { size, .. } if byte == b'\n' => Chunked::after_line(size),
            Chunked::Extension { length, .. } if length >= LINE_LIMIT => {
                return Err(wrong("a chunk extension is too long", byte));
            }
            Chunked::Extension { size, length } => Chunked::Extension { size, length: length + 1 },
            Chunked::DataEnd => match byte {
                b'\r' => Chunked::DataEnd,
                b'\n' => Chunked::new(),
                _ => return Err(wrong("a chunk is longer than its size", byte)),
            },
            Chunked::Trailers { empty_line: true, .. } if byte == b'\n' => Chunked::Done,
            Chunked::Trailers { length, .. } if length >= LINE_LIMIT => {
                return Err(wrong("the trailers are too long", byte));
            }
            Chunked::Trailers { empty_line, length } => Chunked::Trailers {
                empty_line: byte == b'\n' || (byte == b'\r' && empty_line),
                length: length + 1,
            },
            state @ (Chunked::Data { .. } | Chunked::Done) => state,
        })
    }

    fn after_line(size: u64) -> Chunked {
        if size == 0 {
            Chunked::Trailers { empty_line: true, length: 0 }
        } else {
            Chunked::Data { left: size }
        }
    }
}

fn wrong(what: &str, byte: u8) -> Malformed {
    Malformed::Syntax(format!("{what} (at byte `{}`)", byte.escape_ascii()))
}
