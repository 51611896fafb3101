//! What a file of rules says.

use std::ops::Range;
use std::sync::Arc;

use http::HeaderName;

use super::grid::Grid;
use super::pattern::Pattern;
use crate::fields::cache_control::CacheControl;
use crate::fields::no_vary_search::NoVarySearch;
use crate::policy::SetCookie;

/// Rules, in the order in which they are tried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// The rules.
    pub rules: Vec<Arc<Rule>>,
    /// Below which path a last segment with commas is a batch of calls, as tRPC has it: `/api/trpc`.
    pub batches: Option<String>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What it is called: its own name, or its pattern.
    pub name: String,
    /// Which paths it is for.
    pub path: Pattern,
    /// What answers say to all caches.
    pub control: CacheControl,
    /// What they say to some: a field's name and what it says (RFC 9213).
    pub targeted: Vec<(HeaderName, CacheControl)>,
    /// On which fields of requests they vary, beside their key.
    pub vary: Vec<HeaderName>,
    /// Which differences of queries do not matter.
    pub search: NoVarySearch,
    /// What is in the key beside method and path.
    pub key: KeyRule,
    /// Names by which answers can be purged.
    pub tags: Vec<String>,
    /// Groups that answers are in (RFC 9875).
    pub groups: Vec<String>,
    /// What becomes of answers that set cookies; none when the rule does not say.
    pub set_cookie: Option<SetCookie>,
    /// Where in the file it stands.
    pub places: Places,
}

/// Where the parts of a rule stand in its file, in bytes; empty where it has no such part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// The line on which it begins, from 1.
    pub line: usize,
    /// All of it.
    pub rule: Range<usize>,
    /// Its pattern.
    pub path: Range<usize>,
    /// What it says to all caches.
    pub cache: Range<usize>,
    /// What it varies on.
    pub vary: Range<usize>,
    /// Its key.
    pub key: Range<usize>,
    /// Its tags.
    pub tags: Range<usize>,
    /// Its groups.
    pub groups: Range<usize>,
    /// What becomes of cookies.
    pub set_cookie: Range<usize>,
    /// Which differences of queries do not matter.
    pub search: Range<usize>,
}

/// What is in a key beside method, origin and path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyRule {
    /// The query.
    pub query: QueryRule,
    /// Which of its parameters.
    pub filter: Filter,
    /// Headers.
    pub headers: Vec<HeaderName>,
    /// Cookies.
    pub cookies: Vec<String>,
    /// A header that says where somebody is.
    pub location: Option<Location>,
}

/// How a query is in the key, and goes to the origin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum QueryRule {
    /// As it comes.
    #[default]
    AsItIs,
    /// Its names in order.
    Sorted,
    /// Not at all.
    Left,
}

/// Which parameters of a query there are; names may end in `*`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Filter {
    /// All.
    #[default]
    All,
    /// These.
    Only(Vec<String>),
    /// All but these.
    Without(Vec<String>),
}

/// A header that says where somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The header.
    pub header: HeaderName,
    /// How coordinates are put together.
    pub grid: Grid,
    /// What becomes of a value that is no coordinate.
    pub other: Other,
}

/// What becomes of a location that is no coordinate, such as a postcode.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Other {
    /// It is as if it were not there.
    #[default]
    Drop,
    /// It is in the key as it is, in lower case and without blanks around it.
    Keep,
}

impl Filter {
    /// Whether there is a parameter of this name.
    pub fn has(&self, name: &[u8]) -> bool {
        let is = |pattern: &String| match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start.as_bytes()),
            None => name == pattern.as_bytes(),
        };
        match self {
            Self::All => true,
            Self::Only(names) => names.iter().any(is),
            Self::Without(names) => !names.iter().any(is),
        }
    }
}

impl Rule {
    /// Whether answers may be kept by it at all, by any cache that many share.
    pub fn is_cacheable(&self) -> bool {
        let says =
            |control: &CacheControl| !control.no_store && !control.private.is_whole() && !control.is_empty();
        match self.targeted.first() {
            Some((_, control)) => says(control),
            None => says(&self.control),
        }
    }

    /// The header fields that are in the key.
    pub fn keyed(&self) -> impl Iterator<Item = &HeaderName> {
        self.key.headers.iter().chain(self.key.location.iter().map(|location| &location.header))
    }
}
