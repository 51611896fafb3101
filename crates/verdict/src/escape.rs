//! What scripts and servers wrote never reaches a terminal raw.
//!
//! A check's name, a URL or an error message can hold escape sequences that move the cursor, retitle the window or
//! hide text; characters that reorder a line can make `✗` look like `✓`. Both are written out instead of obeyed.

use std::borrow::Cow;

/// The text with control characters and characters of bidirectional reordering written out (`\n`, `\x1b`, `\u{202e}`).
///
/// Borrowed when there is nothing to escape.
pub fn escape(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find(dangerous) else { return Cow::Borrowed(text) };
    let mut safe = String::with_capacity(text.len() + 8);
    safe.push_str(&text[..first]);
    for character in text[first..].chars() {
        match written_out(character) {
            Some(escaped) => safe.push_str(&escaped),
            None => safe.push(character),
        }
    }
    Cow::Owned(safe)
}

/// A character that must not reach a terminal as it can be written; `None` for all others.
pub(crate) fn written_out(character: char) -> Option<String> {
    match character {
        '\n' => Some("\\n".to_owned()),
        '\r' => Some("\\r".to_owned()),
        '\t' => Some("\\t".to_owned()),
        control if control.is_ascii_control() => Some(format!("\\x{:02x}", control as u32)),
        other if dangerous(other) => Some(format!("\\u{{{:x}}}", other as u32)),
        _ => None,
    }
}

pub(crate) fn dangerous(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{2028}' | '\u{2029}'                 // line and paragraph separators
            | '\u{061c}' | '\u{200e}' | '\u{200f}'  // direction marks
            | '\u{202a}'..='\u{202e}'               // embeddings and overrides
            | '\u{2066}'..='\u{2069}'               // isolates
            | '\u{feff}') // an invisible character without a width
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_untouched() {
        for text in ["", "status is 200", "größer als µ – ✓", "日本語"] {
            assert!(matches!(escape(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn sequences_are_written_out() {
        assert_eq!(escape("a\x1b[2Jb"), "a\\x1b[2Jb");
        assert_eq!(escape("two\nlines\tand\rback"), "two\\nlines\\tand\\rback");
        assert_eq!(escape("\u{9b}31m"), "\\u{9b}31m");
        assert_eq!(escape("ok\u{202e}liaf"), "ok\\u{202e}liaf");
        assert_eq!(escape("\u{7f}"), "\\x7f");
    }
}
