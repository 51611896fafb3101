//! Text that others laid out, such as a summary that a script wrote: its lines and its colours may stay, whatever else
//! commands a terminal goes.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::CharIndices;

use crate::escape::dangerous;

/// The text without what commands a terminal. Line breaks and tabs stay, and colours where they are wanted; control
/// sequences go, and single control characters and those that reorder a line are written out as in JSON (`\u202e`),
/// so that JSON stays JSON.
///
/// Borrowed when there is nothing of the kind.
pub fn harmless(text: &str, colours: bool) -> Cow<'_, str> {
    let stays = |character: char| matches!(character, '\n' | '\t') || !dangerous(character);
    let Some(first) = text.find(|character| !stays(character)) else { return Cow::Borrowed(text) };
    let mut safe = String::with_capacity(text.len());
    safe.push_str(&text[..first]);
    let rest = &text[first..];
    let mut characters = rest.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let sequence = match character {
            character if stays(character) => {
                safe.push(character);
                continue;
            }
            '\r' if matches!(characters.peek(), Some((_, '\n'))) => continue,
            '\x1b' => escaped(&mut characters),
            '\u{9b}' => control_sequence(&mut characters),
            '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => string(&mut characters),
            _ => Sequence::None,
        };
        match sequence {
            Sequence::Colour(end) if colours && character == '\x1b' => safe.push_str(&rest[at..end]),
            Sequence::Colour(_) | Sequence::Other => {}
            Sequence::None => safe.push_str(&format!("\\u{:04x}", character as u32)),
        }
    }
    Cow::Owned(safe)
}

/// What begins with a control character.
enum Sequence {
    /// One that chooses colours (SGR of ECMA-48), up to here.
    Colour(usize),
    /// One that does something else, or does not end.
    Other,
    /// The character alone.
    None,
}

/// What follows an escape character.
fn escaped(characters: &mut Peekable<CharIndices<'_>>) -> Sequence {
    match characters.peek().map(|(_, character)| *character) {
        Some('[') => {
            characters.next();
            control_sequence(characters)
        }
        // Strings: titles, links, device controls.
        Some(']' | 'P' | 'X' | '^' | '_') => {
            characters.next();
            string(characters)
        }
        // Two characters, or three of which the middle ones are intermediate.
        Some(' '..='~') => {
            while characters.next_if(|(_, character)| matches!(character, ' '..='/')).is_some() {}
            characters.next_if(|(_, character)| matches!(character, '0'..='~'));
            Sequence::Other
        }
        _ => Sequence::None,
    }
}

/// Parameters, intermediates, and what is to be done.
fn control_sequence(characters: &mut Peekable<CharIndices<'_>>) -> Sequence {
    let mut is_colour = true;
    while let Some((_, character)) = characters.next_if(|(_, character)| matches!(character, ' '..='?')) {
        is_colour &= matches!(character, '0'..='9' | ';' | ':');
    }
    match characters.next_if(|(_, character)| matches!(character, '@'..='~')) {
        Some((at, 'm')) if is_colour => Sequence::Colour(at + 1),
        _ => Sequence::Other,
    }
}

/// Anything up to the string's end, which a terminal waits for across lines.
fn string(characters: &mut Peekable<CharIndices<'_>>) -> Sequence {
    while let Some((_, character)) = characters.next() {
        let ends = match character {
            '\x07' | '\u{9c}' => true,
            '\x1b' => characters.next_if(|(_, character)| *character == '\\').is_some(),
            _ => false,
        };
        if ends {
            break;
        }
    }
    Sequence::Other
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_and_colours_stay_and_all_else_goes() {
        for (text, coloured, plain) in [
            ("größer ✓\n\tb", "größer ✓\n\tb", "größer ✓\n\tb"),
            ("\x1b[1;31mred\x1b[0m\n", "\x1b[1;31mred\x1b[0m\n", "red\n"),
            ("\x1b[38:5:1mx\x1b[m", "\x1b[38:5:1mx\x1b[m", "x"),
            ("a\x1b[2Jb\x1b[?25lc\x1b[>4md", "abcd", "abcd"),
            ("\x1b]0;title\x07a\x1b]8;;http://x\x1b\\b", "ab", "ab"),
            ("\x1bP1$r\x1b\\a\x1bcb\x1b(0c", "abc", "abc"),
            ("\u{9b}2Ja\u{9d}0;t\u{9c}b\u{9b}31mc", "abc", "abc"),
            ("dos\r\nbeep\x07 back\x08 alone\r", "dos\nbeep\\u0007 back\\u0008 alone\\u000d", ""),
            ("ok\u{202e}liaf\u{85}", "ok\\u202eliaf\\u0085", ""),
            ("\x1b[31", "", ""),
            ("\x1b", "\\u001b", ""),
            ("\x1b]0;never ends\nx", "", ""),
        ] {
            assert_eq!(harmless(text, true), coloured, "{text:?}");
            assert_eq!(harmless(text, false), if plain.is_empty() { coloured } else { plain }, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_dangerous_is_left(text in "([\\x1b\\u{9b}\\u{9d}\\[\\]0-9;m?JP\\\\\\x07\\r\\n\u{202e}a]|\\PC){0,40}") {
            let safe = harmless(&text, false);
            prop_assert!(!safe.chars().any(|character| dangerous(character) && !matches!(character, '\n' | '\t')));
            prop_assert_eq!(harmless(&safe, false), &*safe);
            // Only colours are more, whatever they stand beside.
            let coloured = harmless(&text, true).into_owned();
            prop_assert_eq!(harmless(&coloured, true), &*coloured);
            let left: Vec<&str> = coloured.split('\x1b').skip(1).collect();
            prop_assert!(left.iter().all(|rest| {
                rest.strip_prefix('[').is_some_and(|rest| {
                    rest.trim_start_matches(|sign: char| sign.is_ascii_digit() || matches!(sign, ';' | ':')).starts_with('m')
                })
            }), "{:?}", coloured);
        }
    }
}
