//! Entity tags, and the conditions that name them (RFC 9110 §8.8.3, §13.1).
//!
//! A tag is read by its grammar: one without quotes is none, and compares with nothing.

use std::fmt::Write;

use http::header::{ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue};
use sha2::{Digest, Sha256};

/// An entity tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityTag {
    /// Whether answers with it are the same for their purpose only, and not byte for byte.
    pub is_weak: bool,
    /// What is within its quotes; any bytes but quotes.
    pub opaque: Vec<u8>,
}

impl EntityTag {
    /// The tag that these headers have.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        headers.get(ETAG).and_then(|value| Self::parse(value.as_bytes()))
    }

    /// A tag as it is written: `"v1"` or `W/"v1"`.
    pub fn parse(written: &[u8]) -> Option<Self> {
        let (is_weak, quoted) = match written.strip_prefix(b"W/") {
            Some(rest) => (true, rest),
            None => (false, written),
        };
        let opaque = quoted.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        let is_allowed = |byte: &u8| *byte == 0x21 || (0x23..=0x7e).contains(byte) || *byte >= 0x80;
        opaque.iter().all(is_allowed).then(|| Self { is_weak, opaque: opaque.to_owned() })
    }

    /// The strong tag of these bytes: those that differ have another.
    pub fn of_content(content: &[u8]) -> Self {
        let opaque = Sha256::digest(content)[..16].iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        Self { is_weak: false, opaque: opaque.into_bytes() }
    }

    /// Strong comparison: both strong, and the same (RFC 9110 §8.8.3.2).
    pub fn is_strongly(&self, other: &Self) -> bool {
        !self.is_weak && !other.is_weak && self.opaque == other.opaque
    }

    /// Weak comparison: the same, whether weak or not.
    pub fn is_weakly(&self, other: &Self) -> bool {
        self.opaque == other.opaque
    }

    /// As it is written.
    pub fn value(&self) -> Option<HeaderValue> {
        let prefix: &[u8] = if self.is_weak { b"W/\"" } else { b"\"" };
        HeaderValue::from_bytes(&[prefix, &self.opaque, b"\""].concat()).ok()
    }
}

/// What an `If-None-Match` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoneMatch {
    /// `*`: anything there is.
    Any,
    /// These tags.
    Tags(Vec<EntityTag>),
}

impl NoneMatch {
    /// What the headers of a request name; none without the field.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut lines = headers.get_all(IF_NONE_MATCH).iter().peekable();
        lines.peek()?;
        let mut tags = Vec::new();
        for line in lines {
            let line = line.as_bytes().trim_ascii();
            if line == b"*" {
                return Some(Self::Any);
            }
            let mut rest = line;
            while let Some((tag, after)) = leading(rest) {
                tags.extend(EntityTag::parse(tag));
                rest = after;
            }
        }
        Some(Self::Tags(tags))
    }

    /// Whether it names this tag, by weak comparison (RFC 9110 §13.1.2).
    pub fn names(&self, tag: Option<&EntityTag>) -> bool {
        match (self, tag) {
            (Self::Any, _) => true,
            (Self::Tags(tags), Some(tag)) => tags.iter().any(|named| named.is_weakly(tag)),
            (Self::Tags(_), None) => false,
        }
    }
}

/// The first member of a list of tags and what is behind it; commas within quotes are of the tag.
fn leading(list: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = list.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b','))?;
    let list = &list[start..];
    let mut is_quoted = false;
    for (at, byte) in list.iter().enumerate() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b',' if !is_quoted => return Some((list[..at].trim_ascii(), &list[at + 1..])),
            _ => {}
        }
    }
    Some((list.trim_ascii(), &[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_named_or_not() {
        for (named, tag, expected) in [
            (r#""a""#, r#""a""#, true),
            (r#"W/"a""#, r#""a""#, true),
            (r#""a""#, r#"W/"a""#, true),
            (r#""x", "a" , "y""#, r#""a""#, true),
            (r#""x,a", "y""#, r#""x,a""#, true),
            (r#""x,a""#, r#""a""#, false),
            ("*", r#""a""#, true),
            (r#"w/"a""#, r#""a""#, false),
            ("a", r#""a""#, false),
            ("", r#""a""#, false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(IF_NONE_MATCH, named.parse().unwrap());
            let tag = EntityTag::parse(tag.as_bytes());
            assert_eq!(NoneMatch::of(&headers).unwrap().names(tag.as_ref()), expected, "{named}");
        }
        assert_eq!(EntityTag::parse(b"unquoted"), None);
        assert_eq!(EntityTag::parse(b"\"a b\""), None);
    }
}
