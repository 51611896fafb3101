//! Structured fields (RFC 9651, before it 8941): a field is read as a whole or not at all.

use http::header::AsHeaderName;
use http::{HeaderMap, HeaderValue};
use sfv::{BareItem, Dictionary, FieldType, ListEntry, Parser};

/// The lines of a field as one, read; none without a line, and none when the grammar does not have it.
pub(super) fn read<T: FieldType>(headers: &HeaderMap, name: impl AsHeaderName) -> Option<T> {
    let lines: Vec<&[u8]> = headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
    if lines.is_empty() { None } else { Parser::new(&lines.join(&b", "[..])).parse().ok() }
}

/// The value of a member of a dictionary that is no list.
pub(super) fn item<'d>(dictionary: &'d Dictionary, name: &str) -> Option<&'d BareItem> {
    match dictionary.get(name)? {
        ListEntry::Item(item) => Some(&item.bare_item),
        ListEntry::InnerList(_) => None,
    }
}

/// Strings or tokens.
pub(super) fn word(item: &BareItem) -> Option<&str> {
    match item {
        BareItem::String(text) => Some(text.as_str()),
        BareItem::Token(token) => Some(token.as_str()),
        _ => None,
    }
}
