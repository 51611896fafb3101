//! Queries of URLs: put into one order, filtered, and compared, without saying anything that the client did not.
//!
//! A key may put `a=1&b=2` and `b=2&a=1` together because an operator says that order does not matter. It may not put
//! `a` and `a=` or `x+y` and `x%20y` together: origins exist that tell them apart. So pieces keep the form in which
//! they came, but for what RFC 3986 §6.2.2 says is the same (`%7e`, `%7E` and `~`). What they mean as a form of the
//! URL standard is beside it, because that is what names are compared by.

use std::fmt::Write;

/// The pieces of a query, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// What stands between the `&`s; empty pieces are none.
    pub pieces: Vec<Piece>,
}

/// One piece of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// As it was written, in the form that RFC 3986 calls normal.
    pub written: String,
    /// Its name as the URL standard reads it; any bytes.
    pub name: Vec<u8>,
    /// Its value, likewise; empty without `=`.
    pub value: Vec<u8>,
}

impl Query {
    /// Reads what stands behind the `?`.
    ///
    /// ```
    /// use loadline_edge::query::Query;
    /// let mut query = Query::parse("b=2&a=x+y&%61=%c3%a9&&d");
    /// query.sort();
    /// assert_eq!(query.to_text(), "a=x+y&a=%C3%A9&b=2&d");
    /// ```
    pub fn parse(text: &str) -> Self {
        let pieces = text.split('&').filter(|piece| !piece.is_empty()).map(|piece| {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            Piece { written: normal(piece), name: decoded(name), value: decoded(value) }
        });
        Self { pieces: pieces.collect() }
    }

    /// Puts names into order; pieces of one name keep theirs, because it may matter.
    pub fn sort(&mut self) {
        self.pieces.sort_by(|one, other| one.name.cmp(&other.name));
    }

    /// Leaves the pieces whose names are kept.
    pub fn keep(&mut self, mut is_kept: impl FnMut(&[u8]) -> bool) {
        self.pieces.retain(|piece| is_kept(&piece.name));
    }

    /// As text.
    pub fn to_text(&self) -> String {
        let pieces: Vec<&str> = self.pieces.iter().map(|piece| piece.written.as_str()).collect();
        pieces.join("&")
    }
}

/// A text with each escape as RFC 3986 §6.2.2 writes it: capitals, and none for what needs none.
pub fn normal(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        written.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match escaped(rest.as_bytes()) {
            Some(byte) => {
                let needs_none = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
                // A `%` that begins nothing would begin something with what is written out behind it: `%%330`.
                if needs_none && !written.as_bytes().iter().rev().take(2).any(|before| *before == b'%') {
                    written.push(char::from(byte));
                } else {
                    let _ = write!(written, "%{byte:02X}");
                }
                rest = &rest[2..];
            }
            None => written.push('%'),
        }
    }
    written + rest
}

/// A name or value as the URL standard reads it; a percent sign that begins nothing stands for itself.
pub(crate) fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut read = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, escaped(&bytes[at + 1..])) {
            (b'%', Some(said)) => {
                read.push(said);
                at += 2;
            }
            (b'+', _) => read.push(b' '),
            _ => read.push(*byte),
        }
        at += 1;
    }
    read
}

/// The byte that two hexadecimal digits say.
fn escaped(digits: &[u8]) -> Option<u8> {
    let digit = |at: usize| digits.get(at).and_then(|digit| char::from(*digit).to_digit(16));
    Some((digit(0)? * 16 + digit(1)?) as u8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_may_differ_for_an_origin_stays_different() {
        for (one, other) in [
            ("a", "a="),
            ("a=x+y", "a=x%20y"),
            ("a=%26b", "a=&b"),
            ("a=1&a=2", "a=2&a=1"),
            ("a=%FF", "a=%FE"),
        ] {
            let text = |query: &str| {
                let mut query = Query::parse(query);
                query.sort();
                query.to_text()
            };
            assert_ne!(text(one), text(other));
        }
    }

    #[test]
    fn a_percent_sign_that_begins_nothing_never_begins_something() {
        for (text, expected) in [
            ("%%330", "%%330"),
            ("%3%330", "%3%330"),
            ("%z%330", "%z%330"),
            ("%zz%330", "%zz30"),
            ("%%41%41", "%%41A"),
        ] {
            assert_eq!(normal(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_normal_form_of_a_normal_form_is_itself(text in "[a-f%+=&;0-9é ~]{0,40}") {
            let once = normal(&text);
            prop_assert_eq!(normal(&once), once);
        }

        #[test]
        fn the_normal_form_means_the_same(text in "[a-f%+=&;0-9é ~]{0,40}") {
            prop_assert_eq!(decoded(&normal(&text)), decoded(&text));
        }
    }
}
