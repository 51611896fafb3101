//! A file of rules, read: all that is wrong with it is told at once, each with its line.

use std::ops::Range;
use std::sync::Arc;

use http::HeaderName;
use loadline_tables::{Source, Table, Wrong, inside, line_starts, suggestion};
use loadline_verdict::{Problem, Problems};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::control::control;
use super::grid::Grid;
use super::pattern::Pattern;
use super::rule::{Filter, KeyRule, Location, Other, Places, QueryRule, Rule, Rules};
use crate::fields::no_vary_search::{Ignored, NoVarySearch};
use crate::policy::SetCookie;

const RULE: [&str; 10] =
    ["name", "path", "cache", "targeted", "vary", "no_vary_search", "key", "tags", "groups", "set_cookie"];
const KEY: [&str; 6] = ["query", "only", "without", "headers", "cookies", "location"];

impl Rules {
    /// Reads a file of rules; `path` is what messages call it.
    ///
    /// # Errors
    /// Everything that is wrong with it. What is right and not wise is said by [`lint`](super::lint).
    pub fn parse(path: &str, text: &str) -> Result<Self, Problems> {
        let lines = line_starts(text);
        let source = Source::new(path, text, &lines);
        let (document, errors) = DeTable::parse_recoverable(text);
        let mut wrong = Wrong::default();
        for error in &errors {
            let span = error.span().unwrap_or(0..0);
            wrong.add(|| source.problem(span, format!("not TOML: {}", error.message())));
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let whole = Table { source, name: "the file of rules", entries: document.get_ref() };
        whole.only(&["rule", "batches"], &mut wrong);
        let mut rules = Self { rules: Vec::new(), batches: batches(&whole, &mut wrong) };
        match whole.entries.get("rule").map(|value| (value, value.get_ref())) {
            None => {
                wrong.add(|| Problem {
                    hint: Some("begin with `[[rule]]` and a `path`".to_owned()),
                    ..source.problem(0..0, "the file has no rules")
                });
            }
            Some((_, DeValue::Array(list))) => {
                for value in list {
                    if let DeValue::Table(entries) = value.get_ref() {
                        let table = Table { source, name: "a rule", entries };
                        rules.rules.extend(rule(&table, value.span(), &mut wrong).map(Arc::new));
                    } else {
                        wrong.add(|| {
                            source.problem(value.span(), "a rule is a table: write `[[rule]]` above it")
                        });
                    }
                }
            }
            Some((value, _)) => {
                wrong.add(|| source.problem(value.span(), "rules are a list: write `[[rule]]` above each"));
            }
        }
        if wrong.is_empty() { Ok(rules) } else { Err(wrong) }
    }
}

fn batches(whole: &Table<'_>, wrong: &mut Wrong) -> Option<String> {
    let text = whole.text("batches", wrong)?;
    let prefix = text.text.trim_end_matches('/');
    if prefix.starts_with('/') && !prefix.contains('*') {
        return Some(prefix.to_owned());
    }
    wrong.add(|| Problem {
        hint: Some("write it like `batches = \"/api/trpc\"`".to_owned()),
        ..whole
            .source
            .problem(text.span.clone(), "`batches` is the path below which a segment with commas is a batch")
    });
    None
}

fn rule(table: &Table<'_>, span: Range<usize>, wrong: &mut Wrong) -> Option<Rule> {
    table.only(&RULE, wrong);
    let place = |key: &str| table.entries.get(key).map(Spanned::span).unwrap_or_default();
    let path = match table.text("path", wrong) {
        Some(text) => match Pattern::parse(&text.text) {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                wrong.add(|| table.source.problem(text.span.clone(), format!("`{}`: {error}", text.text)));
                None
            }
        },
        None if table.entries.contains_key("path") => None,
        None => {
            wrong.add(|| Problem {
                hint: Some("add one such as `path = \"/images/**\"`".to_owned()),
                ..table.source.problem(span.clone(), "a rule has no `path`")
            });
            None
        }
    };
    let name = table.text("name", wrong).map(|name| name.text);
    let set_cookie = set_cookie(table, wrong);
    let read = Rule {
        name: name.unwrap_or_else(|| path.as_ref().map_or_else(String::new, |path| path.as_str().to_owned())),
        control: match inner(table, "cache", "`cache`", wrong) {
            Some(table) => control(&table, wrong),
            None => crate::fields::cache_control::CacheControl::default(),
        },
        targeted: targeted(table, wrong),
        vary: fields(table, "vary", wrong),
        search: inner(table, "no_vary_search", "`no_vary_search`", wrong)
            .map(|table| search(&table, wrong))
            .unwrap_or_default(),
        key: inner(table, "key", "`key`", wrong).map(|table| key(&table, wrong)).unwrap_or_default(),
        tags: table.texts("tags", wrong),
        groups: table.texts("groups", wrong),
        set_cookie,
        places: Places {
            path: place("path"),
            cache: place("cache"),
            vary: place("vary"),
            key: place("key"),
            tags: place("tags"),
            groups: place("groups"),
            set_cookie: place("set_cookie"),
            search: place("no_vary_search"),
            line: table.source.line(span.start),
            rule: span,
        },
        path: path?,
    };
    Some(read)
}

fn set_cookie(table: &Table<'_>, wrong: &mut Wrong) -> Option<SetCookie> {
    let text = table.text("set_cookie", wrong)?;
    match text.text.as_str() {
        "refuse" => Some(SetCookie::Refuse),
        "strip" => Some(SetCookie::Strip),
        "keep" => Some(SetCookie::Keep),
        other => {
            wrong.add(|| Problem {
                hint: Some("write `\"refuse\"`, `\"strip\"` or `\"keep\"`".to_owned()),
                ..table.source.problem(
                    text.span.clone(),
                    format!("`{other}` does not say what becomes of answers that set cookies"),
                )
            });
            None
        }
    }
}

fn targeted(
    table: &Table<'_>,
    wrong: &mut Wrong,
) -> Vec<(HeaderName, crate::fields::cache_control::CacheControl)> {
    let Some(fields) = inner(table, "targeted", "`targeted`", wrong) else { return Vec::new() };
    let mut read = Vec::new();
    for (key, _) in fields.entries {
        let written = key.get_ref().as_ref();
        match written.parse::<HeaderName>() {
            Ok(name) if name.as_str().ends_with("cache-control") && name != http::header::CACHE_CONTROL => {
                if let Some(said) = inner(&fields, written, "a targeted field", wrong) {
                    read.push((name, control(&said, wrong)));
                }
            }
            _ => wrong.add(|| Problem {
                hint: Some("such fields are called like `\"CDN-Cache-Control\"` (RFC 9213)".to_owned()),
                ..table.source.problem(key.span(), format!("`{written}` is no field for some caches only"))
            }),
        }
    }
    read
}

fn search(table: &Table<'_>, wrong: &mut Wrong) -> NoVarySearch {
    table.only(&["key_order", "params", "except"], wrong);
    let bytes = |names: Vec<String>| names.into_iter().map(String::into_bytes).collect::<Vec<_>>();
    let except = bytes(table.texts("except", wrong));
    let all = matches!(table.entries.get("params").map(Spanned::get_ref), Some(DeValue::Boolean(true)));
    if !all
        && !except.is_empty()
        && let Some(value) = table.entries.get("except")
    {
        wrong.add(|| Problem {
            hint: Some("write `params = true` beside it, or leave it out".to_owned()),
            ..table
                .source
                .problem(value.span(), "`except` names parameters that count although the others do not")
        });
    }
    NoVarySearch {
        any_order: table.switch("key_order", wrong),
        ignored: if all {
            Ignored::AllBut(except)
        } else {
            Ignored::Only(bytes(table.texts("params", wrong)))
        },
    }
}

fn key(table: &Table<'_>, wrong: &mut Wrong) -> KeyRule {
    table.only(&KEY, wrong);
    let query = match table.text("query", wrong) {
        None => QueryRule::default(),
        Some(text) => match text.text.as_str() {
            "as_it_is" => QueryRule::AsItIs,
            "sorted" => QueryRule::Sorted,
            "left" => QueryRule::Left,
            other => {
                let hint = suggestion(other, &["as_it_is", "sorted", "left"]);
                wrong.add(|| Problem {
                    hint: Some(hint),
                    ..table.source.problem(
                        text.span.clone(),
                        format!("`{other}` does not say how a query is in the key"),
                    )
                });
                QueryRule::default()
            }
        },
    };
    let (only, without) = (table.texts("only", wrong), table.texts("without", wrong));
    let filter = match (only.is_empty(), without.is_empty()) {
        (true, true) => Filter::All,
        (false, true) => Filter::Only(only),
        (true, false) => Filter::Without(without),
        (false, false) => {
            if let Some(value) = table.entries.get("without") {
                wrong.add(|| {
                    table.source.problem(value.span(), "`only` and `without` exclude each other: take one")
                });
            }
            Filter::Only(only)
        }
    };
    KeyRule {
        query,
        filter,
        headers: fields(table, "headers", wrong),
        cookies: table.texts("cookies", wrong),
        location: inner(table, "location", "`location`", wrong).and_then(|inner| {
            let span = table.entries.get("location").map(Spanned::span).unwrap_or_default();
            location(&inner, &span, wrong)
        }),
    }
}

fn location(table: &Table<'_>, span: &Range<usize>, wrong: &mut Wrong) -> Option<Location> {
    table.only(&["header", "grid", "precision", "other"], wrong);
    let header = table.text("header", wrong).and_then(|text| {
        let name = text.text.parse().ok();
        if name.is_none() {
            wrong.add(|| {
                table.source.problem(text.span.clone(), format!("`{}` is no header field", text.text))
            });
        }
        name
    });
    let precision = table.count("precision", 0, wrong);
    let grid = table.text("grid", wrong).and_then(|text| match (text.text.as_str(), precision) {
        ("geohash", Some(letters @ 1..=12)) => Some(Grid::Geohash(letters as u8)),
        ("decimals", Some(decimals @ 0..=6)) => Some(Grid::Decimals(decimals as u8)),
        ("geohash" | "decimals", _) => {
            wrong.add(|| Problem {
                hint: Some(
                    "geohashes have 1 to 12 letters, of which 4 or 5 make a region; decimals are 0 to 6"
                        .to_owned(),
                ),
                ..table.source.problem(text.span.clone(), "a grid needs a `precision`")
            });
            None
        }
        (other, _) => {
            let hint = suggestion(other, &["geohash", "decimals"]);
            wrong.add(|| Problem {
                hint: Some(hint),
                ..table.source.problem(text.span.clone(), format!("there is no grid `{other}`"))
            });
            None
        }
    });
    let other = match table.text("other", wrong) {
        None => Other::Drop,
        Some(text) if text.text == "drop" => Other::Drop,
        Some(text) if text.text == "keep" => Other::Keep,
        Some(text) => {
            wrong.add(|| Problem {
                hint: Some("write `\"drop\"`, which is what happens without it, or `\"keep\"`".to_owned()),
                ..table.source.problem(
                    text.span.clone(),
                    format!("`{}` does not say what becomes of a value that is no coordinate", text.text),
                )
            });
            Other::Drop
        }
    };
    for (key, example) in [("header", "X-Location"), ("grid", "geohash")] {
        if !table.entries.contains_key(key) {
            wrong.add(|| {
                table
                    .source
                    .problem(span.clone(), format!("`location` has no `{key}`, such as \"{example}\""))
            });
        }
    }
    Some(Location { header: header?, grid: grid?, other })
}

fn fields(table: &Table<'_>, key: &str, wrong: &mut Wrong) -> Vec<HeaderName> {
    let names = table.texts(key, wrong);
    let mut read: Vec<HeaderName> = Vec::new();
    for name in names {
        match name.parse::<HeaderName>() {
            Ok(field) if !read.contains(&field) && field != "*" => read.push(field),
            Ok(field) if field != "*" => {}
            _ => {
                let span = table.entries.get(key).map(inside).unwrap_or_default();
                wrong.add(|| table.source.problem(span, format!("`{name}` is no header field")));
            }
        }
    }
    read
}

fn inner<'t>(table: &Table<'t>, key: &str, name: &'t str, wrong: &mut Wrong) -> Option<Table<'t>> {
    let value: &'t Spanned<DeValue<'t>> = entry(table.entries, key)?;
    if let DeValue::Table(entries) = value.get_ref() {
        return Some(Table { source: table.source, name, entries });
    }
    wrong.add(|| table.kind(value, key, "a table, `{ … }`"));
    None
}

fn entry<'t>(entries: &'t DeTable<'t>, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
    entries.get(key)
}
