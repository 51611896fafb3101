//! `Cache-Control` as a table of a file: `{ public = true, max_age = "5m" }`.
//!
//! Times have units and switches are switches, so that what would be a silent mistake in a header (`max_age=300s`, or
//! `stale_while_revalidate` for `stale-while-revalidate`) is an error with its line.

use http::HeaderName;
use loadline_tables::{Table, Wrong};
use loadline_units::parse_duration;
use loadline_verdict::Problem;
use toml::de::DeValue;

use crate::fields::cache_control::{CacheControl, Scope, Seconds};

const KEYS: [&str; 13] = [
    "public",
    "private",
    "no_store",
    "no_cache",
    "max_age",
    "s_maxage",
    "stale_while_revalidate",
    "stale_if_error",
    "must_revalidate",
    "proxy_revalidate",
    "must_understand",
    "immutable",
    "no_transform",
];

/// Reads such a table.
pub(super) fn control(table: &Table<'_>, wrong: &mut Wrong) -> CacheControl {
    table.only(&KEYS, wrong);
    CacheControl {
        public: table.switch("public", wrong),
        private: scope(table, "private", wrong),
        no_store: table.switch("no_store", wrong),
        no_cache: scope(table, "no_cache", wrong),
        max_age: time(table, "max_age", wrong),
        s_maxage: time(table, "s_maxage", wrong),
        stale_while_revalidate: time(table, "stale_while_revalidate", wrong),
        stale_if_error: time(table, "stale_if_error", wrong),
        must_revalidate: table.switch("must_revalidate", wrong),
        proxy_revalidate: table.switch("proxy_revalidate", wrong),
        must_understand: table.switch("must_understand", wrong),
        immutable: table.switch("immutable", wrong),
        no_transform: table.switch("no_transform", wrong),
        ..CacheControl::default()
    }
}

/// `true`, or the fields that it is of.
fn scope(table: &Table<'_>, key: &str, wrong: &mut Wrong) -> Scope {
    match table.entries.get(key).map(|value| (value, value.get_ref())) {
        None => Scope::Absent,
        Some((_, DeValue::Boolean(is))) => {
            if *is {
                Scope::Whole
            } else {
                Scope::Absent
            }
        }
        Some((value, DeValue::Array(_))) => {
            let names = table.texts(key, wrong);
            let fields: Vec<HeaderName> = names.iter().filter_map(|name| name.parse().ok()).collect();
            if fields.len() < names.len() || fields.is_empty() {
                wrong.add(|| table.kind(value, key, "`true`, or names of header fields"));
            }
            Scope::Fields(fields)
        }
        Some((value, _)) => {
            wrong.add(|| table.kind(value, key, "`true`, or a list of header fields"));
            Scope::Absent
        }
    }
}

fn time(table: &Table<'_>, key: &str, wrong: &mut Wrong) -> Seconds {
    let Some(text) = table.text(key, wrong) else { return Seconds::Absent };
    match parse_duration(&text.text) {
        Ok(time) if time.subsec_nanos() == 0 => Seconds::Of(time),
        Ok(_) => {
            wrong.add(|| Problem {
                hint: Some("headers say whole seconds".to_owned()),
                ..table.source.problem(text.span.clone(), format!("`{key}` has a part of a second"))
            });
            Seconds::Absent
        }
        Err(error) => {
            wrong.add(|| Problem {
                hint: Some(format!("write it like `{key} = \"5m\"`")),
                ..table.source.problem(text.span.clone(), format!("`{key}`: {error}"))
            });
            Seconds::Absent
        }
    }
}
