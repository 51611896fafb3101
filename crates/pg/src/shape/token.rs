//! PostgreSQL's lexical rules: texts into tokens, whatever the text.
//!
//! A log holds statements of everybody, cut where a line was full and in no particular encoding, so this reads any text
//! to its end: what is open at the end is a token that says so. The rules are those of the manual's chapter "Lexical
//! Structure", with `standard_conforming_strings` on, as it is by default since version 9.1.

use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Spaces, tabs, line breaks.
    Space,
    /// `-- …` or `/* … */`, which nests.
    Comment,
    /// A key word or a name without quotes.
    Word,
    /// `"Name"` or `U&"Name"`.
    QuotedName,
    /// A text in quotes or dollars, whatever is before them: `'…'`, `E'…'`, `B'…'`, `$$…$$`.
    Text,
    /// `12`, `1.5e3`, `0xff`, `1_000`.
    Number,
    /// `$1`.
    Parameter,
    /// One or more of the characters that operators are made of.
    Operator,
    /// One of `( ) [ ] , ; : .`.
    Sign(char),
    /// What no rule is for.
    Other,
}

/// A token and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its bytes in the text.
    pub range: Range<usize>,
    /// Whether the text ended before it did.
    pub is_open: bool,
}

/// The tokens of a text; together they are all of it.
///
/// ```
/// use loadline_pg::shape::{Kind, Tokens};
///
/// let kinds: Vec<Kind> = Tokens::of("a=$1--x").map(|token| token.kind).collect();
/// assert_eq!(kinds, [Kind::Word, Kind::Operator, Kind::Parameter, Kind::Comment]);
/// // A text that was cut is read, and says so.
/// assert!(Tokens::of("'it").all(|token| token.is_open));
/// ```
#[derive(Clone, Debug)]
pub struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    /// The tokens of this text.
    pub fn of(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let (kind, length, is_open) = token(self.rest())?;
        let mut end = (self.at + length).min(self.text.len());
        // All lengths are counted in bytes; only a text that is open or of no rule could end within a character.
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        let range = self.at..end;
        self.at = end;
        Some(Token { kind, range, is_open })
    }
}

/// What is at the beginning of these bytes, how long it is, and whether it is open.
fn token(rest: &[u8]) -> Option<(Kind, usize, bool)> {
    let first = *rest.first()?;
    let closed = |kind, length| Some((kind, length, false));
    match first {
        byte if is_space(byte) => closed(Kind::Space, run(rest, is_space)),
        b'-' if rest.starts_with(b"--") => {
            closed(Kind::Comment, run(rest, |byte| byte != b'\n' && byte != b'\r'))
        }
        b'/' if rest.starts_with(b"/*") => {
            let (length, is_open) = block_comment(rest);
            Some((Kind::Comment, length, is_open))
        }
        b'\'' => Some(text(rest, 0, false)),
        b'"' => Some(quoted_name(rest, 0)),
        b'e' | b'E' if rest.get(1) == Some(&b'\'') => Some(text(rest, 1, true)),
        b'b' | b'B' | b'x' | b'X' | b'n' | b'N' if rest.get(1) == Some(&b'\'') => Some(text(rest, 1, false)),
        b'u' | b'U' if rest[1..].starts_with(b"&'") => Some(text(rest, 2, false)),
        b'u' | b'U' if rest[1..].starts_with(b"&\"") => Some(quoted_name(rest, 2)),
        b'$' => Some(dollar(rest)),
        b'0'..=b'9' => closed(Kind::Number, number(rest)),
        b'.' if rest.get(1).is_some_and(u8::is_ascii_digit) => closed(Kind::Number, number(rest)),
        b'(' | b')' | b'[' | b']' | b',' | b';' | b'.' => closed(Kind::Sign(char::from(first)), 1),
        b':' => closed(Kind::Sign(':'), if matches!(rest.get(1), Some(b':' | b'=')) { 2 } else { 1 }),
        byte if is_operator(byte) => closed(Kind::Operator, operator(rest)),
        byte if starts_word(byte) => closed(Kind::Word, run(rest, continues_word)),
        _ => closed(Kind::Other, 1),
    }
}

fn run(rest: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    rest.iter().position(|byte| !belongs(*byte)).unwrap_or(rest.len())
}

/// To the server other control characters than white space are mistakes; here a damaged text has a shape too, and in it
/// they are spaces.
fn is_space(byte: u8) -> bool {
    byte == b' ' || byte.is_ascii_control()
}

fn starts_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn continues_word(byte: u8) -> bool {
    starts_word(byte) || byte.is_ascii_digit() || byte == b'$'
}

fn is_operator(byte: u8) -> bool {
    b"+-*/<>=~!@#%^&|`?".contains(&byte)
}

/// An operator ends where a comment begins. A `-` at its end is a sign of its own if nothing but the characters of
/// plain arithmetic is before it: `a=-1`.
fn operator(rest: &[u8]) -> usize {
    let mut length = run(rest, is_operator);
    if let Some(comment) =
        (1..length).find(|at| rest[*at..].starts_with(b"--") || rest[*at..].starts_with(b"/*"))
    {
        length = comment;
    }
    let is_special = rest[..length].iter().any(|byte| b"~!@#%^&|`?".contains(byte));
    while length > 1 && !is_special && matches!(rest[length - 1], b'+' | b'-') {
        length -= 1;
    }
    length
}

fn block_comment(rest: &[u8]) -> (usize, bool) {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return (at, false);
            }
        } else {
            at += 1;
        }
    }
    (rest.len(), true)
}

/// A text whose first quote is at `start`. Texts with a line break between them are one text.
fn text(rest: &[u8], start: usize, backslashes: bool) -> (Kind, usize, bool) {
    let mut at = start + 1;
    loop {
        match rest.get(at) {
            None => return (Kind::Text, rest.len(), true),
            Some(b'\\') if backslashes => at += 2,
            Some(b'\'') if rest.get(at + 1) == Some(&b'\'') => at += 2,
            Some(b'\'') => {
                let between = run(&rest[at + 1..], is_space);
                let gap = &rest[at + 1..at + 1 + between];
                let goes_on = gap.iter().any(|byte| matches!(byte, b'\n' | b'\r'))
                    && rest.get(at + 1 + between) == Some(&b'\'');
                if !goes_on {
                    return (Kind::Text, at + 1, false);
                }
                at += between + 2;
            }
            Some(_) => at += 1,
        }
    }
}

fn quoted_name(rest: &[u8], start: usize) -> (Kind, usize, bool) {
    let mut at = start + 1;
    loop {
        match rest.get(at) {
            None => return (Kind::QuotedName, rest.len(), true),
            Some(b'"') if rest.get(at + 1) == Some(&b'"') => at += 2,
            Some(b'"') => return (Kind::QuotedName, at + 1, false),
            Some(_) => at += 1,
        }
    }
}

/// `$1`, or a text between `$tag$` and `$tag$`.
fn dollar(rest: &[u8]) -> (Kind, usize, bool) {
    let digits = run(&rest[1..], |byte| byte.is_ascii_digit());
    if digits > 0 {
        return (Kind::Parameter, 1 + digits, false);
    }
    let tag = run(&rest[1..], |byte| starts_word(byte) || byte.is_ascii_digit());
    if rest.get(1 + tag) != Some(&b'$') {
        return (Kind::Other, 1, false);
    }
    let mark = &rest[..tag + 2];
    let mut at = mark.len();
    while let Some(next) = rest[at..].iter().position(|byte| *byte == b'$') {
        at += next;
        if rest[at..].starts_with(mark) {
            return (Kind::Text, at + mark.len(), false);
        }
        at += 1;
    }
    (Kind::Text, rest.len(), true)
}

fn number(rest: &[u8]) -> usize {
    let based = |digits: fn(u8) -> bool| 2 + run(&rest[2..], |byte| digits(byte) || byte == b'_');
    if rest[0] == b'0' && rest.len() > 2 {
        match rest[1] {
            b'x' | b'X' if rest[2].is_ascii_hexdigit() => return based(|byte| byte.is_ascii_hexdigit()),
            b'o' | b'O' if (b'0'..b'8').contains(&rest[2]) => {
                return based(|byte| (b'0'..b'8').contains(&byte));
            }
            b'b' | b'B' if matches!(rest[2], b'0' | b'1') => {
                return based(|byte| matches!(byte, b'0' | b'1'));
            }
            _ => {}
        }
    }
    let digits = |from: usize| from + run(&rest[from..], |byte| byte.is_ascii_digit() || byte == b'_');
    let mut at = digits(0);
    // `1..10` is two numbers and what is between them.
    if rest.get(at) == Some(&b'.') && rest.get(at + 1) != Some(&b'.') {
        at = digits(at + 1);
    }
    if matches!(rest.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(rest.get(at + 1), Some(b'+' | b'-')));
        if rest.get(at + 1 + sign).is_some_and(u8::is_ascii_digit) {
            at = digits(at + 1 + sign);
        }
    }
    at
}
