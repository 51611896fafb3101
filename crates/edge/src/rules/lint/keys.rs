//! What tells answers apart: the key, `Vary`, and `No-Vary-Search`, which have to agree.

use http::HeaderName;

use super::finding::{Found, place};
use crate::fields::no_vary_search::Ignored;
use crate::rules::rule::{Filter, QueryRule, Rule};

/// Fields that nearly every client has its own value of.
const MANY: [(&str, &str); 5] = [
    ("cookie", "name the cookies that matter under `key.cookies`"),
    (
        "user-agent",
        "there are thousands of them: let the page decide, or say by a header of your own which kind of client it is",
    ),
    ("referer", "leave it out: where somebody came from changes no answer"),
    (
        "accept-language",
        "there are thousands of lists of languages: put the language into the URL, or choose it before the cache",
    ),
    (
        "available-dictionary",
        "each version of a dictionary has answers of its own (RFC 9842): keep to few dictionaries, and expect the hit rate to fall with each",
    ),
];
/// Fields that say who somebody is.
const PERSONAL: [&str; 2] = ["authorization", "cookie"];
/// Parts of names of fields that say where somebody is.
const PLACES: [&str; 4] = ["location", "coordinate", "geo", "latitude"];
/// Tags and groups that all caches take: the limit of `CloudFront` for the first, RFC 9875 §2 for the others.
const MOST_TAGS: (usize, usize) = (50, 256);
const MOST_GROUPS: (usize, usize) = (32, 32);

pub(super) fn check(rule: &Rule, found: &mut Found<'_>) {
    agreement(rule, found);
    many(rule, found);
    location(rule, found);
    queries(rule, found);
    names(rule, found);
}

fn agreement(rule: &Rule, found: &mut Found<'_>) {
    for name in rule.keyed().filter(|name| !rule.vary.contains(name)) {
        found.error(
            place(rule, &rule.places.key),
            format!("answers depend on `{name}`, which is in the key and not in `vary`: caches that know only the answer give everybody the same"),
            format!("add \"{name}\" to `vary`"),
        );
    }
    if !rule.key.cookies.is_empty() && !rule.vary.contains(&http::header::COOKIE) {
        found.warn(
            place(rule, &rule.places.key),
            "answers depend on cookies that are in the key, and caches that know only the answer give everybody the same",
            "keep other caches out: `cache = { private = true, … }` with the times under `targeted`, or `vary = [\"Cookie\"]`",
        );
    }
    for name in PERSONAL.map(HeaderName::from_static) {
        if rule.key.headers.contains(&name) {
            found.error(
                place(rule, &rule.places.key),
                format!(
                    "`{name}` is in the key: nobody ever shares such an answer, and it is somebody's own"
                ),
                "write `private = true` for answers of one person, and leave the field out of the key",
            );
        }
    }
}

fn many(rule: &Rule, found: &mut Found<'_>) {
    for (name, fix) in MANY {
        let name = HeaderName::from_static(name);
        // Cookies that are in the key by name are what `Vary: Cookie` stands for.
        let is_explained = name == http::header::COOKIE && !rule.key.cookies.is_empty();
        if rule.vary.contains(&name) && !is_explained {
            found.warn(
                place(rule, &rule.places.vary),
                format!("answers vary on `{name}`, of which nearly every client has its own value: hardly any is served twice"),
                fix,
            );
        }
    }
}

fn location(rule: &Rule, found: &mut Found<'_>) {
    let keyed = rule.key.location.as_ref();
    let is_place = |name: &&HeaderName| PLACES.iter().any(|part| name.as_str().contains(part));
    let raw = rule.vary.iter().chain(&rule.key.headers).filter(is_place);
    let raw: Vec<&HeaderName> =
        raw.filter(|name| keyed.is_none_or(|location| location.header != **name)).collect();
    if let Some(name) = raw.first() {
        let part = if rule.vary.contains(name) { &rule.places.vary } else { &rule.places.key };
        found.warn(
            place(rule, part),
            format!("`{name}` says where somebody is: a raw coordinate is in no two requests, so no answer is served twice"),
            format!("put it on a grid: `key = {{ location = {{ header = \"{name}\", grid = \"geohash\", precision = 4 }} }}`"),
        );
    }
    if let Some(location) = keyed.filter(|location| location.grid.is_fine()) {
        found.warn(
            place(rule, &rule.places.key),
            format!(
                "cells of the grid for `{}` are smaller than a kilometre: few requests share one",
                location.header
            ),
            "take geohashes of 4 or 5 letters, or one decimal",
        );
    }
}

fn queries(rule: &Rule, found: &mut Found<'_>) {
    let key = &rule.key;
    if !rule.places.key.is_empty() && key.query == QueryRule::AsItIs && key.filter == Filter::All {
        found.warn(
            &rule.places.key,
            "the query is in the key as it comes: another order, or a parameter of an advertisement, is another key",
            "write `query = \"sorted\"`, with `only = […]` or `without = [\"utm_*\"]`; `query = \"left\"` where there is none",
        );
    }
    let here = place(rule, &rule.places.search);
    if rule.search.any_order && key.query == QueryRule::AsItIs {
        found.warn(
            here,
            "`no_vary_search` says that the order of parameters does not matter, and the key tells orders apart",
            "write `query = \"sorted\"` in `key`",
        );
    }
    let counts = |name: &[u8]| key.query != QueryRule::Left && key.filter.has(name);
    if let Ignored::Only(names) = &rule.search.ignored
        && let Some(name) = names.iter().find(|name| counts(name))
    {
        let name = String::from_utf8_lossy(name);
        found.warn(
            here,
            format!("`no_vary_search` says that `{name}` does not matter, and it is in the key"),
            format!("write `without = [\"{name}\"]` in `key`"),
        );
    }
    if let Ignored::AllBut(names) = &rule.search.ignored
        && let Some(name) = names.iter().find(|name| !counts(name))
    {
        let name = String::from_utf8_lossy(name);
        found.error(
            here,
            format!("`no_vary_search` says that `{name}` matters, and it is not in the key"),
            format!("let `key` have it: `only = [\"{name}\"]`"),
        );
    }
}

fn names(rule: &Rule, found: &mut Found<'_>) {
    for (what, names, part, (most, longest), why) in [
        ("tags", &rule.tags, &rule.places.tags, MOST_TAGS, "CloudFront takes no more"),
        ("groups", &rule.groups, &rule.places.groups, MOST_GROUPS, "caches need not take more (RFC 9875 §2)"),
    ] {
        if names.len() > most || names.iter().any(|name| name.len() > longest) {
            found.warn(
                part,
                format!(
                    "there are more than {most} {what}, or one is longer than {longest} characters: {why}"
                ),
                format!("take fewer {what}, with shorter names"),
            );
        }
        if let Some(name) = names
            .iter()
            .find(|name| !name.bytes().all(|byte| (0x20..0x7f).contains(&byte)) || name.is_empty())
        {
            found.error(part, format!("`{name}` cannot be written into a header"), "use printable ASCII");
        }
    }
}
