//! Text in a picture: what others named is cut to the room there is, and can neither end an element nor break XML.

use loadline_report::column;

/// Text of so many columns at the most, escaped.
pub(super) fn text(said: &str, columns: usize) -> String {
    // `column` fills up to its width; a name that is shorter ends where it ends.
    escaped(column(said, columns).trim_end())
}

/// Text as XML has it. Control characters are not there any more; what XML cannot hold at all is left out.
pub(super) fn escaped(said: &str) -> String {
    let mut escaped = String::with_capacity(said.len());
    for character in said.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => {}
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}
