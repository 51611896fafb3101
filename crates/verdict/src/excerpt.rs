//! The part of somebody's line that a message shows, with the place that is meant.
//!
//! A threshold may have a hundred thousand characters, a project file or a bundled script one line of a megabyte. What
//! is shown is cut around the fault, and positions are counted in columns of what is shown: wide characters
//! take two, and what would command a terminal is written out. The work goes with what is shown, not with the line.

use std::collections::VecDeque;
use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use crate::escape::written_out;

/// Columns of an excerpt at the most.
const WIDTH: usize = 96;
/// Columns kept before the fault at the least, when there are so many.
const LEAD: usize = 40;

/// A line, or what of it stands around a fault.
///
/// ```
/// use loadline_verdict::Excerpt;
/// let excerpt = Excerpt::of("p(95)<200mss", 9..12);
/// assert_eq!((excerpt.text.as_str(), excerpt.mark()), ("p(95)<200mss", "         ^^^".to_owned()));
/// let long = "x".repeat(1_000_000) + "!";
/// let excerpt = Excerpt::of(&long, 1_000_000..1_000_001);
/// assert!(excerpt.text.starts_with('…') && excerpt.text.ends_with("x!"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// What is shown: one line without control characters, with `…` where something was cut.
    pub text: String,
    /// The part of it that is meant, in columns from 0; never empty.
    pub columns: Range<usize>,
}

impl Excerpt {
    /// The excerpt of a line around some bytes of it; no bytes at a place where something is missing.
    pub fn of(line: &str, span: Range<usize>) -> Self {
        let start = floor(line, span.start);
        let end = floor(line, span.end).max(start);
        let (before, more_before) = behind(&line[..start]);
        let (after, more_after) = ahead(&line[start..], end - start);
        let (left, right) = (width(&before), width(after.iter().map(|(piece, _)| piece)));
        // As much before the fault as what is behind it leaves room for.
        let lead = if more_before || more_after || left + right > WIDTH {
            left.min(LEAD.max(WIDTH.saturating_sub(right)))
        } else {
            left
        };
        let mut text = String::new();
        let mut shown = VecDeque::new();
        let mut taken = 0;
        for piece in before.iter().rev() {
            if taken + piece.columns() > lead {
                break;
            }
            taken += piece.columns();
            shown.push_front(piece);
        }
        let mut column = 0;
        if more_before || shown.len() < before.len() {
            text.push('…');
            column += 1;
        }
        for piece in shown {
            piece.write(&mut text);
            column += piece.width();
        }
        let from = column;
        let mut until = column;
        let room = WIDTH.saturating_sub(taken).max(1);
        let (mut taken, mut cut) = (0, more_after);
        for (piece, meant) in &after {
            if taken + piece.columns() > room {
                cut = true;
                break;
            }
            taken += piece.columns();
            piece.write(&mut text);
            column += piece.width();
            if *meant {
                until = column;
            }
        }
        if cut {
            text.push('…');
        }
        Self { text, columns: from..until.max(from + 1) }
    }

    /// The line below: spaces, and carets under what is meant.
    pub fn mark(&self) -> String {
        " ".repeat(self.columns.start) + &"^".repeat(self.columns.len().max(1))
    }
}

/// A character as it is shown.
enum Piece {
    Plain(char),
    Escaped(String),
}

impl Piece {
    fn of(character: char) -> Self {
        match written_out(character) {
            // In an excerpt white space of any kind is a space: it keeps its column.
            Some(_) if character.is_whitespace() => Self::Plain(' '),
            Some(escaped) => Self::Escaped(escaped),
            None => Self::Plain(character),
        }
    }

    /// Columns on a terminal.
    fn width(&self) -> usize {
        match self {
            Self::Plain(character) => character.width().unwrap_or(0),
            Self::Escaped(text) => text.len(),
        }
    }

    /// Columns as they are budgeted for: what has no width still takes room in a message.
    fn columns(&self) -> usize {
        self.width().max(1)
    }

    fn write(&self, into: &mut String) {
        match self {
            Self::Plain(character) => into.push(*character),
            Self::Escaped(text) => into.push_str(text),
        }
    }
}

fn width<'a>(pieces: impl IntoIterator<Item = &'a Piece>) -> usize {
    pieces.into_iter().map(Piece::columns).sum()
}

/// The last pieces of a text, in their order, and whether there are more before them.
fn behind(text: &str) -> (Vec<Piece>, bool) {
    let mut pieces = Vec::new();
    let mut taken = 0;
    for character in text.chars().rev() {
        if taken > WIDTH {
            pieces.reverse();
            return (pieces, true);
        }
        let piece = Piece::of(character);
        taken += piece.columns();
        pieces.push(piece);
    }
    pieces.reverse();
    (pieces, false)
}

/// The first pieces of a text, each with whether it is among the first `meant` bytes, and whether more follow.
fn ahead(text: &str, meant: usize) -> (Vec<(Piece, bool)>, bool) {
    let mut pieces = Vec::new();
    let mut taken = 0;
    for (at, character) in text.char_indices() {
        if taken > WIDTH {
            return (pieces, true);
        }
        let piece = Piece::of(character);
        taken += piece.columns();
        pieces.push((piece, at < meant));
    }
    (pieces, false)
}

/// The nearest character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    use super::*;

    #[track_caller]
    fn check(line: &str, span: Range<usize>, text: &str, mark: &str) {
        let excerpt = Excerpt::of(line, span);
        assert_eq!((excerpt.text.as_str(), excerpt.mark().as_str()), (text, mark));
    }

    #[test]
    fn short_lines_are_shown_whole() {
        check("p(95)<", 6..6, "p(95)<", "      ^");
        check("", 0..0, "", "^");
        check("größe<1", 0..7, "größe<1", "^^^^^");
    }

    #[test]
    fn carets_stand_under_their_characters_whatever_is_before_them() {
        check("日本x!", 7..8, "日本x!", "     ^");
        check("\tx!", 2..3, " x!", "  ^");
        check("\x1b[31m!", 5..6, "\\x1b[31m!", "        ^");
        check("e\u{301}!", 3..4, "e\u{301}!", " ^");
        check("a\u{202e}!", 4..5, "a\\u{202e}!", "         ^");
    }

    #[test]
    fn long_lines_are_cut_around_the_fault() {
        let line = format!("{}!{}", "a".repeat(500), "b".repeat(500));
        let excerpt = Excerpt::of(&line, 500..501);
        assert_eq!(excerpt.text, format!("…{}!{}…", "a".repeat(LEAD), "b".repeat(WIDTH - LEAD - 1)));
        assert_eq!(excerpt.columns, LEAD + 1..LEAD + 2);
        let begin = Excerpt::of(&line, 0..1);
        assert_eq!((begin.text, begin.columns), (format!("{}…", "a".repeat(WIDTH)), 0..1));
        // All of it is wrong: the carets end with what is shown.
        assert_eq!(Excerpt::of(&line, 0..1001).columns, 0..WIDTH);
    }

    proptest! {
        #[test]
        fn any_line_is_short_and_the_mark_within_it(line in "\\PC{0,300}|[\u{0}-\u{200}]{0,300}|.*|(日|\u{301}|\u{1b}|a){0,400}", from: prop::sample::Index, length in 0_usize..400) {
            let from = from.index(line.len() + 1);
            let excerpt = Excerpt::of(&line, from..from.saturating_add(length));
            prop_assert!(excerpt.text.width() <= WIDTH + 12, "{:?}", excerpt);
            prop_assert!(excerpt.text.chars().count() <= WIDTH + 12);
            prop_assert!(excerpt.text.chars().all(|shown| written_out(shown).is_none()));
            prop_assert!(excerpt.columns.start < excerpt.columns.end);
            prop_assert!(excerpt.columns.end <= WIDTH + 12);
            // What is marked first is the character that is meant.
            if let Some(meant) = line[floor(&line, from)..].chars().next()
                && written_out(meant).is_none() && meant.width() > Some(0)
            {
                let mut column = 0;
                let found = excerpt.text.chars().find(|shown| {
                    let here = column == excerpt.columns.start && shown.width() > Some(0);
                    column += shown.width().unwrap_or(0);
                    here
                });
                prop_assert_eq!(found, Some(meant));
            }
        }
    }
}
