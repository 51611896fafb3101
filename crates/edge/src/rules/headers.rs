//! The headers that an answer gets by its rule.
//!
//! A rule is for answers that are as they should be, to people of whom nothing is known. So an error, an answer to an
//! unsafe request, one that sets a cookie and one to somebody who says who they are get another word than the rule's:
//! what a rule calls public is not public because it stands at this path. What a handler says of itself stays, because
//! it knows more than a path.

use http::header::{AUTHORIZATION, CACHE_CONTROL, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use sfv::{ListSerializer, StringRef};

use super::rule::Rule;
use crate::fields::cache_control::{CacheControl, Scope, Seconds};
use crate::fields::groups::CACHE_GROUPS;
use crate::fields::list::members;
use crate::fields::no_vary_search::NO_VARY_SEARCH;
use crate::policy::SetCookie;

/// The tags of an answer, apart by commas, as Cloudflare, Google and Akamai read them.
const CACHE_TAG: HeaderName = HeaderName::from_static("cache-tag");
/// The tags of an answer, apart by blanks, as Fastly and Varnish's xkey read them.
const SURROGATE_KEY: HeaderName = HeaderName::from_static("surrogate-key");
/// What an answer says that nobody else may get.
const OWN: &str = "private, no-store";

/// What is to be known of a request to say who may keep its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    /// Its method.
    pub method: Method,
    /// Whether it says who sends it, by `Authorization`.
    pub is_authorized: bool,
}

impl Asker {
    /// Of a request with this method and these headers.
    pub fn of(method: &Method, headers: &HeaderMap) -> Self {
        Self { method: method.clone(), is_authorized: headers.contains_key(AUTHORIZATION) }
    }

    fn is_safe(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD" | "QUERY")
    }
}

impl Rule {
    /// Puts the headers of this rule on an answer.
    ///
    /// ```
    /// use http::{HeaderMap, Method, StatusCode};
    /// use loadline_edge::rules::{Asker, Rules};
    /// let rules = Rules::parse("edge.toml", "[[rule]]\npath = '/a'\ncache = { max_age = '5m' }\nvary = ['X-Tenant']\n")?;
    /// let asker = Asker::of(&Method::GET, &HeaderMap::new());
    /// let mut headers = HeaderMap::new();
    /// rules.rules[0].put(&asker, StatusCode::OK, &mut headers);
    /// assert_eq!((&headers["cache-control"], &headers["vary"]), (&"max-age=300".parse()?, &"x-tenant".parse()?));
    /// let mut failed = HeaderMap::new();
    /// rules.rules[0].put(&asker, StatusCode::NOT_FOUND, &mut failed);
    /// assert_eq!(failed["cache-control"], "private, no-store");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn put(&self, asker: &Asker, status: StatusCode, headers: &mut HeaderMap) {
        if self.set_cookie == Some(SetCookie::Strip) && self.is_cacheable() {
            headers.remove(SET_COOKIE);
        }
        self.put_vary(headers);
        // What a handler has said is more than a path can know.
        if headers.contains_key(CACHE_CONTROL) {
            return;
        }
        // What is kept by nobody anyway needs no other word.
        if !self.is_cacheable() && self.control.no_store {
            put(headers, &CACHE_CONTROL, &self.control.to_string());
            return;
        }
        let is_as_it_should_be = status.is_success() || status == StatusCode::NOT_MODIFIED;
        let is_somebodys = headers.contains_key(SET_COOKIE) && self.set_cookie != Some(SetCookie::Keep);
        if !asker.is_safe() || !is_as_it_should_be || is_somebodys {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static(OWN));
            return;
        }
        if asker.is_authorized {
            put(headers, &CACHE_CONTROL, &own(&self.control).to_string());
            return;
        }
        put(headers, &CACHE_CONTROL, &self.control.to_string());
        for (name, control) in &self.targeted {
            put(headers, name, &control.to_string());
        }
        if let Some(said) = self.search.value() {
            headers.insert(NO_VARY_SEARCH, said);
        }
        if self.is_cacheable() {
            put(headers, &CACHE_TAG, &self.tags.join(","));
            put(headers, &SURROGATE_KEY, &self.tags.join(" "));
            put(headers, &CACHE_GROUPS, &strings(&self.groups));
        }
    }

    /// Adds what the answer varies on to what it says already.
    fn put_vary(&self, headers: &mut HeaderMap) {
        let known: Vec<String> = members(headers, VARY).map(str::to_ascii_lowercase).collect();
        let more: Vec<&str> = self
            .vary
            .iter()
            .map(HeaderName::as_str)
            .filter(|name| !known.iter().any(|known| known == name))
            .collect();
        if !more.is_empty()
            && !known.iter().any(|known| known == "*")
            && let Ok(value) = more.join(", ").parse()
        {
            headers.append(VARY, value);
        }
    }
}

/// The same for the client's own cache alone.
fn own(control: &CacheControl) -> CacheControl {
    CacheControl { public: false, private: Scope::Whole, s_maxage: Seconds::Absent, ..control.clone() }
}

fn put(headers: &mut HeaderMap, name: &HeaderName, value: &str) {
    if !value.is_empty()
        && let Ok(value) = value.parse()
    {
        headers.insert(name, value);
    }
}

/// A list of strings (RFC 9651); what no string can have is left out, and is an error of the rules.
fn strings(names: &[String]) -> String {
    let mut list = ListSerializer::new();
    for name in names {
        if let Ok(name) = StringRef::from_str(name) {
            list.bare_item(name);
        }
    }
    list.finish().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Rules;

    const RULES: &str = r#"
[[rule]]
path = "/a"
cache = { public = true, max_age = "5m", s_maxage = "1h" }
targeted = { "CDN-Cache-Control" = { max_age = "1d" } }
vary = ["Accept-Encoding", "X-Tenant"]
no_vary_search = { key_order = true, params = ["utm", "é"] }
tags = ["a", "b"]
groups = ["one", "two words"]
set_cookie = "refuse"
"#;

    fn put(asker: &Asker, status: u16, has: &[(&'static str, &str)], rules: &str) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in has {
            headers.append(*name, value.parse().unwrap());
        }
        Rules::parse("x.toml", rules).unwrap().rules[0].put(asker, status.try_into().unwrap(), &mut headers);
        let mut lines: Vec<String> =
            headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        lines.sort();
        lines.join("\n")
    }

    fn asker(method: &'static str, is_authorized: bool) -> Asker {
        Asker { method: method.parse().unwrap(), is_authorized }
    }

    #[test]
    fn an_answer_says_all_that_its_rule_says() {
        let expected = "cache-control: public, max-age=300, s-maxage=3600\ncache-groups: \"one\", \"two words\"\n\
                        cache-tag: a,b\ncdn-cache-control: max-age=86400\n\
                        no-vary-search: key-order, params=(\"utm\" \"%C3%A9\")\nsurrogate-key: a b\n\
                        vary: accept-encoding, x-tenant";
        for (method, status) in [("GET", 200), ("HEAD", 200), ("QUERY", 206), ("GET", 304)] {
            assert_eq!(put(&asker(method, false), status, &[], RULES), expected, "{method} {status}");
        }
    }

    #[test]
    fn what_is_an_error_or_somebodys_own_says_so() {
        let own = "cache-control: private, no-store\nvary: accept-encoding, x-tenant";
        for (method, status) in [("GET", 404), ("GET", 503), ("GET", 302), ("POST", 200), ("DELETE", 204)] {
            assert_eq!(put(&asker(method, false), status, &[], RULES), own, "{method} {status}");
        }
        let with_cookie = put(&asker("GET", false), 200, &[("set-cookie", "a=b")], RULES);
        assert!(
            with_cookie.starts_with("cache-control: private, no-store\nset-cookie: a=b"),
            "{with_cookie}"
        );
        let stripped =
            put(&asker("GET", false), 200, &[("set-cookie", "a=b")], &RULES.replace("refuse", "strip"));
        assert!(stripped.contains("public, max-age=300") && !stripped.contains("set-cookie"), "{stripped}");
        let authorized = put(&asker("GET", true), 200, &[], RULES);
        assert_eq!(authorized, "cache-control: private, max-age=300\nvary: accept-encoding, x-tenant");
    }

    #[test]
    fn a_rule_that_lets_nobody_keep_anything_has_the_same_word_for_all() {
        let rules = "[[rule]]\npath = '/health'\ncache = { no_cache = true, no_store = true }\n";
        for (method, status, is_authorized) in [("GET", 200, false), ("GET", 503, true), ("POST", 405, false)]
        {
            let said = put(&asker(method, is_authorized), status, &[], rules);
            assert_eq!(said, "cache-control: no-cache, no-store", "{method} {status}");
        }
    }

    #[test]
    fn what_a_handler_says_stays() {
        let said = [("cache-control", "no-store"), ("vary", "Origin, X-TENANT")];
        let put = put(&asker("GET", false), 200, &said, RULES);
        assert_eq!(put, "cache-control: no-store\nvary: Origin, X-TENANT\nvary: accept-encoding");
    }
}
