//! A statement's tokens without white space and comments, and what is known of each.

use super::token::{Kind, Tokens};

/// What stands for the rest of a list, as PostgreSQL 18 writes it.
pub(super) const MORE: &str = "/*, ... */";

/// What a shape is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    /// Whether white space is before it.
    pub(super) is_apart: bool,
    /// Whether `$n` stands for it.
    pub(super) is_value: bool,
    /// Whether more like it were behind it.
    pub(super) has_more: More,
}

/// The rest of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum More {
    /// There is none.
    None,
    /// More values: how many is not a part of the shape.
    Values,
    /// More rows: one row is another statement than many.
    Rows,
}

impl Piece<'_> {
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    pub(super) fn is_sign(&self, sign: char) -> bool {
        self.kind == Kind::Sign(sign) && self.text.len() == 1
    }

    pub(super) fn is_word_of(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is_word(word))
    }

    /// Whether the two are one in a shape.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.is_value == other.is_value
            && (self.is_value
                || self.text == other.text
                || self.kind == Kind::Word
                    && other.kind == Kind::Word
                    && self.text.eq_ignore_ascii_case(other.text))
    }
}

/// Everything but white space and comments, and whether the text is cut.
pub(super) fn pieces(text: &str) -> (Vec<Piece<'_>>, bool) {
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    let (mut is_apart, mut is_cut) = (false, false);
    for token in Tokens::of(text) {
        is_cut |= token.is_open;
        let text = &text[token.range];
        match token.kind {
            Kind::Comment if text == MORE && pieces.last().is_some() => {
                is_apart = false;
                if let Some(last) = pieces.last_mut() {
                    last.has_more = if last.is_sign(')') { More::Rows } else { More::Values };
                }
            }
            Kind::Space | Kind::Comment => is_apart = true,
            kind => {
                pieces.push(Piece { kind, text, is_apart, is_value: false, has_more: More::None });
                is_apart = false;
            }
        }
    }
    while pieces.last().is_some_and(|last| last.is_sign(';')) {
        pieces.pop();
    }
    (pieces, is_cut)
}
