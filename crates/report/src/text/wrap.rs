//! Breaking prose into lines at spaces.

use unicode_width::UnicodeWidthStr;

/// The text in lines of at most `columns` columns; a word longer than that has a line of its own and sticks out.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces() {
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap("incomprehensibilities end", 5), ["incomprehensibilities", "end"]);
        assert!(wrap(" ", 5).is_empty());
    }
}
