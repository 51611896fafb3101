//! `Cache-Control` of requests and responses, in typed form (RFC 9111 §5.2, RFC 5861, RFC 8246).
//!
//! What is contradictory or malformed is kept in mind instead of smoothed over: a `max-age` that is no number, or two
//! that differ, makes a response stale (RFC 9111 §4.2.1), which is not the same as having none.

use std::fmt;
use std::time::Duration;

use http::header::AsHeaderName;
use http::{HeaderMap, HeaderName};

use super::delta;
use super::list::{is_token, members, unquoted};

/// A number of seconds that a directive says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Seconds {
    /// The directive is not there.
    #[default]
    Absent,
    /// It says this.
    Of(Duration),
    /// It is there, but what it says is no number, or it is there twice and says two things.
    Unclear,
}

/// A directive that holds for a whole response, or for the fields that it names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Scope {
    /// The directive is not there.
    #[default]
    Absent,
    /// All of the response.
    Whole,
    /// These fields of it.
    Fields(Vec<HeaderName>),
}

/// What a `Cache-Control` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a directive, and any of them go together")]
pub struct CacheControl {
    /// `max-age`
    pub max_age: Seconds,
    /// `s-maxage`
    pub s_maxage: Seconds,
    /// `stale-while-revalidate` (RFC 5861 §3)
    pub stale_while_revalidate: Seconds,
    /// `stale-if-error` (RFC 5861 §4)
    pub stale_if_error: Seconds,
    /// `min-fresh`, of requests
    pub min_fresh: Seconds,
    /// `max-stale`, of requests
    pub max_stale: MaxStale,
    /// `no-cache`
    pub no_cache: Scope,
    /// `private`
    pub private: Scope,
    /// `public`
    pub public: bool,
    /// `no-store`
    pub no_store: bool,
    /// `no-transform`
    pub no_transform: bool,
    /// `must-revalidate`
    pub must_revalidate: bool,
    /// `proxy-revalidate`
    pub proxy_revalidate: bool,
    /// `must-understand`
    pub must_understand: bool,
    /// `immutable` (RFC 8246)
    pub immutable: bool,
    /// `only-if-cached`, of requests
    pub only_if_cached: bool,
    /// Directives that are none of these: `name` or `name=value`, as they were written.
    pub others: Vec<String>,
}

/// `max-stale` of a request (RFC 9111 §5.2.1.2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MaxStale {
    /// Nothing stale will do.
    #[default]
    None,
    /// Stale by so much will do.
    Of(Duration),
    /// Stale by any amount will do.
    Any,
}

impl Seconds {
    /// The number, if there is one.
    pub fn known(self) -> Option<Duration> {
        match self {
            Self::Of(time) => Some(time),
            Self::Absent | Self::Unclear => None,
        }
    }

    /// The time for which it vouches, if the directive is there: none for one that is unclear.
    pub fn vouched(self) -> Option<Duration> {
        match self {
            Self::Absent => None,
            Self::Of(time) => Some(time),
            Self::Unclear => Some(Duration::ZERO),
        }
    }

    pub(super) fn add(&mut self, read: Option<Duration>) {
        *self = match (*self, read) {
            (Self::Absent, Some(time)) => Self::Of(time),
            (Self::Of(before), Some(time)) if before == time => Self::Of(time),
            _ => Self::Unclear,
        };
    }
}

impl Scope {
    /// Whether the directive holds for all of the response.
    pub fn is_whole(&self) -> bool {
        *self == Self::Whole
    }

    /// The fields that it names.
    pub fn fields(&self) -> &[HeaderName] {
        match self {
            Self::Fields(fields) => fields,
            Self::Absent | Self::Whole => &[],
        }
    }

    /// Adds a value that has to name fields.
    pub(super) fn add_named(&mut self, value: Option<&str>) {
        if value.is_some() {
            self.add(value);
        }
    }

    pub(super) fn add(&mut self, value: Option<&str>) {
        // A value without a name that can be one says nothing of a part, so it is of the whole.
        let named: Option<Vec<HeaderName>> = value
            .map(|value| value.split(',').map(str::trim).filter(|name| !name.is_empty()))
            .and_then(|names| names.map(|name| name.parse().ok()).collect());
        *self = match (std::mem::take(self), named.filter(|fields| !fields.is_empty())) {
            (Self::Whole, _) | (_, None) => Self::Whole,
            (Self::Absent, Some(fields)) => Self::Fields(fields),
            (Self::Fields(mut all), Some(fields)) => {
                all.extend(fields);
                Self::Fields(all)
            }
        };
    }
}

impl CacheControl {
    /// What the lines of a field say together.
    ///
    /// ```
    /// use http::{HeaderMap, header};
    /// use loadline_edge::fields::cache_control::{CacheControl, Seconds};
    /// let mut headers = HeaderMap::new();
    /// headers.append(header::CACHE_CONTROL, "public, max-age=60".parse()?);
    /// headers.append(header::CACHE_CONTROL, "max-age=90".parse()?);
    /// let said = CacheControl::read(&headers, header::CACHE_CONTROL);
    /// assert!(said.public);
    /// assert_eq!(said.max_age, Seconds::Unclear);
    /// # Ok::<(), http::header::InvalidHeaderValue>(())
    /// ```
    pub fn read(headers: &HeaderMap, name: impl AsHeaderName) -> Self {
        let mut said = Self::default();
        for member in members(headers, name) {
            said.add(member);
        }
        said
    }

    /// What one line says.
    pub fn parse(line: &str) -> Self {
        let mut said = Self::default();
        for member in super::list::split(line) {
            said.add(member);
        }
        said
    }

    fn add(&mut self, member: &str) {
        let (name, value) = match member.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (member, None),
        };
        // `max-age = 60` is no directive by the grammar: what is meant is clear, and that it vouches for a minute is
        // not.
        let is_spaced = name.ends_with([' ', '\t']);
        let name = name.trim_end().to_ascii_lowercase();
        let said = value
            .filter(|_| !is_spaced)
            .and_then(|value| if is_token(value) { Some(value.to_owned()) } else { unquoted(value) });
        let seconds = || said.as_deref().and_then(delta::seconds);
        match name.as_str() {
            "max-age" => self.max_age.add(seconds()),
            "s-maxage" => self.s_maxage.add(seconds()),
            "stale-while-revalidate" => self.stale_while_revalidate.add(seconds()),
            "stale-if-error" => self.stale_if_error.add(seconds()),
            "min-fresh" => self.min_fresh.add(seconds()),
            "max-stale" => {
                self.max_stale = match (value, seconds()) {
                    (None, _) => MaxStale::Any,
                    (Some(_), Some(time)) => MaxStale::Of(time),
                    (Some(_), None) => MaxStale::None,
                }
            }
            "no-cache" => self.no_cache.add(said.as_deref()),
            "private" => self.private.add(said.as_deref()),
            "public" => self.public = true,
            "no-store" => self.no_store = true,
            "no-transform" => self.no_transform = true,
            "must-revalidate" => self.must_revalidate = true,
            "proxy-revalidate" => self.proxy_revalidate = true,
            "must-understand" => self.must_understand = true,
            "immutable" => self.immutable = true,
            "only-if-cached" => self.only_if_cached = true,
            _ => self.others.push(member.to_owned()),
        }
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Writes the directives in the order in which people write them: who may keep it, for how long, and what then.
impl fmt::Display for CacheControl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = Vec::new();
        let flag = |parts: &mut Vec<String>, is_there: bool, name: &str| {
            if is_there {
                parts.push(name.to_owned());
            }
        };
        let seconds = |parts: &mut Vec<String>, value: Seconds, name: &str| match value {
            Seconds::Of(time) => parts.push(format!("{name}={}", time.as_secs())),
            // As unclear as it was, so that nobody takes it for a promise.
            Seconds::Unclear => parts.push(format!("{name}=0")),
            Seconds::Absent => {}
        };
        let scope = |parts: &mut Vec<String>, value: &Scope, name: &str| match value {
            Scope::Whole => parts.push(name.to_owned()),
            Scope::Fields(fields) => {
                let names: Vec<&str> = fields.iter().map(HeaderName::as_str).collect();
                parts.push(format!("{name}=\"{}\"", names.join(", ")));
            }
            Scope::Absent => {}
        };
        flag(&mut parts, self.public, "public");
        scope(&mut parts, &self.private, "private");
        scope(&mut parts, &self.no_cache, "no-cache");
        flag(&mut parts, self.no_store, "no-store");
        flag(&mut parts, self.immutable, "immutable");
        seconds(&mut parts, self.max_age, "max-age");
        seconds(&mut parts, self.s_maxage, "s-maxage");
        seconds(&mut parts, self.stale_while_revalidate, "stale-while-revalidate");
        seconds(&mut parts, self.stale_if_error, "stale-if-error");
        seconds(&mut parts, self.min_fresh, "min-fresh");
        match self.max_stale {
            MaxStale::None => {}
            MaxStale::Of(time) => parts.push(format!("max-stale={}", time.as_secs())),
            MaxStale::Any => parts.push("max-stale".to_owned()),
        }
        flag(&mut parts, self.only_if_cached, "only-if-cached");
        flag(&mut parts, self.must_revalidate, "must-revalidate");
        flag(&mut parts, self.proxy_revalidate, "proxy-revalidate");
        flag(&mut parts, self.must_understand, "must-understand");
        flag(&mut parts, self.no_transform, "no-transform");
        parts.extend(self.others.iter().cloned());
        formatter.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn max_age(line: &str) -> Seconds {
        CacheControl::parse(line).max_age
    }

    #[test]
    fn numbers_are_read_or_unclear() {
        let of = |seconds| Seconds::Of(Duration::from_secs(seconds));
        for (line, expected) in [
            ("max-age=60", of(60)),
            ("MaX-aGe=60", of(60)),
            ("max-age=\"60\"", of(60)),
            ("max-age=0060", of(60)),
            ("foo, max-age=60, bar=\"a, max-age=1\"", of(60)),
            ("max-age=60, max-age=60", of(60)),
            ("max-age=60, max-age=61", Seconds::Unclear),
            ("max-age=-60", Seconds::Unclear),
            ("max-age=60.0", Seconds::Unclear),
            ("max-age=6a", Seconds::Unclear),
            ("max-age='60'", Seconds::Unclear),
            ("max-age= 60", Seconds::Unclear),
            ("max-age =60", Seconds::Unclear),
            ("max-age", Seconds::Unclear),
            ("s-maxage=60", Seconds::Absent),
            ("", Seconds::Absent),
        ] {
            assert_eq!(max_age(line), expected, "{line}");
        }
    }

    #[test]
    fn what_names_fields_is_of_those_and_what_names_none_of_all() {
        let named = |names: &[&str]| {
            Scope::Fields(names.iter().map(|name| HeaderName::from_bytes(name.as_bytes()).unwrap()).collect())
        };
        for (line, expected) in [
            ("private", Scope::Whole),
            ("private=\"Set-Cookie, X-User\"", named(&["set-cookie", "x-user"])),
            ("private=x-user", named(&["x-user"])),
            ("private=\"a\", private=\"b\"", named(&["a", "b"])),
            ("private=\"a\", private", Scope::Whole),
            ("private=\"\"", Scope::Whole),
            ("private=\"a b\"", Scope::Whole),
            ("public", Scope::Absent),
        ] {
            assert_eq!(CacheControl::parse(line).private, expected, "{line}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_says_the_same(line in "([a-z-]{1,9}(=[0-9]{1,4}|=\"[a-z, ]{0,9}\")?,? ?){0,6}") {
            let said = CacheControl::parse(&line);
            let again = CacheControl::parse(&said.to_string());
            prop_assert_eq!(again.to_string(), said.to_string());
        }

        #[test]
        fn any_line_is_read(line in ".{0,80}") {
            let _ = CacheControl::parse(&line);
        }
    }
}
