//! Header fields as they stood on the wire.
//!
//! Most scripts look at no header or at one. So a head is kept as the text that was read (one allocation) and walked
//! when somebody asks, instead of being built into a map for each response.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use memchr::memchr;

use crate::field_names::FieldNames;

/// The header fields of a message, in the order they were sent.
#[derive(Clone, Default)]
pub struct Headers {
    /// A message head: start line (it may be empty), then `name: value` lines. Always checked by a parser before.
    text: Bytes,
    /// Where the first field starts in `text`.
    fields: usize,
}

/// One header field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field<'a> {
    /// The name as it was sent (its case means nothing).
    pub name: &'a str,
    /// The value without the white space around it; usually ASCII, but any byte except line ends may occur.
    pub value: &'a [u8],
}

impl<'a> Field<'a> {
    /// The value as text; bytes that are not UTF-8 become U+FFFD.
    pub fn text(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.value)
    }
}

impl Headers {
    /// A checked head whose first line is a request or status line.
    pub(crate) fn from_head(text: Bytes) -> Headers {
        let fields = text.iter().position(|byte| *byte == b'\n').map_or(text.len(), |at| at + 1);
        Headers { text, fields }
    }

    /// The head an HTTP/2 message would have had as text.
    pub(crate) fn from_map(start_line: &str, map: &http::HeaderMap) -> Headers {
        let mut text = Vec::with_capacity(256);
        text.extend_from_slice(start_line.as_bytes());
        text.extend_from_slice(b"\r\n");
        let fields = text.len();
        for (name, value) in map {
            text.extend_from_slice(name.as_str().as_bytes());
            text.extend_from_slice(b": ");
            text.extend_from_slice(value.as_bytes());
            text.extend_from_slice(b"\r\n");
        }
        Headers { text: text.into(), fields }
    }

    /// The first value of `name` (in any case) as text.
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.lines().find_map(|line| value_of(line, name)).map(String::from_utf8_lossy)
    }

    /// All values of `name` (in any case), in order.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> + 'a {
        self.lines().filter_map(move |line| value_of(line, name))
    }

    /// Whether a field of this name (in any case) is there.
    pub fn contains(&self, name: &str) -> bool {
        self.get_all(name).next().is_some()
    }

    /// Whether any field has one of these names.
    #[inline]
    pub fn has_any(&self, names: &FieldNames) -> bool {
        self.lines()
            .any(|line| memchr(b':', line).is_some_and(|colon| names.has(&line[..colon], &line[colon + 1..])))
    }

    /// All fields in order.
    pub fn iter(&self) -> impl Iterator<Item = Field<'_>> + '_ {
        self.lines().map_while(|line| {
            let colon = memchr(b':', line)?;
            let name = std::str::from_utf8(&line[..colon]).ok()?;
            Some(Field { name, value: line[colon + 1..].trim_ascii() })
        })
    }

    /// The lines of the fields, and the empty one after them.
    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &self.text[self.fields.min(self.text.len())..];
        std::iter::from_fn(move || {
            let line = rest;
            let end = memchr(b'\n', line).or_else(|| (!line.is_empty()).then_some(line.len()))?;
            rest = &line[(end + 1).min(line.len())..];
            Some(&line[..end])
        })
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there is no field at all.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The request or status line, without its line end.
    pub(crate) fn start_line(&self) -> &[u8] {
        self.text[..self.fields.min(self.text.len())].trim_ascii_end()
    }
}

/// A field line's value, if its name is this one. Two looks at every answer go through here (cookies, encoding), so a
/// line of another name costs no more than the one byte in which a colon would stand: a checked head has no white space
/// around names.
fn value_of<'a>(line: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let (start, rest) = line.split_at_checked(name.len())?;
    let value = rest.strip_prefix(b":")?;
    start.eq_ignore_ascii_case(name.as_bytes()).then(|| value.trim_ascii())
}

impl fmt::Debug for Headers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(self.iter().map(|field| (field.name, field.text()))).finish()
    }
}

/// The spelling k6 shows for a header: each part of the name starts with a capital, `content-TYPE` → `Content-Type`.
pub fn canonical_name(name: &str) -> String {
    let mut text = Vec::with_capacity(name.len());
    write_canonical(&mut text, name);
    String::from_utf8(text).unwrap_or_else(|_| name.to_owned())
}

pub(crate) fn write_canonical(out: &mut Vec<u8>, name: &str) {
    let mut start = true;
    for byte in name.bytes() {
        out.push(if start { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() });
        start = byte == b'-';
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_the_fields_of_a_head() {
        let head = b"HTTP/1.1 200 OK\r\nServer: a\r\nSET-cookie:b=1 \r\nEmpty:\r\nset-cookie: c\xff\nLast: x\r\n\r\n";
        let headers = Headers::from_head(Bytes::from_static(head));
        assert_eq!(headers.start_line(), b"HTTP/1.1 200 OK");
        assert_eq!(headers.len(), 5);
        assert_eq!(headers.get("server").as_deref(), Some("a"));
        assert_eq!(headers.get("EMPTY").as_deref(), Some(""));
        assert_eq!(headers.get_all("Set-Cookie").collect::<Vec<_>>(), [&b"b=1"[..], b"c\xff"]);
        assert_eq!(headers.get("absent"), None);
        assert!(headers.contains("last") && !headers.is_empty());
        assert!(headers.has_any(&FieldNames::new(&[("x-cache", ""), ("set-cookie", "c")])));
        assert!(!headers.has_any(&FieldNames::new(&[("x-cache", ""), ("set-cookie", "d")])));
        assert!(Headers::default().is_empty());
    }

    #[test]
    fn spells_names_as_k6_does() {
        assert_eq!(canonical_name("content-TYPE"), "Content-Type");
        assert_eq!(canonical_name("x-request-id"), "X-Request-Id");
        assert_eq!(canonical_name("etag"), "Etag");
    }
}
