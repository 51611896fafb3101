//! Which endpoints a request belongs to: all routes of a project in one look-up.
//!
//! A project may name twenty thousand routes, and a run has as many series. Routes of one shape (how many segments,
//! which of them are literal, whether more may follow) share a table from their literal segments to the routes, so a
//! request costs a look-up for each shape, not a comparison with each route.

use std::collections::{HashMap, HashSet};

use loadline_measure::{OTHER, TagSet};

use crate::endpoint::{Endpoint, Endpoints, Segment};

/// Endpoints, ready to be asked for many requests.
///
/// ```
/// use loadline_verdict::{Endpoints, Router};
/// let endpoints = Endpoints::of_texts(&[("program".into(), "GET /programs/:id".into())]);
/// let router = Router::new(&endpoints);
/// assert_eq!(router.of_request("GET", "https://shop.test/programs/7?page=1"), ["program"]);
/// assert!(router.of_request("POST", "/programs/7").is_empty());
/// ```
#[derive(Debug)]
pub struct Router<'e> {
    names: HashMap<&'e str, &'e str>,
    /// Those with the most literal segments first.
    shapes: Vec<Shape<'e>>,
}

/// Routes that have their literal segments at the same places.
#[derive(Debug)]
struct Shape<'e> {
    /// Which segments are literal.
    literal: Vec<bool>,
    open: bool,
    literals: usize,
    /// By the literal segments, with `/` between them.
    routes: HashMap<String, Vec<(usize, &'e Endpoint)>>,
}

impl<'e> Router<'e> {
    /// A router of these endpoints.
    pub fn new(endpoints: &'e Endpoints) -> Self {
        let mut names = HashMap::new();
        let mut shapes: Vec<Shape<'e>> = Vec::new();
        let mut known: HashMap<(Vec<bool>, bool), usize> = HashMap::new();
        for (position, endpoint) in endpoints.iter().enumerate() {
            names.insert(endpoint.name.as_str(), endpoint.name.as_str());
            let segments = &endpoint.route.segments;
            let literal: Vec<bool> =
                segments.iter().map(|segment| matches!(segment, Segment::Literal(_))).collect();
            let key: Vec<&str> = segments
                .iter()
                .filter_map(|segment| match segment {
                    Segment::Literal(literal) => Some(literal.as_str()),
                    Segment::Any(_) => None,
                })
                .collect();
            let open = endpoint.route.open;
            let shape = *known.entry((literal.clone(), open)).or_insert_with(|| {
                shapes.push(Shape { literals: key.len(), literal, open, routes: HashMap::new() });
                shapes.len() - 1
            });
            shapes[shape].routes.entry(key.join("/")).or_default().push((position, endpoint));
        }
        shapes.sort_by_key(|shape| std::cmp::Reverse(shape.literals));
        Self { names, shapes }
    }

    /// The names of a request's endpoints: one, several for a tRPC batch, or none. `url` may be whole or begin with the
    /// path; an empty method matches any.
    pub fn of_request(&self, method: &str, url: &str) -> Vec<&'e str> {
        self.of_path(method, path_of(url))
    }

    /// As [`Router::of_request`], for a path without query and fragment.
    pub(crate) fn of_path(&self, method: &str, path: &str) -> Vec<&'e str> {
        if let Some(name) = self.best(method, path) {
            return vec![name];
        }
        let (base, calls) = path.rsplit_once('/').unwrap_or(("", path));
        if !calls.contains(',') {
            return Vec::new();
        }
        let mut names = Vec::new();
        let mut known = HashSet::new();
        for call in calls.split(',') {
            let found = self.best(method, &format!("{base}/{call}"));
            names.extend(found.filter(|name| known.insert(*name)));
        }
        names
    }

    /// The names of the endpoints that values with these tags belong to. A script that says `endpoint` itself is
    /// believed; a request's `name` counts when it is an endpoint's name; else method and URL decide.
    pub fn of_tags(&self, tags: &TagSet) -> Vec<&'e str> {
        let folded = |key: &str| tags.is_folded() && tags.has_folded(key);
        let said = if tags.get("endpoint").is_some() { "endpoint" } else { "name" };
        let name = tags.get(said).filter(|_| !folded(said)).and_then(|said| self.names.get(said));
        if let Some(name) = name {
            return vec![*name];
        }
        let key = if tags.get("url").is_some() { "url" } else { "name" };
        let Some(url) = tags.get(key) else { return Vec::new() };
        let method = tags.get("method").unwrap_or_default();
        // A method that was folded away is none of those that routes name, but it is one.
        let method = if folded("method") { kept(method).unwrap_or(OTHER) } else { method };
        let path = if folded(key) { kept(url) } else { Some(path_of(url)) };
        path.map(|path| self.of_path(method, path)).unwrap_or_default()
    }

    /// The route with the most literal segments, the first of equals.
    fn best(&self, method: &str, path: &str) -> Option<&'e str> {
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let mut best: Option<(usize, usize, &'e Endpoint)> = None;
        for shape in &self.shapes {
            if best.is_some_and(|(literals, ..)| literals > shape.literals) {
                break;
            }
            let Some(routes) = shape.routes_of(&parts) else { continue };
            let found = routes.iter().find(|(_, endpoint)| takes(endpoint, method));
            if let Some((position, endpoint)) = found
                && best.is_none_or(|(_, earlier, _)| *position < earlier)
            {
                best = Some((shape.literals, *position, endpoint));
            }
        }
        best.map(|(.., endpoint)| endpoint.name.as_str())
    }
}

impl<'e> Shape<'e> {
    /// The routes with this path's segments at their literal places, in the order they were written.
    fn routes_of(&self, parts: &[&str]) -> Option<&[(usize, &'e Endpoint)]> {
        let fits = parts.len() == self.literal.len() || self.open && parts.len() > self.literal.len();
        let filled = || self.literal.iter().zip(parts).all(|(literal, part)| *literal || !part.is_empty());
        if !fits || !filled() {
            return None;
        }
        let key: Vec<&str> =
            self.literal.iter().zip(parts).filter(|(literal, _)| **literal).map(|(_, part)| *part).collect();
        self.routes.get(&key.join("/")).map(Vec::as_slice)
    }
}

/// Whether a route takes a method. An empty method is one that is not known, and fits.
fn takes(endpoint: &Endpoint, method: &str) -> bool {
    method.is_empty() || endpoint.route.method.as_ref().is_none_or(|own| own.eq_ignore_ascii_case(method))
}

/// What was kept of a value that was folded away.
fn kept(folded: &str) -> Option<&str> {
    folded.strip_prefix(OTHER)?.strip_prefix(' ')
}

/// The path of a URL, without query and fragment.
pub(crate) fn path_of(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(url, |at| {
        let rest = &url[at + 3..];
        rest.find(['/', '?', '#']).map_or("/", |start| &rest[start..])
    });
    let end = after_scheme.find(['?', '#']).unwrap_or(after_scheme.len());
    if end == 0 { "/" } else { &after_scheme[..end] }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::endpoint::Route;

    fn endpoints(routes: &[(&str, &str)]) -> Endpoints {
        let mut endpoints = Endpoints::default();
        for (name, route) in routes {
            endpoints.push(*name, Route::read(route).unwrap());
        }
        endpoints
    }

    #[track_caller]
    fn check(method: &str, url: &str, expected: &[&str]) {
        let all = endpoints(&[
            ("search.findPrograms", "POST /api/trpc/search.findPrograms"),
            ("auth.login", "POST /api/trpc/auth.login"),
            ("programs.new", "/programs/new"),
            ("programs.byId", "GET /programs/:id"),
            ("images", "GET /images/**"),
            ("home", "GET /"),
        ]);
        assert_eq!(Router::new(&all).of_request(method, url), expected, "{method} {url}");
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

    /// One route at a time: what the tables must agree with.
    fn one_by_one<'e>(endpoints: &'e Endpoints, method: &str, path: &str) -> Option<&'e str> {
        let fits = |endpoint: &&Endpoint| {
            let mut parts = path.trim_start_matches('/').split('/');
            let all = endpoint.route.segments.iter().all(|segment| match (segment, parts.next()) {
                (Segment::Literal(literal), Some(part)) => literal == part,
                (Segment::Any(_), Some(part)) => !part.is_empty(),
                (_, None) => false,
            });
            takes(endpoint, method) && all && (endpoint.route.open || parts.next().is_none())
        };
        let literals = |endpoint: &&Endpoint| {
            endpoint.route.segments.iter().filter(|segment| matches!(segment, Segment::Literal(_))).count()
        };
        let matching: Vec<&Endpoint> = endpoints.iter().filter(fits).collect();
        // The first of equals: `max_by_key` takes the last.
        matching.into_iter().rev().max_by_key(literals).map(|endpoint| endpoint.name.as_str())
    }

    proptest! {
        #[test]
        fn the_tables_agree_with_looking_at_each_route(
            routes in prop::collection::vec("(GET |POST |)(/(a|b|:x|)){1,3}(/\\*\\*|)", 0..20),
            path in "(/(a|b|c|)){0,4}",
            method in "GET|POST|",
        ) {
            let mut all = Endpoints::default();
            for (number, route) in routes.iter().enumerate() {
                all.push(format!("e{number}"), Route::read(route).unwrap());
            }
            prop_assert_eq!(Router::new(&all).best(&method, &path), one_by_one(&all, &method, &path));
        }
    }
}
