//! What a request asks by the rules: its key, and itself as the origin is to see it.
//!
//! Both come out of one pass over the same parts, so that they cannot differ: where answers may be kept, a parameter,
//! a cookie or a location that is not in the key is taken out of the request, or put into the form that the key has.
//! Headers by which frameworks let a client say that it asked for another host or path are taken out as well: they
//! would get into an answer that others are served.

use std::sync::Arc;

use http::header::{CONNECTION, COOKIE, FORWARDED};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};

use super::cookies;
use super::rule::{Filter, KeyRule, Location, Other, QueryRule, Rule, Rules};
use crate::fields::cache_control::{CacheControl, Seconds};
use crate::fields::{hop, vary};
use crate::key::{Key, NoTarget, Part, PartName, Target, content_part, method};
use crate::query::{Query, normal};

/// Headers that say where a request was going, to those who believe them.
static ELSEWHERE: [HeaderName; 8] = [
    FORWARDED,
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-prefix"),
    HeaderName::from_static("x-forwarded-server"),
    HeaderName::from_static("x-forwarded-path"),
    HeaderName::from_static("x-host"),
    HeaderName::from_static("x-original-url"),
    HeaderName::from_static("x-rewrite-url"),
];

/// A request by the rules.
#[derive(Debug)]
pub struct Asked {
    /// What the origin is to see, and what the policy engine goes by.
    pub request: Request<()>,
    /// Its key.
    pub key: Key,
    /// The rule that it has.
    pub applied: Option<Applied>,
}

/// The rule of a request, which may be put together of several: a batch has those of all its calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Its rule.
    pub rule: Arc<Rule>,
    /// The calls of which it is a batch; empty when it is none.
    pub calls: Vec<String>,
}

impl Rules {
    /// The rule of a path: the first that matches, or that of a batch.
    ///
    /// A batch has a rule when each of its calls has one, and then what all of them permit: the shortest of the times,
    /// and the keys of all; where answers of one may not be kept, that one's.
    pub fn find(&self, path: &str) -> Option<Applied> {
        if let Some((folder, calls)) = self.batch(path) {
            let rules: Option<Vec<&Arc<Rule>>> =
                calls.iter().map(|call| self.first(&format!("{folder}/{call}"))).collect();
            let rule = Arc::new(together(path, &rules?));
            return Some(Applied { rule, calls: calls.into_iter().map(str::to_owned).collect() });
        }
        self.first(path).map(|rule| Applied { rule: Arc::clone(rule), calls: Vec::new() })
    }

    /// The folder and the calls of a batch; none when a path is none.
    pub(super) fn batch<'p>(&self, path: &'p str) -> Option<(&'p str, Vec<&'p str>)> {
        let prefix = self.batches.as_deref()?;
        let (folder, last) = path.rsplit_once('/')?;
        let is_below =
            folder == prefix || folder.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'));
        let calls: Vec<&str> = last.split(',').collect();
        (is_below && calls.len() > 1).then_some((folder, calls))
    }

    fn first(&self, path: &str) -> Option<&Arc<Rule>> {
        self.rules.iter().find(|rule| rule.path.matches(path))
    }

    /// The key of a request, and the request as the origin is to see it.
    ///
    /// # Errors
    /// Nobody knows which URL it is for.
    pub fn ask(&self, mut request: Request<()>, content: &[u8]) -> Result<Asked, NoTarget> {
        if request.headers().contains_key(CONNECTION) {
            hop::strip(request.headers_mut());
        }
        let target = Target::of(&request)?;
        let applied = self.find(&target.path);
        // Room for a query, and for what a rule has besides.
        let mut parts = Vec::with_capacity(6);
        parts.extend([
            Part { name: PartName::Method, value: Some(method(&request).to_owned()) },
            Part { name: PartName::Origin, value: Some(target.origin) },
            Part { name: PartName::Path, value: Some(target.path.clone()) },
        ]);
        match &applied {
            Some(applied) if applied.rule.is_cacheable() => {
                let key = &applied.rule.key;
                parts.push(query(key, target.query.as_deref(), &target.path, &mut request));
                for name in &key.headers {
                    parts.push(Part {
                        name: PartName::Header(name.to_string()),
                        value: header(request.headers(), name),
                    });
                }
                parts.extend(key.location.as_ref().map(|location| place(location, &mut request)));
                for name in &key.cookies {
                    let value = cookies::values(request.headers(), name);
                    parts.push(Part { name: PartName::Cookie(name.clone()), value });
                }
                cookies::keep(request.headers_mut(), &key.cookies);
                stay_here(&mut request, &key.headers);
            }
            // A request that nobody else is answered with has what is its own in its key, and nothing taken out;
            // without a rule its answer may say of itself that it can be kept.
            rule => {
                if rule.is_none() {
                    stay_here(&mut request, &[]);
                }
                let query = target.query.map(|query| normal(&query));
                parts.push(Part { name: PartName::Query, value: query });
            }
        }
        parts.extend(content_part(&request, content));
        Ok(Asked { request, key: Key { parts }, applied })
    }
}

/// Takes out of a request what says that it was going elsewhere, but for what is in the key.
fn stay_here(request: &mut Request<()>, keyed: &[HeaderName]) {
    // Most requests have none of them, and few headers.
    if !request.headers().keys().any(|name| ELSEWHERE.contains(name)) {
        return;
    }
    for name in ELSEWHERE.iter().filter(|name| !keyed.contains(name)) {
        request.headers_mut().remove(name);
    }
}

/// The query as the rule has it, in the request too.
fn query(rule: &KeyRule, written: Option<&str>, path: &str, request: &mut Request<()>) -> Part {
    let is_as_it_is = rule.query == QueryRule::AsItIs && rule.filter == Filter::All;
    let value = match (written, rule.query) {
        (_, QueryRule::Left) | (None, _) => None,
        (Some(written), _) if is_as_it_is => Some(normal(written)),
        (Some(written), _) => {
            let mut query = Query::parse(written);
            query.keep(|name| rule.filter.has(name));
            if rule.query == QueryRule::Sorted {
                query.sort();
            }
            // Nothing left is the same as nothing there: the order of a query that is empty is that of none.
            Some(query.to_text()).filter(|text| !text.is_empty())
        }
    };
    let uri = match &value {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    put_path(request, &uri);
    Part { name: PartName::Query, value }
}

/// Puts another path and query into a request's URI.
fn put_path(request: &mut Request<()>, path_and_query: &str) {
    let mut parts = request.uri().clone().into_parts();
    if let Ok(path_and_query) = path_and_query.parse() {
        parts.path_and_query = Some(path_and_query);
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
}

/// A header in the form in which it is compared, and in the key.
fn header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    vary::comparable(headers, name).map(|value| {
        String::from_utf8(value).unwrap_or_else(|error| {
            // Bytes that are no text, each as a character, behind a sign that no header has.
            std::iter::once('\u{1}').chain(error.as_bytes().iter().map(|byte| char::from(*byte))).collect()
        })
    })
}

/// Where somebody is, on the grid; in the request too.
fn place(location: &Location, request: &mut Request<()>) -> Part {
    let written = header(request.headers(), &location.header);
    let value = written.and_then(|written| {
        let written = written.trim();
        match (location.grid.cell(written), location.other) {
            (Some(cell), _) => Some(cell),
            (None, Other::Keep) if !written.is_empty() => Some(written.to_lowercase()),
            (None, _) => None,
        }
    });
    request.headers_mut().remove(&location.header);
    if let Some(value) = &value
        && let Ok(value) = HeaderValue::from_str(value)
    {
        request.headers_mut().insert(&location.header, value);
    }
    // A value that no header can have again is not one that the origin sees.
    let value = value.filter(|_| request.headers().contains_key(&location.header));
    Part { name: PartName::Header(location.header.to_string()), value }
}

/// One rule of several calls.
fn together(path: &str, rules: &[&Arc<Rule>]) -> Rule {
    let strictest = rules.iter().find(|rule| !rule.is_cacheable() || disagrees(rule, rules));
    let mut all = Rule::clone(strictest.unwrap_or(&rules[0]));
    all.name = format!("batch {}", path.rsplit('/').next().unwrap_or_default());
    if strictest.is_some() {
        // Two grids for one header make no key.
        all.control = if all.is_cacheable() { CacheControl::parse("private, no-store") } else { all.control };
        all.targeted.retain(|(_, control)| control.no_store || control.private.is_whole());
        return all;
    }
    let rest = &rules[1..];
    // The composition of a batch is its key, and its input is in the query by position: neither can be put in order.
    all.key.query = QueryRule::AsItIs;
    all.key.filter = Filter::All;
    for rule in rest {
        all.control = least(&all.control, &rule.control);
        all.targeted = all
            .targeted
            .iter()
            .filter_map(|(name, control)| {
                let other = rule.targeted.iter().find(|(other, _)| other == name)?;
                Some((name.clone(), least(control, &other.1)))
            })
            .collect();
        extend(&mut all.vary, &rule.vary);
        extend(&mut all.key.headers, &rule.key.headers);
        extend(&mut all.key.cookies, &rule.key.cookies);
        extend(&mut all.tags, &rule.tags);
        extend(&mut all.groups, &rule.groups);
        all.key.location = all.key.location.take().or_else(|| rule.key.location.clone());
    }
    all.search = crate::fields::no_vary_search::NoVarySearch::default();
    all
}

/// Whether a rule puts locations on another grid than one of the others.
fn disagrees(rule: &Rule, others: &[&Arc<Rule>]) -> bool {
    let location = rule.key.location.as_ref();
    location.is_some_and(|ours| {
        others.iter().filter_map(|other| other.key.location.as_ref()).any(|theirs| theirs != ours)
    })
}

/// What both permit.
fn least(one: &CacheControl, other: &CacheControl) -> CacheControl {
    let shorter = |one: Seconds, other: Seconds| match (one, other) {
        (Seconds::Of(one), Seconds::Of(other)) => Seconds::Of(one.min(other)),
        (Seconds::Absent, Seconds::Absent) => Seconds::Absent,
        // One says nothing, or nothing clear: nothing is what both say.
        _ => Seconds::Of(std::time::Duration::ZERO),
    };
    CacheControl {
        max_age: shorter(one.max_age, other.max_age),
        s_maxage: match (one.s_maxage, other.s_maxage) {
            // Where one has none, its `max-age` is what counts for it.
            (Seconds::Absent, other) => {
                shorter(if other == Seconds::Absent { other } else { one.max_age }, other)
            }
            (this, Seconds::Absent) => shorter(this, other.max_age),
            (this, that) => shorter(this, that),
        },
        stale_while_revalidate: shorter(one.stale_while_revalidate, other.stale_while_revalidate),
        stale_if_error: shorter(one.stale_if_error, other.stale_if_error),
        public: one.public && other.public,
        immutable: one.immutable && other.immutable,
        must_revalidate: one.must_revalidate || other.must_revalidate,
        proxy_revalidate: one.proxy_revalidate || other.proxy_revalidate,
        no_transform: one.no_transform || other.no_transform,
        must_understand: one.must_understand || other.must_understand,
        no_cache: if one.no_cache.is_whole() { one.no_cache.clone() } else { other.no_cache.clone() },
        ..one.clone()
    }
}

fn extend<T: Clone + PartialEq>(all: &mut Vec<T>, more: &[T]) {
    for item in more {
        if !all.contains(item) {
            all.push(item.clone());
        }
    }
}

impl Asked {
    /// Whether the request said something that it does not say to the origin.
    pub fn left_out(&self, original: &Request<()>) -> Vec<String> {
        let mut left = Vec::new();
        let names = original.headers().keys().filter(|name| !self.request.headers().contains_key(*name));
        left.extend(names.map(|name| format!("header `{name}`")));
        let had = original.headers().get_all(COOKIE).iter().any(|_| true);
        if had
            && self.request.headers().contains_key(COOKIE)
            && self.request.headers()[COOKIE] != original.headers()[COOKIE]
        {
            left.push("cookies that are not in the key".to_owned());
        }
        if original.uri().query() != self.request.uri().query() {
            left.push("parameters that are not in the key, or their order".to_owned());
        }
        left
    }
}
