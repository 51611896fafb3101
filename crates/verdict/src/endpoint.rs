//! Endpoints: names for routes, written once and used for load, budgets and production metrics alike.
//!
//! ```text
//! route  = [method] path
//! method = "GET" | "POST" | … | "*"          without one, any
//! path   = "/" segment ("/" segment)*
//! ```
//!
//! A segment is literal, or stands for any one segment when it is `*`, `:name` or `{name}`; `**` at the end stands for
//! all the rest. Query strings and fragments do not count. Among several routes that match, the one with the most literal segments
//! is meant, so `/programs/new` is not taken for `/programs/:id`.
//!
//! A tRPC client puts several calls into one request, `/api/trpc/search.findPrograms,auth.login?batch=1`. Such a request
//! belongs to each of its calls: every one of them took that long for whoever waited.

use std::fmt;

use loadline_measure::TagSet;

use crate::problem::{Fault, Problems};

/// The names of a project's routes, in the order they were written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoints(Vec<Endpoint>);

/// One named route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// What it is called: `search.findPrograms`.
    pub name: String,
    /// What it matches.
    pub route: Route,
}

/// A method and a pattern for paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Upper case; `None` is any method.
    method: Option<String>,
    segments: Vec<Segment>,
    /// Whether anything may follow the segments.
    open: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    /// Any one segment; the name is for people.
    Any(String),
}

impl Route {
    /// Reads a route: `POST /api/trpc/search.findPrograms`, `GET /programs/:id`, `/images/**`.
    ///
    /// # Errors
    /// One problem, which says what is wrong where.
    pub fn parse(text: &str) -> Result<Self, Problems> {
        Self::read(text).map_err(|fault| Problems(vec![fault.in_text("", "", text)]))
    }

    /// Reads a route.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub(crate) fn read(text: &str) -> Result<Self, Fault> {
        const EXAMPLE: &str = "write it like `POST /api/trpc/search.findPrograms` or `GET /programs/:id`";
        let trimmed = text.trim();
        let (method, path) = match trimmed.split_once(char::is_whitespace) {
            Some((method, path)) => (Some(method), path.trim_start()),
            None => (None, trimmed),
        };
        let at = |part: &str| {
            let start = text.find(part).unwrap_or_default();
            start..start + part.len()
        };
        if let Some(method) = method
            && method != "*"
            && !(method.bytes().all(|byte| byte.is_ascii_alphabetic()) && method.len() <= 20)
        {
            return Err(Fault::new(format!("`{method}` is not a method"), at(method)).hint(EXAMPLE));
        }
        let Some(rest) = path.strip_prefix('/') else {
            let what = if path.contains("://") { "an address, not a path" } else { "no path" };
            return Err(Fault::new(format!("route `{trimmed}` has {what}"), at(path)).hint(EXAMPLE));
        };
        if let Some(sign) = path.find(['?', '#']) {
            let what = format!("route `{trimmed}` has a query or fragment, which routes leave out");
            return Err(Fault::new(what, at(&path[sign..])).hint(EXAMPLE));
        }
        if path.contains(char::is_whitespace) {
            return Err(
                Fault::new(format!("route `{trimmed}` has a space in its path"), at(path)).hint(EXAMPLE)
            );
        }
        let mut parts: Vec<&str> = rest.split('/').collect();
        let open = parts.last() == Some(&"**");
        if open {
            parts.pop();
        }
        if parts.contains(&"**") {
            let what = format!("route `{trimmed}` has `**` before its end");
            return Err(Fault::new(what, at("**")).hint("`*` stands for one segment, `**` for all the rest"));
        }
        Ok(Self {
            method: method.filter(|method| *method != "*").map(str::to_ascii_uppercase),
            segments: parts.into_iter().map(Segment::read).collect(),
            open,
        })
    }

    /// Whether a request is of this route. An empty method is one that is not known, and matches.
    fn matches(&self, method: &str, path: &str) -> bool {
        let method_fits =
            method.is_empty() || self.method.as_ref().is_none_or(|own| own.eq_ignore_ascii_case(method));
        if !method_fits {
            return false;
        }
        let mut parts = path.trim_start_matches('/').split('/');
        let all = self.segments.iter().all(|segment| match (segment, parts.next()) {
            (Segment::Literal(literal), Some(part)) => literal == part,
            (Segment::Any(_), Some(part)) => !part.is_empty(),
            (_, None) => false,
        });
        all && (self.open || parts.next().is_none())
    }

    fn literals(&self) -> usize {
        self.segments.iter().filter(|segment| matches!(segment, Segment::Literal(_))).count()
    }
}

impl Segment {
    fn read(part: &str) -> Self {
        let named = part
            .strip_prefix(':')
            .or_else(|| part.strip_prefix('{').and_then(|inside| inside.strip_suffix('}')))
            .filter(|name| !name.is_empty());
        match named {
            Some(name) => Self::Any(name.to_owned()),
            None if part == "*" => Self::Any(part.to_owned()),
            None => Self::Literal(part.to_owned()),
        }
    }
}

impl Endpoints {
    /// Adds an endpoint.
    pub fn push(&mut self, name: impl Into<String>, route: Route) {
        self.0.push(Endpoint { name: name.into(), route });
    }

    /// Reads names and routes, as a Run keeps them; what does not read is left out, because it was checked when it was
    /// written.
    pub fn of_texts(texts: &[(String, String)]) -> Self {
        let read = |(name, route): &(String, String)| {
            Some(Endpoint { name: name.clone(), route: Route::read(route).ok()? })
        };
        Self(texts.iter().filter_map(read).collect())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Endpoint> {
        self.0.iter()
    }

    /// The names and routes as text, for a Run.
    pub fn texts(&self) -> Vec<(String, String)> {
        self.0.iter().map(|endpoint| (endpoint.name.clone(), endpoint.route.to_string())).collect()
    }

    /// Whether there is one of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|endpoint| endpoint.name == name)
    }

    /// The names of a request's endpoints: one, several for a tRPC batch, or none. `url` may be whole or begin with the
    /// path; an empty method matches any.
    pub fn of_request(&self, method: &str, url: &str) -> Vec<&str> {
        let path = path_of(url);
        if let Some(name) = self.best(method, path) {
            return vec![name];
        }
        let (base, calls) = path.rsplit_once('/').unwrap_or(("", path));
        if !calls.contains(',') {
            return Vec::new();
        }
        let mut names = Vec::new();
        for call in calls.split(',') {
            let found = self.best(method, &format!("{base}/{call}"));
            names.extend(found.filter(|name| !names.contains(name)));
        }
        names
    }

    /// The names of the endpoints that values with these tags belong to. A script that says `endpoint` itself is believed;
    /// a request's `name` counts when it is an endpoint's name; else method and URL decide.
    pub fn of_tags(&self, tags: &TagSet) -> Vec<&str> {
        let said = tags.get("endpoint").or_else(|| tags.get("name"));
        if let Some(endpoint) = said.and_then(|said| self.0.iter().find(|endpoint| endpoint.name == said)) {
            return vec![&endpoint.name];
        }
        let url = tags.get("url").or_else(|| tags.get("name"));
        url.map(|url| self.of_request(tags.get("method").unwrap_or_default(), url)).unwrap_or_default()
    }

    fn best(&self, method: &str, path: &str) -> Option<&str> {
        let matching = self.0.iter().filter(|endpoint| endpoint.route.matches(method, path));
        // The first of equals: `max_by_key` takes the last.
        matching.rev().max_by_key(|endpoint| endpoint.route.literals()).map(|endpoint| endpoint.name.as_str())
    }
}

/// The path of a URL, without query and fragment.
fn path_of(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(url, |at| {
        let rest = &url[at + 3..];
        rest.find(['/', '?', '#']).map_or("/", |start| &rest[start..])
    });
    let end = after_scheme.find(['?', '#']).unwrap_or(after_scheme.len());
    if end == 0 { "/" } else { &after_scheme[..end] }
}

impl fmt::Display for Route {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(method) = &self.method {
            write!(formatter, "{method} ")?;
        }
        for segment in &self.segments {
            match segment {
                Segment::Literal(literal) => write!(formatter, "/{literal}")?,
                Segment::Any(name) if name == "*" => formatter.write_str("/*")?,
                Segment::Any(name) => write!(formatter, "/:{name}")?,
            }
        }
        formatter.write_str(if self.open { "/**" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn endpoints(routes: &[(&str, &str)]) -> Endpoints {
        let mut endpoints = Endpoints::default();
        for (name, route) in routes {
            endpoints.push(*name, Route::read(route).unwrap());
        }
        endpoints
    }

    #[track_caller]
    fn check(method: &str, url: &str, expected: &[&str]) {
        let endpoints = endpoints(&[
            ("search.findPrograms", "POST /api/trpc/search.findPrograms"),
            ("auth.login", "POST /api/trpc/auth.login"),
            ("programs.new", "/programs/new"),
            ("programs.byId", "GET /programs/:id"),
            ("images", "GET /images/**"),
            ("home", "GET /"),
        ]);
        assert_eq!(endpoints.of_request(method, url), expected, "{method} {url}");
    }

    #[test]
    fn requests_find_their_endpoints() {
        check("POST", "http://127.0.0.1:8080/api/trpc/search.findPrograms", &["search.findPrograms"]);
        check("GET", "http://127.0.0.1:8080/api/trpc/search.findPrograms", &[]);
        check("", "/api/trpc/search.findPrograms?x=1", &["search.findPrograms"]);
        check("GET", "/programs/17#top", &["programs.byId"]);
        check("GET", "/programs/new", &["programs.new"]);
        check("GET", "/programs/", &[]);
        check("GET", "/programs/1/2", &[]);
        check("GET", "/images/a/b.png", &["images"]);
        check("GET", "https://shop.test", &["home"]);
        check("GET", "https://shop.test?x=/images/", &["home"]);
        check("GET", "/nowhere", &[]);
    }

    #[test]
    fn a_batch_belongs_to_each_of_its_calls() {
        check(
            "POST",
            "/api/trpc/search.findPrograms,auth.login,search.findPrograms,other?batch=1",
            &["search.findPrograms", "auth.login"],
        );
    }

    #[test]
    fn routes_read_back() {
        for text in ["POST /api/a", "/x/*/y", "GET /programs/:id", "GET /images/**", "/"] {
            assert_eq!(Route::read(text).unwrap().to_string(), text);
        }
        assert_eq!(Route::read("get /p/{id}").unwrap().to_string(), "GET /p/:id");
        assert_eq!(Route::read("* /p").unwrap().to_string(), "/p");
    }

    #[test]
    fn mistakes_are_named() {
        for (text, words) in [
            ("", "no path"),
            ("POST search", "no path"),
            ("POST http://x/y", "an address"),
            ("/a?b=c", "a query"),
            ("/a/**/b", "before its end"),
            ("P0ST /x", "not a method"),
            ("GET /a b", "a space"),
        ] {
            let fault = Route::read(text).unwrap_err();
            assert!(fault.message.contains(words), "{text}: {}", fault.message);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_reads_back(text in "([A-Z]{0,5} )?[/a-z:{}*?#.]{0,20}") {
            if let Ok(route) = Route::read(&text) {
                prop_assert_eq!(&Route::read(&route.to_string()).unwrap(), &route);
            }
        }
    }
}
