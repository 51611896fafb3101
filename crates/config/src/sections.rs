//! The plain sections: the target, the endpoints, the history, and how builds are compared.

use loadline_tables::{Table, Wrong, inside};
use loadline_verdict::{Endpoints, Problem, Route};
use toml::de::DeValue;

use crate::settings::{CompareSettings, HistorySettings, JudgeSettings, Target};

pub(crate) fn target(table: &Table<'_>, wrong: &mut Wrong) -> Target {
    table.only(&["url", "version", "version_header"], wrong);
    let url = table.text("url", wrong);
    if let Some(url) = &url
        && !(url.text.starts_with("http://") || url.text.starts_with("https://"))
    {
        wrong.add(|| Problem {
            hint: Some("write it like `https://staging.shop.test`".to_owned()),
            ..table.source.problem(url.span.clone(), "the target's `url` is not an http address")
        });
    }
    Target {
        url: url.map(|url| url.text.trim_end_matches('/').to_owned()),
        version: table.text("version", wrong).map(|version| version.text),
        version_header: table.text("version_header", wrong).map(|header| header.text),
    }
}

pub(crate) fn endpoints(table: &Table<'_>, wrong: &mut Wrong) -> Endpoints {
    let mut endpoints = Endpoints::default();
    for (key, value) in table.entries {
        let name = key.get_ref().as_ref();
        let DeValue::String(route) = value.get_ref() else {
            let message = match value.get_ref() {
                DeValue::Table(_) => {
                    format!(
                        "the endpoint `{name}` has a table for a route; a name with a dot needs quotes: `\"{name}.…\" = \"GET /path\"`"
                    )
                }
                _ => format!("the endpoint `{name}` takes a route in quotes, such as `\"GET /path\"`"),
            };
            wrong.add(|| table.source.problem(key.span(), message));
            continue;
        };
        match Route::parse(route) {
            Ok(route) => endpoints.push(name, route),
            Err(problems) => {
                for problem in &problems.first {
                    wrong.add(|| table.source.placed(inside(value).start, problem));
                }
            }
        }
    }
    endpoints
}

pub(crate) fn history(table: &Table<'_>, wrong: &mut Wrong) -> HistorySettings {
    table.only(&["store", "keep"], wrong);
    HistorySettings {
        store: table.text("store", wrong).map(|store| store.text),
        keep: table.count("keep", 1, wrong),
    }
}

pub(crate) fn judge(table: &Table<'_>, wrong: &mut Wrong) -> JudgeSettings {
    table.only(&["unproven"], wrong);
    let unproven_fails = table.text("unproven", wrong).and_then(|text| match text.text.as_str() {
        "fail" => Some(true),
        "warn" => Some(false),
        other => {
            wrong.add(|| Problem {
                hint: Some(
                    "write `unproven = \"warn\"`, which is what happens without it, or `\"fail\"`".to_owned(),
                ),
                ..table.source.problem(
                    text.span.clone(),
                    format!("`{other}` does not say what to do about a pass that may be chance"),
                )
            });
            None
        }
    });
    JudgeSettings { unproven_fails }
}

pub(crate) fn compare(table: &Table<'_>, wrong: &mut Wrong) -> CompareSettings {
    table.only(&["delta", "rounds", "max_rounds"], wrong);
    let delta = table.text("delta", wrong).and_then(|text| {
        let delta = loadline_units::parse_share(&text.text).ok().filter(|delta| *delta < 1.0);
        if delta.is_none() {
            wrong.add(|| table.source.problem(text.span, "`delta` of [compare] takes a share such as `5%`"));
        }
        delta
    });
    let settings = CompareSettings {
        delta,
        rounds: table.count("rounds", 2, wrong),
        max_rounds: table.count("max_rounds", 2, wrong),
    };
    if let (Some(rounds), Some(most)) = (settings.rounds, settings.max_rounds)
        && most < rounds
        && let Some(value) = table.entries.get("max_rounds")
    {
        wrong.add(|| {
            table.source.problem(value.span(), format!("`max_rounds` is less than `rounds`, {rounds}"))
        });
    }
    settings
}
