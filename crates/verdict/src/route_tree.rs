//! What must be known of a URL when it is folded away: of which routes it is.
//!
//! A run keeps only so many URLs. Of the others it keeps a path that is of exactly the same routes, whatever the
//! method: the parts that some matching route spells out stay, all others become `*`. `/programs/17/edit` of the routes
//! `/programs/:id/:what` and `/:kind/:id/edit` becomes `/programs/*/edit`. So there are no more such paths than the
//! routes have forms, and endpoints are found for them as for the URLs themselves.
//!
//! Routes are compiled into a tree, because this is asked for each request of a script with too many URLs.

use std::collections::{HashMap, HashSet};

use loadline_measure::Keep;

use crate::endpoint::{Endpoints, Segment};
use crate::router::path_of;

/// The routes of a project.
#[derive(Debug, Default)]
pub(crate) struct RouteTree {
    nodes: Vec<Node>,
    methods: HashSet<String>,
    /// Segments of the longest route.
    deepest: usize,
}

#[derive(Debug, Default)]
struct Node {
    literals: HashMap<String, usize>,
    any: Option<usize>,
    /// A route ends here.
    ends: bool,
    /// A route goes on with anything.
    open: bool,
}

/// What some routes say of a path.
#[derive(Debug, Default, Clone, Copy)]
struct Matched {
    any: bool,
    /// The positions that a route spells out, a bit each.
    literals: u64,
}

/// A path: what is before its last `/`, if there is one, and the last part.
#[derive(Debug, Clone, Copy)]
struct Parts<'a> {
    base: Option<&'a str>,
    last: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(path: &'a str) -> Self {
        let path = path.trim_start_matches('/');
        match path.rsplit_once('/') {
            Some((base, last)) => Self { base: Some(base), last: Some(last) },
            None => Self { base: None, last: Some(path) },
        }
    }

    /// Takes the first part off.
    fn pop(&mut self) -> Option<&'a str> {
        let Some(base) = self.base else { return self.last.take() };
        let (part, rest) = match base.split_once('/') {
            Some((part, rest)) => (part, Some(rest)),
            None => (base, None),
        };
        self.base = rest;
        Some(part)
    }

    fn iter(mut self) -> impl Iterator<Item = &'a str> {
        std::iter::from_fn(move || self.pop())
    }
}

/// The bit of a position; parts that lie deeper than bits go are kept as they are.
fn bit(position: usize) -> u64 {
    1u64.checked_shl(position as u32).unwrap_or(0)
}

impl RouteTree {
    pub(crate) fn of(endpoints: &Endpoints) -> Self {
        let mut tree = Self { nodes: vec![Node::default()], ..Self::default() };
        for endpoint in endpoints.iter() {
            let route = &endpoint.route;
            tree.methods.extend(route.method.clone());
            tree.deepest = tree.deepest.max(route.segments.len());
            let mut at = 0;
            for segment in &route.segments {
                let next = tree.nodes.len();
                let node = &mut tree.nodes[at];
                at = match segment {
                    Segment::Literal(literal) => *node.literals.entry(literal.clone()).or_insert(next),
                    Segment::Any(_) => *node.any.get_or_insert(next),
                };
                if at == next {
                    tree.nodes.push(Node::default());
                }
            }
            let node = &mut tree.nodes[at];
            node.ends |= !route.open;
            node.open |= route.open;
        }
        tree
    }

    fn matched(&self, parts: Parts<'_>) -> Matched {
        let mut matched = Matched::default();
        self.walk(0, parts, 0, 0, &mut matched);
        matched
    }

    fn walk(&self, at: usize, mut parts: Parts<'_>, position: usize, literals: u64, matched: &mut Matched) {
        let node = &self.nodes[at];
        let part = parts.pop();
        if node.open || (node.ends && part.is_none()) {
            matched.any = true;
            matched.literals |= literals;
        }
        let Some(part) = part else { return };
        if let Some(&next) = node.literals.get(part) {
            self.walk(next, parts, position + 1, literals | bit(position), matched);
        }
        if let Some(next) = node.any.filter(|_| !part.is_empty()) {
            self.walk(next, parts, position + 1, literals, matched);
        }
    }

    /// Appends a path that is of the same routes, or nothing when it is of none.
    pub(crate) fn stand_in(&self, path: &str, into: &mut String) {
        let parts = Parts::of(path);
        let count = parts.iter().count();
        let direct = self.matched(parts);
        let last = parts.last.unwrap_or_default();
        let mut union = direct;
        let batch = last.contains(',') && count <= self.deepest + 1;
        if batch {
            for call in last.split(',') {
                let of_call = self.matched(Parts { last: Some(call), ..parts });
                union.any |= of_call.any;
                union.literals |= of_call.literals;
            }
        }
        if !union.any {
            return;
        }
        for (position, part) in parts.iter().take(self.deepest + 1).enumerate() {
            into.push('/');
            let is_last = position + 1 == count;
            let literals = if is_last { direct.literals } else { union.literals };
            if part.is_empty() || position >= 64 || literals & bit(position) != 0 {
                into.push_str(part);
            } else if !(is_last && batch && self.calls(parts, position, last, into)) {
                into.push('*');
            }
        }
    }

    /// Appends the calls of a batch that are of some route, `*` for those that no route spells out. `false` when there
    /// are none.
    fn calls(&self, parts: Parts<'_>, position: usize, last: &str, into: &mut String) -> bool {
        let start = into.len();
        let (mut count, mut others) = (0, false);
        for (index, call) in last.split(',').enumerate() {
            let matched = self.matched(Parts { last: Some(call), ..parts });
            let literal = matched.literals & bit(position) != 0;
            let again =
                if literal { last.split(',').take(index).any(|earlier| earlier == call) } else { others };
            if !matched.any || again {
                continue;
            }
            if count > 0 {
                into.push(',');
            }
            others |= !literal;
            into.push_str(if literal { call } else { "*" });
            count += 1;
        }
        if count == 1 {
            // Still a batch.
            let end = into.len();
            into.push(',');
            into.extend_from_within(start..end);
        }
        count > 0
    }
}

impl Keep for RouteTree {
    fn keep(&self, key: &str, value: &str, into: &mut String) {
        match key {
            "url" | "name" => self.stand_in(path_of(value), into),
            "method" => {
                if let Some(method) = self.methods.iter().find(|method| method.eq_ignore_ascii_case(value)) {
                    into.push_str(method);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::endpoint::Route;
    use crate::router::Router;

    fn endpoints(routes: &[impl AsRef<str>]) -> Endpoints {
        let mut endpoints = Endpoints::default();
        for (index, route) in routes.iter().enumerate() {
            endpoints.push(format!("e{index}"), Route::read(route.as_ref()).unwrap());
        }
        endpoints
    }

    #[track_caller]
    fn check(path: &str, expected: &str) {
        let tree = RouteTree::of(&endpoints(&[
            "/programs/:id/:what",
            "GET /:kind/:id/edit",
            "/images/**",
            "POST /api/a",
            "POST /api/b",
        ]));
        let mut text = String::new();
        tree.stand_in(path, &mut text);
        assert_eq!(text, expected, "{path}");
    }

    #[test]
    fn paths_keep_what_routes_spell_out() {
        check("/programs/17/edit", "/programs/*/edit");
        check("/programs/17/show", "/programs/*/*");
        check("/users/17/edit", "/*/*/edit");
        check("/users/17", "");
        check("/images/a/b/c/d/e/f", "/images/*/*/*");
        check("/images", "/images");
        check("/api/a,x,b,a", "/api/a,b");
        check("/api/a,x", "/api/a,a");
        check("/api/x,y", "");
    }

    fn route() -> impl Strategy<Value = String> {
        let segment = prop_oneof![Just("a"), Just("b"), Just(":x"), Just("*"), Just("")];
        (
            prop_oneof![Just(""), Just("GET "), Just("POST ")],
            prop::collection::vec(segment, 0..4),
            prop_oneof![3 => Just(""), 1 => Just("/**")],
        )
            .prop_map(|(method, segments, open)| {
                let path: String = segments.iter().flat_map(|segment| ["/", segment]).collect();
                let path = if path.is_empty() && open.is_empty() { "/".to_owned() } else { path + open };
                format!("{method}{path}")
            })
    }

    fn path() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            Just("a"),
            Just("b"),
            Just("c"),
            Just("17"),
            Just(""),
            Just("a,b"),
            Just("a,a,c"),
            Just("c,17"),
            Just(",a"),
        ];
        prop::collection::vec(part, 0..7)
            .prop_map(|parts| parts.iter().flat_map(|part| ["/", part]).collect::<String>())
            .prop_map(|path| if path.is_empty() { "/".to_owned() } else { path })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn a_stand_in_is_of_the_same_endpoints(
            routes in prop::collection::vec(route(), 1..6),
            kept in any::<u8>(),
            path in path(),
        ) {
            let tree = RouteTree::of(&endpoints(&routes));
            let mut text = String::new();
            tree.stand_in(&path, &mut text);
            // What is asked later may be fewer routes than were compiled.
            let some: Vec<&String> = routes.iter().enumerate().filter(|(index, _)| kept & (1 << index) != 0).map(|(_, route)| route).collect();
            for asked in [endpoints(&routes), endpoints(&some)] {
                let asked = Router::new(&asked);
                for method in ["", "GET", "POST", "PUT"] {
                    let expected: BTreeSet<&str> = asked.of_path(method, &path).into_iter().collect();
                    let found: BTreeSet<&str> =
                        if text.is_empty() { BTreeSet::new() } else { asked.of_path(method, &text).into_iter().collect() };
                    prop_assert_eq!(found, expected, "{} {} as {}", method, path, text);
                }
            }
        }
    }
}
