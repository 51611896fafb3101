//! Messages that stay short whatever they quote.
//!
//! A message quotes what somebody wrote, and that may be a megabyte. Literals stand in backticks, so they can be cut
//! where they are: the words that say what is wrong stay. Lists of problems end after ten with the number of those left
//! out.

use std::fmt::{self, Display, Write as _};

use unicode_width::UnicodeWidthChar;

use crate::escape::written_out;

/// Columns of a quoted literal.
const LITERAL: usize = 64;
/// Columns of a line of a message, which may quote several.
const LINE: usize = 480;
/// … of them at its end.
const TAIL: usize = 160;
/// A line of this many bytes is left as it is.
const PLAIN: usize = 200;
/// Lines of a text that is not ours.
const LINES: usize = 150;
/// Problems that are told one by one.
const PROBLEMS: usize = 10;
/// Bytes of a list of problems, from which on no more are told.
const BYTES: usize = 3_000;

/// A message with its long literals cut, in one line: `threshold `p(95)<55555…` has …`. Control characters are written
/// out, white space is spaces.
///
/// ```
/// let message = format!("`{}` is no duration", "9".repeat(1_000_000));
/// assert_eq!(loadline_verdict::brief(&message), format!("`{}…` is no duration", "9".repeat(64)));
/// ```
pub fn brief(message: &str) -> String {
    let mut text = String::with_capacity(message.len().min(512));
    for (index, piece) in message.split('`').enumerate() {
        if index > 0 {
            text.push('`');
        }
        cut_into(piece, if index % 2 == 1 { LITERAL } else { usize::MAX }, &mut text);
    }
    without_middle(text)
}

/// A line of this many columns at the most: what is said stands at its beginning and its end.
fn without_middle(text: String) -> String {
    if text.len() <= LINE {
        return text;
    }
    let columns = |character: char| character.width().unwrap_or(0).max(1);
    let position = |room: usize, mut characters: Box<dyn Iterator<Item = (usize, char)> + '_>| {
        let mut left = room;
        characters.find(|(_, character)| {
            let fits = columns(*character) <= left;
            left = left.saturating_sub(columns(*character));
            !fits
        })
    };
    let Some((head, _)) = position(LINE - TAIL, Box::new(text.char_indices())) else { return text };
    let Some((last, cut)) = position(TAIL, Box::new(text.char_indices().rev())) else { return text };
    let tail = last + cut.len_utf8();
    if tail <= head { text } else { format!("{}…{}", &text[..head], &text[tail..]) }
}

/// A text of ours or of a library, line by line: lines longer than a terminal is wide are made [`brief`], and so many
/// lines at the most.
pub fn brief_lines(text: &str) -> String {
    let mut short = String::new();
    let mut lines = text.lines();
    for (number, line) in lines.by_ref().take(LINES).enumerate() {
        if number > 0 {
            short.push('\n');
        }
        if line.len() <= PLAIN {
            short.push_str(line);
        } else {
            short.push_str(&brief(line));
        }
    }
    let more = lines.count();
    if more > 0 {
        let _ = write!(short, "\nand {} more lines", loadline_units::count(more as u64));
    }
    short
}

/// Writes problems one after the other, with `error: ` before all but the first: the text follows the `error: ` that is
/// printed before any error. After the tenth, or a few thousand bytes, the others are counted, and with them `more`
/// that were met after these.
///
/// # Errors
/// What the formatter says.
pub fn list_problems<T: Display>(f: &mut fmt::Formatter<'_>, problems: &[T], more: usize) -> fmt::Result {
    let mut written = 0;
    for (position, problem) in problems.iter().enumerate() {
        if position >= PROBLEMS || written > BYTES {
            return rest(f, problems.len() - position + more);
        }
        if position > 0 {
            f.write_str("\n\nerror: ")?;
        }
        let text = problem.to_string();
        written += text.len();
        f.write_str(&text)?;
    }
    rest(f, more)
}

fn rest(f: &mut fmt::Formatter<'_>, more: usize) -> fmt::Result {
    if more == 0 {
        return Ok(());
    }
    write!(f, "\n\nand {} more", loadline_units::count(more as u64))
}

/// The first of names or texts, with how many more there are.
pub fn first_of(texts: &[String], most: usize, separator: &str) -> String {
    let mut text = texts.iter().take(most).map(String::as_str).collect::<Vec<_>>().join(separator);
    if texts.len() > most {
        let _ = write!(text, "{separator}and {} more", loadline_units::count((texts.len() - most) as u64));
    }
    text
}

/// Adds a text of this many columns at the most.
fn cut_into(piece: &str, room: usize, text: &mut String) {
    let mut taken = 0;
    for character in piece.chars() {
        let escaped = written_out(character)
            .map(|escaped| if character.is_whitespace() { " ".to_owned() } else { escaped });
        // What has no width still takes room.
        let width = escaped.as_ref().map_or_else(|| character.width().unwrap_or(0).max(1), String::len);
        if taken + width > room {
            return text.push('…');
        }
        taken += width;
        match escaped {
            Some(escaped) => text.push_str(&escaped),
            None => text.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct All(Vec<String>);

    impl Display for All {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            list_problems(f, &self.0, 0)
        }
    }

    #[test]
    fn words_stay_and_literals_are_cut() {
        let long = "x".repeat(100);
        let cut = "x".repeat(LITERAL);
        assert_eq!(brief("threshold `p(95)<500` has no data"), "threshold `p(95)<500` has no data");
        assert_eq!(
            brief(&format!("`{long}` of `a` is no `{long}`, it is")),
            format!("`{cut}…` of `a` is no `{cut}…`, it is")
        );
        assert_eq!(brief("`\x1b[2J` is\nno unit"), "`\\x1b[2J` is no unit");
        assert!(brief(&"`a".repeat(10_000)).chars().count() <= LINE + 2);
        let plain = format!("invalid value '{}' for it: not a number", "9".repeat(10_000));
        assert!(brief(&plain).starts_with("invalid value '9999"));
        assert!(brief(&plain).ends_with("9' for it: not a number"));
        assert_eq!(brief(&plain).chars().count(), LINE + 1);
    }

    #[test]
    fn lists_end_with_how_many_there_are() {
        let problems =
            |number: usize| All((0..number).map(|number| format!("p{number}")).collect()).to_string();
        assert_eq!(problems(2), "p0\n\nerror: p1");
        assert!(problems(10).ends_with("error: p9"));
        assert!(problems(4_322).ends_with("error: p9\n\nand 4,312 more"));
        let large = All(vec!["x".repeat(BYTES + 1), "y".to_owned()]).to_string();
        assert!(large.ends_with("x\n\nand 1 more"));
        let names: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
        assert_eq!(
            (first_of(&names, 3, ", "), first_of(&names, 1, ", ")),
            ("a, b, c".into(), "a, and 2 more".into())
        );
    }

    proptest! {
        #[test]
        fn any_text_gets_short(text in "(`|\\PC|\u{1b}|\n|\u{301}|日){0,600}") {
            prop_assert!(brief(&text).chars().count() <= LINE + 8);
            prop_assert!(!brief(&text).contains(char::is_control));
            prop_assert!(brief_lines(&text).lines().all(|line| line.len() <= PLAIN || line.chars().count() <= LINE + 8));
        }
    }
}
