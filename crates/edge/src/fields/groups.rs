//! Groups of answers: `Cache-Groups` and `Cache-Group-Invalidation` (RFC 9875).
//!
//! An answer says which groups it is in; the answer to an unsafe request says which groups are no longer valid. Groups
//! are of an origin: the same name at another one is another group.

use http::header::AsHeaderName;
use http::{HeaderMap, HeaderName};
use sfv::{BareItem, List, ListEntry};

use super::structured::read;

/// The field that says which groups an answer is in.
pub const CACHE_GROUPS: HeaderName = HeaderName::from_static("cache-groups");
/// The field that says which groups are no longer valid.
pub const CACHE_GROUP_INVALIDATION: HeaderName = HeaderName::from_static("cache-group-invalidation");

/// The strings of a list; members that are none say nothing, and a list that is none has none.
pub fn names(headers: &HeaderMap, field: impl AsHeaderName) -> Vec<String> {
    let list: List = read(headers, field).unwrap_or_default();
    let mut names: Vec<String> = Vec::new();
    for entry in list {
        if let ListEntry::Item(item) = entry
            && let BareItem::String(name) = item.bare_item
            && !names.iter().any(|known| known == name.as_str())
        {
            names.push(name.into());
        }
    }
    names
}
