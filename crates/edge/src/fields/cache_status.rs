//! `Cache-Status`: what each cache on the way did with a request (RFC 9211), written and read.
//!
//! The field is a list with one member per cache, the one nearest to the origin first. What cannot be read as the
//! specification has it is left out: a member whose name is a number says nothing that could be counted on.

use std::fmt::{self, Write};

use http::header::AsHeaderName;
use http::{HeaderMap, HeaderName, HeaderValue};
use sfv::{BareItem, Integer, Item, KeyRef, List, ListEntry, ListSerializer, StringRef, TokenRef};

use super::structured::{read, word};

/// The field's name.
pub const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// What one cache did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CacheStatus {
    /// The cache's name.
    pub cache: String,
    /// Whether the answer came out of it.
    pub hit: bool,
    /// Why the request went on.
    pub forward: Option<Forward>,
    /// The status that came back, where it is not that of the answer.
    pub forward_status: Option<u16>,
    /// For how many seconds the answer is fresh; below 0, since when it is not.
    pub ttl: Option<i64>,
    /// Whether it was kept.
    pub stored: bool,
    /// Whether the request waited for one like it.
    pub collapsed: bool,
    /// The key.
    pub key: Option<String>,
    /// What else there is to say.
    pub detail: Option<String>,
}

/// Why a request went on (RFC 9211 §2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forward {
    /// The cache is not to look at such requests.
    Bypass,
    /// Its method has no answers that can be kept.
    Method,
    /// There is nothing of its URL.
    UriMiss,
    /// There is something of its URL, but its fields choose another answer.
    VaryMiss,
    /// There is nothing, without saying more.
    Miss,
    /// There is something fresh, but the request does not take it.
    Request,
    /// There is something stale.
    Stale,
    /// There is a part of it.
    Partial,
    /// What another cache says.
    Other(String),
}

impl Forward {
    /// The word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Bypass => "bypass",
            Self::Method => "method",
            Self::UriMiss => "uri-miss",
            Self::VaryMiss => "vary-miss",
            Self::Miss => "miss",
            Self::Request => "request",
            Self::Stale => "stale",
            Self::Partial => "partial",
            Self::Other(word) => word,
        }
    }

    fn of(word: &str) -> Self {
        let known = [
            Self::Bypass,
            Self::Method,
            Self::UriMiss,
            Self::VaryMiss,
            Self::Miss,
            Self::Request,
            Self::Stale,
            Self::Partial,
        ];
        known.into_iter().find(|known| known.as_str() == word).unwrap_or_else(|| Self::Other(word.to_owned()))
    }
}

impl CacheStatus {
    /// All members of the field, the one nearest to the origin first.
    ///
    /// ```
    /// use http::HeaderMap;
    /// use loadline_edge::fields::cache_status::{CACHE_STATUS, CacheStatus, Forward};
    /// let mut headers = HeaderMap::new();
    /// headers.insert(CACHE_STATUS, "Shield; fwd=uri-miss; stored, \"Edge 1\"; hit; ttl=30".parse()?);
    /// let [shield, edge] = &CacheStatus::read(&headers, CACHE_STATUS)[..] else { return Err("two caches".into()) };
    /// assert_eq!((shield.forward.as_ref(), shield.stored), (Some(&Forward::UriMiss), true));
    /// assert_eq!((edge.cache.as_str(), edge.hit, edge.ttl), ("Edge 1", true, Some(30)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read(headers: &HeaderMap, name: impl AsHeaderName) -> Vec<Self> {
        let list: List = read(headers, name).unwrap_or_default();
        list.iter()
            .filter_map(|entry| match entry {
                ListEntry::Item(item) => Self::of(item),
                ListEntry::InnerList(_) => None,
            })
            .collect()
    }

    fn of(item: &Item) -> Option<Self> {
        let flag = |name: &str| matches!(item.params.get(name), Some(BareItem::Boolean(true)));
        let number = |name: &str| match item.params.get(name) {
            Some(BareItem::Integer(number)) => Some(i64::from(*number)),
            _ => None,
        };
        let text = |name: &str| item.params.get(name).and_then(word).map(str::to_owned);
        Some(Self {
            cache: word(&item.bare_item)?.to_owned(),
            hit: flag("hit"),
            forward: text("fwd").map(|word| Forward::of(&word)),
            forward_status: number("fwd-status").and_then(|status| u16::try_from(status).ok()),
            ttl: number("ttl"),
            stored: flag("stored"),
            collapsed: flag("collapsed"),
            key: text("key"),
            detail: text("detail"),
        })
    }

    /// Adds this cache's member behind those of the caches nearer to the origin.
    pub fn append_to(&self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::try_from(self.plain().unwrap_or_else(|| self.to_string())) {
            headers.append(CACHE_STATUS, value);
        }
    }
}

/// Writes a member; what the grammar does not have (a key with letters beyond ASCII) is left out.
impl fmt::Display for CacheStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(written) = self.plain() {
            return formatter.write_str(&written);
        }
        let mut list = ListSerializer::new();
        let member = match (TokenRef::from_str(&self.cache), StringRef::from_str(&self.cache)) {
            (Ok(token), _) => list.bare_item(token),
            (_, Ok(text)) => list.bare_item(text),
            _ => return Err(fmt::Error),
        };
        let mut parameters = Parameters { member: Some(member) };
        parameters.flag("hit", self.hit);
        parameters.word("fwd", self.forward.as_ref().map(Forward::as_str));
        parameters.number("fwd-status", self.forward_status.map(i64::from));
        parameters.flag("stored", self.stored);
        parameters.flag("collapsed", self.collapsed);
        parameters.number("ttl", self.ttl);
        parameters.text("key", self.key.as_deref());
        parameters.text("detail", self.detail.as_deref());
        formatter.write_str(&list.finish().unwrap_or_default())
    }
}

impl CacheStatus {
    /// A hit of a cache whose name is a word, which is most of them: what the grammar makes of it, without asking it.
    fn plain(&self) -> Option<String> {
        let is_word = self.cache.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && self.cache.starts_with(|first: char| first.is_ascii_alphabetic());
        let said = (&self.forward, &self.forward_status, &self.key, &self.detail);
        let is_plain = self.hit && !self.stored && !self.collapsed && said == (&None, &None, &None, &None);
        let ttl = self.ttl.filter(|ttl| (-999_999_999_999_999..=999_999_999_999_999).contains(ttl))?;
        (is_word && is_plain).then(|| {
            // With room for the longest number, so that nothing grows: every hit has one.
            let mut written = String::with_capacity(self.cache.len() + 26);
            written.push_str(&self.cache);
            written.push_str(";hit;ttl=");
            // A string takes all that is written to it.
            let _ = write!(written, "{ttl}");
            written
        })
    }
}

/// The parameters of a member that is being written.
struct Parameters<'l> {
    member: Option<sfv::ParameterSerializer<&'l mut String>>,
}

impl Parameters<'_> {
    fn put<'v>(&mut self, name: &str, value: impl Into<sfv::RefBareItem<'v>>) {
        let name = KeyRef::from_str(name).expect("names of parameters are keys");
        self.member = self.member.take().map(|member| member.parameter(name, value));
    }

    fn flag(&mut self, name: &str, is_there: bool) {
        if is_there {
            self.put(name, true);
        }
    }

    fn number(&mut self, name: &str, value: Option<i64>) {
        if let Some(number) = value.and_then(|value| Integer::try_from(value).ok()) {
            self.put(name, number);
        }
    }

    fn word(&mut self, name: &str, value: Option<&str>) {
        if let Some(token) = value.and_then(|value| TokenRef::from_str(value).ok()) {
            self.put(name, token);
        }
    }

    fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(text) = value.and_then(|value| StringRef::from_str(value).ok()) {
            self.put(name, text);
        }
    }
}
