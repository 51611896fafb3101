//! By what the values of a metric can be told apart: one cut for each tag that says something new.

use std::collections::BTreeMap;

use loadline_measure::{Run, Series, TagSet};
use loadline_verdict::Router;

/// Rows of a cut that have figures; what is beyond is counted.
pub(crate) const MOST_ROWS: usize = 500;
/// What the cut by endpoints is called.
pub(crate) const ENDPOINT: &str = "endpoint";
/// What comes first, because people ask for it first.
const FIRST: [&str; 6] = [ENDPOINT, "scenario", "group", "rule", "name", "status"];

/// The series of each value of a tag.
pub(crate) struct Values {
    pub(crate) by: String,
    pub(crate) rows: Vec<(String, Vec<Series>)>,
    pub(crate) left_out: u64,
}

/// By what a series can be told apart, and its value there: the most important first.
pub(crate) fn parts<'t>(tags: &'t TagSet, router: &Router<'t>) -> Vec<(&'t str, &'t str)> {
    let mut parts: Vec<(&str, &str)> = tags.iter().filter(|(key, _)| !TagSet::is_mark(key)).collect();
    for endpoint in router.of_tags(tags).into_iter().map(|endpoint| (ENDPOINT, endpoint)) {
        // A script may say it itself.
        if !parts.contains(&endpoint) {
            parts.push(endpoint);
        }
    }
    parts.sort_by_key(|(key, _)| (rank(key), *key));
    parts
}

fn rank(key: &str) -> usize {
    FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len())
}

/// The cuts of a metric, given its series. A tag that tells nothing apart is none, nor is one that tells apart what
/// another does already.
pub(crate) fn cuts<'r>(run: &'r Run, series: &[(Series, &'r TagSet)], router: &Router<'r>) -> Vec<Values> {
    let mut by_key: BTreeMap<&str, BTreeMap<String, Vec<Series>>> = BTreeMap::new();
    for (one, tags) in series {
        for (key, value) in parts(tags, router) {
            by_key.entry(key).or_default().entry(value.to_owned()).or_default().push(*one);
        }
    }
    let mut keys: Vec<_> = by_key.into_iter().collect();
    keys.sort_by_key(|(key, _)| (rank(key), *key));
    let mut found: Vec<Values> = Vec::new();
    let mut known: Vec<Vec<Vec<Series>>> = Vec::new();
    for (key, values) in keys {
        let mut apart: Vec<Vec<Series>> = values.values().cloned().collect();
        apart.sort_unstable();
        if (values.len() < 2 && key != ENDPOINT) || known.contains(&apart) {
            continue;
        }
        known.push(apart);
        let samples = |series: &[Series]| -> u64 {
            series.iter().filter_map(|one| run.total(*one)).map(loadline_measure::Sink::count).sum()
        };
        let mut rows: Vec<(String, Vec<Series>)> = values.into_iter().collect();
        rows.sort_by_key(|(_, series)| std::cmp::Reverse(samples(series)));
        let left_out = rows.len().saturating_sub(MOST_ROWS) as u64;
        rows.truncate(MOST_ROWS);
        found.push(Values { by: key.to_owned(), rows, left_out });
    }
    found
}

#[cfg(test)]
mod tests {
    use loadline_verdict::Endpoints;

    use super::*;

    #[test]
    fn an_endpoint_that_a_script_names_itself_is_there_once() {
        let endpoints = Endpoints::of_texts(&[("search".into(), "GET /search".into())]);
        let router = Router::new(&endpoints);
        let tags =
            TagSet::new([("endpoint", "search"), ("method", "GET"), ("url", "http://shop.test/search")]);
        let own: Vec<_> = parts(&tags, &router).into_iter().filter(|(key, _)| *key == ENDPOINT).collect();
        assert_eq!(own, [(ENDPOINT, "search")]);
        let unnamed = TagSet::new([("method", "GET"), ("url", "http://shop.test/search")]);
        assert_eq!(parts(&unnamed, &router)[0], (ENDPOINT, "search"));
    }
}
