//! What is wrong with dashboards, as far as can be told without a Grafana: places, numbers, units, variables, links.
//!
//! Whether an expression is one is for Prometheus to say: [`expressions`] gives each of them with its variables filled
//! in, as Grafana would.

use std::collections::BTreeSet;

use serde_json::Value;

/// Columns of a dashboard.
const COLUMNS: u64 = 24;
/// Versions of the classic schema that are known here: from Grafana 10 to 13.
const VERSIONS: std::ops::RangeInclusive<u64> = 38..=42;
/// Kinds of panels that come with every Grafana.
const PANELS: [&str; 12] = [
    "row",
    "timeseries",
    "stat",
    "gauge",
    "bargauge",
    "table",
    "text",
    "heatmap",
    "histogram",
    "piechart",
    "state-timeline",
    "barchart",
];
/// Units, as Grafana calls them.
const UNITS: [&str; 20] = [
    "none",
    "short",
    "percent",
    "percentunit",
    "bytes",
    "decbytes",
    "Bps",
    "binBps",
    "reqps",
    "rps",
    "ops",
    "cps",
    "ms",
    "s",
    "µs",
    "ns",
    "m",
    "h",
    "d",
    "dateTimeAsIso",
];
/// Variables that Grafana has of itself, and what they are taken for.
const OWN: [(&str, &str); 6] = [
    ("__rate_interval_ms", "10000"),
    ("__rate_interval", "10s"),
    ("__interval_ms", "10000"),
    ("__interval", "10s"),
    ("__range_s", "3600"),
    ("__range", "1h"),
];

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Complaint {
    /// The dashboard: its path, or what its reader calls it.
    pub board: String,
    /// Where in it: a panel by number and title, a variable, a link; empty for all of it.
    pub place: String,
    /// What is wrong.
    pub what: String,
}

/// A query of a dashboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// The dashboard.
    pub board: String,
    /// The panel or the mark that asks.
    pub place: String,
    /// In Prometheus' language, with everything chosen.
    pub text: String,
}

/// What is wrong with dashboards that belong together, each with what it is called.
pub fn complaints(boards: &[(String, Value)]) -> Vec<Complaint> {
    let mut all = Vec::new();
    let addresses: Vec<&str> = boards.iter().filter_map(|(_, board)| board["uid"].as_str()).collect();
    for (name, board) in boards {
        let mut complain = |place: &str, what: String| {
            all.push(Complaint { board: name.clone(), place: place.to_owned(), what });
        };
        head(board, &addresses, &mut complain);
        let known = variables(board, &mut complain);
        let used = panels(board, &mut complain);
        let used: BTreeSet<String> = used.into_iter().chain(others(board, &mut complain)).collect();
        for name in used.iter().filter(|name| !known.contains(*name) && !name.starts_with("__")) {
            complain(&format!("${name}"), "is used, and is no variable of this dashboard".to_owned());
        }
        for name in known.iter().filter(|name| !used.contains(*name)) {
            complain(&format!("${name}"), "can be chosen, and changes nothing".to_owned());
        }
        links(board, &addresses, &mut complain);
    }
    all.sort();
    all
}

/// All queries, with all of each variable chosen.
pub fn expressions(name: &str, board: &Value) -> Vec<Expression> {
    let of_panels = items(&board["panels"]).flat_map(|panel| {
        items(&panel["targets"]).filter_map(move |target| Some((place(panel), target["expr"].as_str()?)))
    });
    let of_marks = items(&board["annotations"]["list"])
        .filter_map(|mark| Some((format!("mark {}", text(mark, "name")), mark["expr"].as_str()?)));
    of_panels
        .chain(of_marks)
        .map(|(place, query)| Expression { board: name.to_owned(), place, text: filled(query) })
        .collect()
}

/// A query with its variables filled in.
fn filled(query: &str) -> String {
    let mut text = query.to_owned();
    for (name, value) in OWN {
        text = text.replace(&format!("${{{name}}}"), value).replace(&format!("${name}"), value);
    }
    for name in names(&text) {
        text = text.replace(&format!("${{{name}}}"), ".*").replace(&format!("${name}"), ".*");
    }
    text
}

type Complain<'c> = dyn FnMut(&str, String) + 'c;

/// What a dashboard is as a whole.
fn head(board: &Value, addresses: &[&str], complain: &mut Complain<'_>) {
    if text(board, "title").trim().is_empty() {
        complain("", "has no title".to_owned());
    }
    let address = text(board, "uid");
    // Grafana takes no longer ones, and makes them part of an address.
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if address.is_empty() || address.len() > 40 || !address.chars().all(fits) {
        complain("", format!("`{address}` is no `uid`: up to 40 of letters, digits, `-` and `_`"));
    } else if addresses.iter().filter(|known| **known == address).count() > 1 {
        complain("", format!("another dashboard has its `uid`, `{address}`"));
    }
    match board["schemaVersion"].as_u64() {
        Some(version) if VERSIONS.contains(&version) => {}
        _ => complain(
            "",
            format!("`schemaVersion` {} is none of the classic form that is known", board["schemaVersion"]),
        ),
    }
    if board["time"]["from"].as_str().is_none() || board["time"]["to"].as_str().is_none() {
        complain("", "says no `time` to begin with".to_owned());
    }
    if items(&board["panels"]).next().is_none() {
        complain("", "has no panels".to_owned());
    }
}

/// Names of what can be chosen.
fn variables(board: &Value, complain: &mut Complain<'_>) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for variable in items(&board["templating"]["list"]) {
        let name = text(variable, "name");
        if !known.insert(name.to_owned()) {
            complain(&format!("${name}"), "there are two of it".to_owned());
        }
        if text(variable, "type") == "query" {
            source(variable, &format!("${name}"), complain);
            if text(&variable["query"], "query").is_empty()
                && variable["query"].as_str().is_none_or(str::is_empty)
            {
                complain(&format!("${name}"), "has no query".to_owned());
            }
        }
    }
    known
}

/// Panels, and the variables that they use.
fn panels(board: &Value, complain: &mut Complain<'_>) -> Vec<String> {
    let mut used = Vec::new();
    let mut numbers = BTreeSet::new();
    let mut places: Vec<(String, [u64; 4])> = Vec::new();
    for panel in items(&board["panels"]) {
        let here = place(panel);
        match panel["id"].as_u64() {
            None | Some(0) => complain(&here, "has no number (`id`)".to_owned()),
            Some(id) if !numbers.insert(id) => complain(&here, format!("another panel has its number, {id}")),
            Some(_) => {}
        }
        if text(panel, "title").trim().is_empty() {
            complain(&here, "has no title".to_owned());
        }
        let kind = text(panel, "type");
        if !PANELS.contains(&kind) {
            complain(&here, format!("`{kind}` is no kind of panel that every Grafana has"));
        }
        let sizes = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64());
        if let [Some(x), Some(y), Some(w), Some(h)] = sizes {
            if w == 0 || h == 0 || x + w > COLUMNS {
                complain(&here, format!("does not fit into {COLUMNS} columns: {w} wide at {x}, {h} high"));
            }
            let over = |[left, top, wide, high]: [u64; 4]| {
                x < left + wide && left < x + w && y < top + high && top < y + h
            };
            if let Some((other, _)) = places.iter().find(|(_, other)| over(*other)) {
                complain(&here, format!("lies over {other}"));
            }
            places.push((here.clone(), [x, y, w, h]));
        } else {
            complain(&here, "has no place (`gridPos`)".to_owned());
        }
        if kind != "row" && kind != "text" {
            shows(panel, &here, &mut used, complain);
        }
    }
    used
}

/// What a panel that shows data needs.
fn shows(panel: &Value, here: &str, used: &mut Vec<String>, complain: &mut Complain<'_>) {
    if text(panel, "description").trim().is_empty() {
        complain(here, "does not say what it shows (`description`)".to_owned());
    }
    let unit = text(&panel["fieldConfig"]["defaults"], "unit");
    if !UNITS.contains(&unit) {
        complain(here, format!("`{unit}` is no unit of Grafana's"));
    }
    thresholds(panel, here, complain);
    source(panel, here, complain);
    let mut refs = BTreeSet::new();
    for target in items(&panel["targets"]) {
        source(target, here, complain);
        let query = text(target, "expr");
        if query.trim().is_empty() {
            complain(here, "asks for nothing (`expr`)".to_owned());
        }
        if !refs.insert(text(target, "refId")) {
            complain(here, format!("two queries are called `{}` (`refId`)", text(target, "refId")));
        }
        if query.contains("rate(") && !query.contains("$__rate_interval") {
            complain(here, "takes a rate over a fixed time, which is too short or too coarse for some zoom: use `$__rate_interval`".to_owned());
        }
        used.extend(names(query));
    }
    if refs.is_empty() {
        complain(here, "has no queries".to_owned());
    }
}

/// Limits have to ascend, from one that has no value.
fn thresholds(panel: &Value, here: &str, complain: &mut Complain<'_>) {
    let steps = &panel["fieldConfig"]["defaults"]["thresholds"]["steps"];
    let values: Vec<Option<f64>> = items(steps).map(|step| step["value"].as_f64()).collect();
    if values.is_empty() {
        return;
    }
    let ascend = values.windows(2).all(|pair| match (pair[0], pair[1]) {
        (None, Some(_)) => true,
        (Some(left), Some(right)) => left < right,
        _ => false,
    });
    if values[0].is_some() || !ascend {
        complain(here, "its thresholds do not ascend from one without value".to_owned());
    }
}

/// Marks and variables: the variables that they use.
fn others(board: &Value, complain: &mut Complain<'_>) -> Vec<String> {
    let mut used = Vec::new();
    for mark in items(&board["annotations"]["list"]) {
        let here = format!("mark {}", text(mark, "name"));
        if text(&mark["datasource"], "type") != "grafana" {
            source(mark, &here, complain);
            if text(mark, "expr").trim().is_empty() {
                complain(&here, "asks for nothing (`expr`)".to_owned());
            }
        }
        used.extend(names(text(mark, "expr")));
    }
    for variable in items(&board["templating"]["list"]) {
        used.extend(names(text(&variable["query"], "query")));
        used.extend(names(text(&variable["datasource"], "uid")));
    }
    used.extend(items(&board["panels"]).flat_map(|panel| names(text(&panel["datasource"], "uid"))));
    used
}

/// The data source is what whoever looks has chosen, not one that is somebody's own.
fn source(of: &Value, here: &str, complain: &mut Complain<'_>) {
    let address = text(&of["datasource"], "uid");
    if !address.starts_with('$') {
        complain(here, format!("its data source is `{address}`, and not the one that is chosen"));
    }
}

fn links(board: &Value, addresses: &[&str], complain: &mut Complain<'_>) {
    for link in items(&board["links"]) {
        let here = format!("link {}", text(link, "title"));
        match text(link, "url").strip_prefix("/d/") {
            Some(address) if !addresses.contains(&address) => {
                complain(&here, format!("leads to `{address}`, which is none of these dashboards"));
            }
            Some(_) if link["keepTime"] != Value::Bool(true) => {
                complain(&here, "forgets which time is looked at (`keepTime`)".to_owned());
            }
            _ => {}
        }
    }
}

/// Variables in a text: `$name`, `${name}`.
fn names(text: &str) -> Vec<String> {
    let after = text.split('$').skip(1).map(|rest| rest.strip_prefix('{').unwrap_or(rest));
    let name = |rest: &str| {
        let end =
            rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(rest.len());
        rest[..end].to_owned()
    };
    let mut names: Vec<String> = after.map(name).filter(|name| !name.is_empty()).collect();
    // The longer first, so that filling in one leaves nothing of another.
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names
}

fn place(panel: &Value) -> String {
    format!("panel {} {}", panel["id"], text(panel, "title"))
}

fn text<'v>(of: &'v Value, name: &str) -> &'v str {
    of[name].as_str().unwrap_or_default()
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}
