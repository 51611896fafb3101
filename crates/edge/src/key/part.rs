//! The parts of a key, and the one text that they make.

use std::fmt;
use std::fmt::Write;

/// What a part of a key is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartName {
    /// The method: `GET` for `HEAD` too.
    Method,
    /// Scheme and authority.
    Origin,
    /// The path.
    Path,
    /// The query, as far as it counts.
    Query,
    /// A header field.
    Header(String),
    /// A cookie.
    Cookie(String),
    /// The content of a `QUERY`, and what it says of its form (RFC 10008).
    Content,
}

/// One part of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is of.
    pub name: PartName,
    /// What it says; none when the request does not have it, which is another thing than having it empty.
    pub value: Option<String>,
}

/// A key.
///
/// ```
/// use http::Request;
/// let request = Request::get("http://Shop.test:80/a?b=1").body(())?;
/// let key = loadline_edge::key::plain(&request, &[])?;
/// assert_eq!(key.to_string(), "method=GET origin=http://shop.test path=/a query=b=1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// In the order in which they are shown.
    pub parts: Vec<Part>,
}

impl Key {
    /// What stands for the query; none when the request has none.
    pub fn query(&self) -> Option<&str> {
        let query = self.parts.iter().find(|part| part.name == PartName::Query);
        query.and_then(|part| part.value.as_deref())
    }

    /// The text of all parts but the query: what is the same for all queries of one resource.
    pub fn without_query(&self) -> String {
        text(self.parts.iter().filter(|part| part.name != PartName::Query))
    }

    /// Where a cache has the answers of this key: the same text, shorter, with what counts of its query at the end.
    pub(crate) fn place(&self, query: Option<&str>) -> String {
        let length = |part: &Part| part.value.as_ref().map_or(0, String::len) + 2;
        let mut text = String::with_capacity(self.parts.iter().map(length).sum::<usize>() + 8);
        for part in self.parts.iter().filter(|part| part.name != PartName::Query) {
            // Letters that begin no other name.
            match &part.name {
                PartName::Method => text.push('M'),
                PartName::Origin => text.push('O'),
                PartName::Path => text.push('P'),
                PartName::Query => text.push('Q'),
                PartName::Content => text.push('C'),
                PartName::Header(name) => {
                    text.push('h');
                    escape(name, true, &mut text);
                }
                PartName::Cookie(name) => {
                    text.push('c');
                    escape(name, true, &mut text);
                }
            }
            put_value(part.value.as_deref(), &mut text);
            text.push(' ');
        }
        text.push('Q');
        put_value(query, &mut text);
        text
    }

    /// The key that has this text; none when it is no key's.
    pub fn parse(text: &str) -> Option<Self> {
        let part = |written: &str| {
            let (name, value) = match written.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (written, None),
            };
            let name = unescaped(name)?;
            let name = match name.as_str() {
                "method" => PartName::Method,
                "origin" => PartName::Origin,
                "path" => PartName::Path,
                "query" => PartName::Query,
                "content" => PartName::Content,
                _ => match name.split_once('.')? {
                    ("header", name) => PartName::Header(name.to_owned()),
                    ("cookie", name) => PartName::Cookie(name.to_owned()),
                    _ => return None,
                },
            };
            let value = match value {
                Some(value) => Some(unescaped(value)?),
                None => None,
            };
            Some(Part { name, value })
        };
        let parts: Option<Vec<Part>> = text.split(' ').map(part).collect();
        parts.map(|parts| Self { parts })
    }
}

impl fmt::Display for PartName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Method => formatter.write_str("method"),
            Self::Origin => formatter.write_str("origin"),
            Self::Path => formatter.write_str("path"),
            Self::Query => formatter.write_str("query"),
            Self::Header(name) => write!(formatter, "header.{name}"),
            Self::Cookie(name) => write!(formatter, "cookie.{name}"),
            Self::Content => formatter.write_str("content"),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&text(self.parts.iter()))
    }
}

/// Parts apart by blanks, which no escaped text has: so the text says where each of them ends.
fn text<'p>(parts: impl Iterator<Item = &'p Part>) -> String {
    let mut text = String::new();
    for part in parts {
        if !text.is_empty() {
            text.push(' ');
        }
        escape(&part.name.to_string(), true, &mut text);
        if let Some(value) = &part.value {
            text.push('=');
            escape(value, false, &mut text);
        }
    }
    text
}

fn put_value(value: Option<&str>, into: &mut String) {
    if let Some(value) = value {
        into.push('=');
        escape(value, false, into);
    }
}

/// Escapes what parts are told apart by, and what cannot be shown; a `%` as well, so that no two texts become the same.
fn escape(value: &str, is_name: bool, into: &mut String) {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'%' && !(is_name && byte == b'=');
    // Most often there is nothing to escape.
    if value.bytes().all(is_plain) {
        into.push_str(value);
        return;
    }
    for character in value.chars() {
        if character == '%' || character == ' ' || character.is_control() || (is_name && character == '=') {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                let _ = write!(into, "%{byte:02X}");
            }
        } else {
            into.push(character);
        }
    }
}

/// What [`escape`] was given.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte == b'%' {
            let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &rest[2..];
        } else {
            bytes.push(*byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn part() -> impl Strategy<Value = Part> {
        let value = "[a=% /é\u{7f}]{0,3}";
        (0..4_u8, "[ab=. %]{0,3}", proptest::option::of(value)).prop_map(|(kind, name, value)| Part {
            name: match kind {
                0 => PartName::Path,
                1 => PartName::Query,
                2 => PartName::Header(name),
                _ => PartName::Cookie(name),
            },
            value,
        })
    }

    proptest! {
        #[test]
        fn different_parts_make_different_texts(one in vec(part(), 0..4), other in vec(part(), 0..4)) {
            let (one, other) = (Key { parts: one }, Key { parts: other });
            prop_assert_eq!(one == other, one.to_string() == other.to_string());
            let same_place = one.place(one.query()) == other.place(other.query());
            // A key has one query at the most, so where it stands among the parts says nothing.
            let rest = |key: &Key| (key.query().map(str::to_owned), key.without_query());
            prop_assert_eq!(same_place, rest(&one) == rest(&other));
        }

        #[test]
        fn what_is_written_is_read(parts in vec(part(), 1..4)) {
            let key = Key { parts };
            prop_assert_eq!(Key::parse(&key.to_string()), Some(key));
        }

        #[test]
        fn any_text_is_a_key_or_none(text in "[a-z=% .é]{0,20}") {
            if let Some(key) = Key::parse(&text) {
                prop_assert_eq!(Key::parse(&key.to_string()), Some(key));
            }
        }
    }
}
