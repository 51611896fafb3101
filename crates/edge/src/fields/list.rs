//! Lists of header fields: lines together, commas apart, quotes respected (RFC 9110 §5.2, §5.6.1).
//!
//! A line whose bytes are no text is left out by the fields that are text; what it means to a caller that it was there
//! is that caller's to say.

use http::header::AsHeaderName;
use http::{HeaderMap, HeaderValue};

/// The members of a list, over all lines of the field, in order; empty ones are none (RFC 9110 §5.6.1.2).
///
/// ```
/// use http::{HeaderMap, header};
/// let mut headers = HeaderMap::new();
/// headers.append(header::CACHE_CONTROL, "a, b=\"c, d\",".parse()?);
/// headers.append(header::CACHE_CONTROL, "e".parse()?);
/// let members: Vec<&str> = loadline_edge::fields::list::members(&headers, header::CACHE_CONTROL).collect();
/// assert_eq!(members, ["a", "b=\"c, d\"", "e"]);
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
pub fn members(headers: &HeaderMap, name: impl AsHeaderName) -> impl Iterator<Item = &str> {
    headers.get_all(name).iter().filter_map(text).flat_map(split)
}

/// The members of one line.
pub fn split(line: &str) -> impl Iterator<Item = &str> {
    Members { rest: Some(line) }
        .map(|member| member.trim_matches([' ', '\t']))
        .filter(|member| !member.is_empty())
}

/// A value as text; none when it is not UTF-8.
pub fn text(value: &HeaderValue) -> Option<&str> {
    std::str::from_utf8(value.as_bytes()).ok()
}

/// The first line of a field, as text.
pub fn first(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    headers.get(name).and_then(text).map(|line| line.trim_matches([' ', '\t']))
}

/// All lines of a field as one, as RFC 9110 §5.2 has it; none without a line, or when one is not text.
pub fn joined(headers: &HeaderMap, name: impl AsHeaderName) -> Option<String> {
    let lines: Option<Vec<&str>> = headers.get_all(name).iter().map(text).collect();
    lines.filter(|lines| !lines.is_empty()).map(|lines| lines.join(", "))
}

/// What a quoted string says (RFC 9110 §5.6.4); none when it is not one.
pub fn unquoted(text: &str) -> Option<String> {
    let inside = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut said = String::with_capacity(inside.len());
    let mut characters = inside.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return None,
            '\\' => said.push(characters.next()?),
            other => said.push(other),
        }
    }
    Some(said)
}

/// Whether a text is a token (RFC 9110 §5.6.2).
pub fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

struct Members<'t> {
    rest: Option<&'t str>,
}

impl<'t> Iterator for Members<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let rest = self.rest?;
        let (mut quoted, mut escaped) = (false, false);
        for (at, byte) in rest.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                b',' if !quoted => {
                    self.rest = Some(&rest[at + 1..]);
                    return Some(&rest[..at]);
                }
                _ => {}
            }
        }
        self.rest = None;
        Some(rest)
    }
}
