//! `No-Vary-Search`: which parameters of a query do not matter, said by the answer (draft-ietf-httpbis-no-vary-search).
//!
//! Two queries are compared after they are read as the URL standard reads forms, so `%61=1` and `a=1` are the same. A
//! field that is malformed, or has members that exclude each other, says nothing, and then every difference matters.

use http::{HeaderMap, HeaderName, HeaderValue};
use sfv::{BareItem, Dictionary, InnerList, ListEntry};

use super::structured::{item, read};
use crate::query::{Query, decoded};

/// The field's name.
pub const NO_VARY_SEARCH: HeaderName = HeaderName::from_static("no-vary-search");

/// Which differences between queries do not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoVarySearch {
    /// Whether names may stand in any order; the values of one name keep theirs.
    pub any_order: bool,
    /// Which parameters do not matter.
    pub ignored: Ignored,
}

/// Parameters that do not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ignored {
    /// These.
    Only(Vec<Vec<u8>>),
    /// All but these.
    AllBut(Vec<Vec<u8>>),
}

impl Default for Ignored {
    fn default() -> Self {
        Self::Only(Vec::new())
    }
}

impl NoVarySearch {
    /// What an answer says.
    pub fn of(headers: &HeaderMap) -> Self {
        read::<Dictionary>(headers, NO_VARY_SEARCH).and_then(|said| Self::from(&said)).unwrap_or_default()
    }

    /// Whether every difference matters.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    fn from(said: &Dictionary) -> Option<Self> {
        let any_order = match said.get("key-order") {
            None => false,
            Some(_) => truth(item(said, "key-order")?)?,
        };
        let except = match said.get("except") {
            None => None,
            Some(entry) => Some(list(entry)?),
        };
        let ignored = match said.get("params") {
            Some(ListEntry::Item(all)) if truth(&all.bare_item)? => {
                Ignored::AllBut(except.clone().unwrap_or_default())
            }
            Some(ListEntry::Item(_)) | None => Ignored::default(),
            Some(entry) => Ignored::Only(list(entry)?),
        };
        // `except` makes sense beside `params` alone.
        if except.is_some() && !matches!(ignored, Ignored::AllBut(_)) {
            return None;
        }
        Some(Self { any_order, ignored })
    }

    /// As an answer says it; none when every difference matters.
    pub fn value(&self) -> Option<HeaderValue> {
        let list = |names: &[Vec<u8>]| {
            let names: Vec<String> = names.iter().map(|name| format!("\"{}\"", escaped(name))).collect();
            format!("({})", names.join(" "))
        };
        let mut parts = Vec::new();
        if self.any_order {
            parts.push("key-order".to_owned());
        }
        match &self.ignored {
            Ignored::Only(names) if names.is_empty() => {}
            Ignored::Only(names) => parts.push(format!("params={}", list(names))),
            Ignored::AllBut(names) => {
                parts.push("params".to_owned());
                if !names.is_empty() {
                    parts.push(format!("except={}", list(names)));
                }
            }
        }
        if parts.is_empty() { None } else { parts.join(", ").parse().ok() }
    }

    /// Whether two queries are of the same answer.
    ///
    /// ```
    /// use http::HeaderMap;
    /// use loadline_edge::fields::no_vary_search::NoVarySearch;
    /// let mut headers = HeaderMap::new();
    /// headers.insert("no-vary-search", "key-order, params=(\"utm_source\")".parse()?);
    /// let rule = NoVarySearch::of(&headers);
    /// assert!(rule.are_same(Some("a=1&b=2&utm_source=x"), Some("b=2&a=1")));
    /// assert!(!rule.are_same(Some("a=1"), Some("a=2")));
    /// # Ok::<(), http::header::InvalidHeaderValue>(())
    /// ```
    pub fn are_same(&self, one: Option<&str>, other: Option<&str>) -> bool {
        one == other || (!self.is_nothing() && self.canonical(one) == self.canonical(other))
    }

    /// What matters of a query, in one form: two queries are the same when theirs are. An empty query is another one
    /// than none, unless something says that some parameters do not matter.
    pub fn canonical(&self, query: Option<&str>) -> Option<String> {
        if self.is_nothing() {
            return query.map(str::to_owned);
        }
        let mut query = Query::parse(query.unwrap_or_default());
        query.keep(|name| match &self.ignored {
            Ignored::Only(names) => !names.iter().any(|ignored| ignored == name),
            Ignored::AllBut(names) => names.iter().any(|kept| kept == name),
        });
        if self.any_order {
            query.sort();
        }
        let mut text = String::new();
        for piece in &query.pieces {
            escape(&piece.name, &mut text);
            text.push('=');
            escape(&piece.value, &mut text);
            text.push('&');
        }
        Some(text)
    }
}

/// A name as the field has it: as it would stand in a query.
fn escaped(name: &[u8]) -> String {
    let mut text = String::new();
    for byte in name {
        if byte.is_ascii_alphanumeric() || b"-._~*".contains(byte) {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

fn escape(bytes: &[u8], into: &mut String) {
    for byte in bytes {
        if byte.is_ascii_alphanumeric() {
            into.push(char::from(*byte));
        } else {
            into.push_str(&format!("%{byte:02X}"));
        }
    }
}

fn truth(item: &BareItem) -> Option<bool> {
    if let BareItem::Boolean(truth) = item { Some(*truth) } else { None }
}

fn list(entry: &ListEntry) -> Option<Vec<Vec<u8>>> {
    let ListEntry::InnerList(InnerList { items, .. }) = entry else { return None };
    items
        .iter()
        .map(|item| match &item.bare_item {
            // What stands in the list is compared with names as they are after reading.
            BareItem::String(name) => Some(decoded(name.as_str())),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let names = |names: &[&str]| names.iter().map(|name| name.as_bytes().to_vec()).collect::<Vec<_>>();
        for search in [
            NoVarySearch { any_order: true, ignored: Ignored::Only(names(&["a b", "é%", "\"x\""])) },
            NoVarySearch { any_order: false, ignored: Ignored::AllBut(names(&["id"])) },
            NoVarySearch { any_order: true, ignored: Ignored::AllBut(Vec::new()) },
            NoVarySearch { any_order: true, ignored: Ignored::default() },
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(NO_VARY_SEARCH, search.value().unwrap());
            assert_eq!(NoVarySearch::of(&headers), search, "{headers:?}");
        }
        assert_eq!(NoVarySearch::default().value(), None);
    }
}
