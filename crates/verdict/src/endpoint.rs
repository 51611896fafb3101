//! Endpoints: names for routes, written once and used for load, budgets and production metrics alike.
//!
//! ```text
//! route  = [method] path
//! method = "GET" | "POST" | … | "*"          without one, any
//! path   = "/" segment ("/" segment)*
//! ```
//!
//! A segment is literal, or stands for any one segment when it is `*`, `:name` or `{name}`; `**` at the end stands for
//! all the rest. Query strings and fragments do not count. Among several routes that match, the one with the most
//! literal segments is meant, so `/programs/new` is not taken for `/programs/:id`.
//!
//! A tRPC client puts several calls into one request, `/api/trpc/search.findPrograms,auth.login?batch=1`. Such a
//! request belongs to each of its calls: every one of them took that long for whoever waited.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use loadline_measure::{Keep, Watched};

use crate::problem::{Fault, Problems};
use crate::route_tree::RouteTree;

/// The tags that decide to which endpoint a request belongs.
pub(crate) const DECIDING: [&str; 4] = ["endpoint", "name", "url", "method"];

/// The names of a project's routes, in the order they were written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoints {
    all: Vec<Endpoint>,
    names: HashSet<String>,
}

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
    pub(crate) method: Option<String>,
    pub(crate) segments: Vec<Segment>,
    /// Whether anything may follow the segments.
    pub(crate) open: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Segment {
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
        Self::read(text).map_err(|fault| Problems::one(fault.in_text("", "", text)))
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
        let name = name.into();
        self.names.insert(name.clone());
        self.all.push(Endpoint { name, route });
    }

    /// Reads names and routes, as a Run keeps them; what does not read is left out, because it was checked when it was
    /// written.
    pub fn of_texts(texts: &[(String, String)]) -> Self {
        let mut endpoints = Self::default();
        for (name, route) in texts {
            if let Ok(route) = Route::read(route) {
                endpoints.push(name, route);
            }
        }
        endpoints
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Endpoint> {
        self.all.iter()
    }

    /// The names and routes as text, for a Run.
    pub fn texts(&self) -> Vec<(String, String)> {
        self.all.iter().map(|endpoint| (endpoint.name.clone(), endpoint.route.to_string())).collect()
    }

    /// Whether there is one of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Has a run keep, of all that it folds away, what decides to which endpoint a request belongs.
    pub(crate) fn watch(&self, watched: &mut Watched) -> Option<Arc<dyn Keep>> {
        if self.all.is_empty() {
            return None;
        }
        for key in DECIDING {
            watched.key(key);
        }
        for endpoint in &self.all {
            watched.value("endpoint", endpoint.name.as_str());
            watched.value("name", endpoint.name.as_str());
            watched.kind(endpoint.route.to_string());
        }
        Some(Arc::new(RouteTree::of(self)))
    }

    /// Whether a run that watched this knows of each request to which of these endpoints it belongs.
    pub(crate) fn are_watched(&self, watched: &Watched) -> bool {
        self.all.iter().all(|endpoint| {
            watched.has_kind(&endpoint.route.to_string())
                && ["endpoint", "name"].iter().all(|key| watched.has_value(key, &endpoint.name))
        })
    }
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
