//! Names and texts within SQL. Others choose them, so every one is quoted.

/// A name as SQL takes any: in double quotes.
///
/// ```
/// assert_eq!(loadline_pg::ghost::quoted("a\"b; DROP TABLE t"), "\"a\"\"b; DROP TABLE t\"");
/// ```
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\0', "").replace('"', "\"\""))
}

/// A text as a literal, whatever the server's settings say of backslashes.
///
/// ```
/// assert_eq!(loadline_pg::ghost::literal("it's"), "'it''s'");
/// assert_eq!(loadline_pg::ghost::literal("a\\'"), "E'a\\\\'''");
/// ```
pub fn literal(text: &str) -> String {
    let text = text.replace('\0', "").replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", text.replace('\\', "\\\\")) } else { format!("'{text}'") }
}
