//! The dashboards: nothing is wrong with ours, and what is wrong with others is found.

use std::collections::BTreeMap;

use loadline_provision::{Complaint, complaints, expressions, files};
use serde_json::{Value, json};

use crate::projects::{NASTY, OPENTELEMETRY, OWN};
use crate::support::{Written, holiday, source};

type Boards = Vec<(String, Value)>;

fn boards(project: &str) -> Boards {
    let files = files(&source(project)).into_iter().filter(|file| file.path.starts_with("grafana/"));
    files.map(|file| (file.path.to_owned(), serde_json::from_str(&file.text).unwrap())).collect()
}

/// What promtool has to say of expressions that are none.
fn unread(boards: &Boards) -> String {
    let all = boards.iter().flat_map(|(name, board)| expressions(name, board));
    let rules: Vec<Value> = all
        .enumerate()
        .map(|(number, expression)| json!({ "record": format!("e{number}"), "expr": expression.text }))
        .collect();
    let written = Written::of(&holiday());
    let document = json!({ "groups": [{ "name": "all", "rules": rules }] });
    written.write("expressions.yaml", &document.to_string());
    let (content, said) = written.asks("promtool", &["check", "rules", "expressions.yaml"]);
    if content { String::new() } else { said }
}

#[test]
fn nothing_is_wrong_with_ours() {
    for project in [holiday().as_str(), NASTY, OPENTELEMETRY, OWN] {
        let boards = boards(project);
        assert_eq!(complaints(&boards), []);
        assert_eq!(unread(&boards), "");
    }
    let names = |project: &str| boards(project).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(&holiday()).len(), 5);
    // Without a label that tells load tests from users there is none of load tests, and no link to it.
    assert_eq!(names(OWN).len(), 4);
}

#[test]
fn budgets_are_lines() {
    let all: BTreeMap<String, Value> = boards(&holiday()).into_iter().collect();
    let panels = all["grafana/service.json"]["panels"].as_array().unwrap();
    let at = panels.iter().position(|panel| panel["title"] == "search.findPrograms").unwrap();
    let steps = &panels[at + 1]["fieldConfig"]["defaults"]["thresholds"]["steps"];
    let values: Vec<&Value> = steps.as_array().unwrap().iter().map(|step| &step["value"]).collect();
    assert_eq!(values, [&Value::Null, &json!(500.0), &json!(1000.0)]);
    assert_eq!(panels[at + 1]["fieldConfig"]["defaults"]["custom"]["thresholdsStyle"]["mode"], "line");
}

/// The first panel that shows data, of the first dashboard.
fn panel(boards: &mut Boards) -> &mut Value {
    let panels = boards[0].1["panels"].as_array_mut().unwrap();
    panels.iter_mut().find(|panel| panel["type"] == "timeseries").unwrap()
}

type Fault = (&'static str, fn(&mut Boards));

#[test]
fn twenty_faults_and_more_are_found() {
    let faults: &[Fault] = &[
        ("has no title", |boards| boards[0].1["title"] = json!(" ")),
        ("is no `uid`", |boards| boards[0].1["uid"] = json!("load test")),
        ("is no `uid`", |boards| boards[0].1["uid"] = json!("a".repeat(41))),
        ("another dashboard has its `uid`", |boards| boards[0].1["uid"] = boards[1].1["uid"].clone()),
        ("`schemaVersion`", |boards| boards[0].1["schemaVersion"] = json!(16)),
        ("says no `time`", |boards| boards[0].1["time"] = json!({})),
        ("has no panels", |boards| boards[0].1["panels"] = json!([])),
        ("another panel has its number", |boards| boards[0].1["panels"][1]["id"] = json!(1)),
        ("has no number", |boards| panel(boards)["id"] = Value::Null),
        ("has no title", |boards| panel(boards)["title"] = json!("")),
        ("is no kind of panel", |boards| panel(boards)["type"] = json!("graph")),
        ("does not fit into 24 columns", |boards| panel(boards)["gridPos"]["w"] = json!(25)),
        ("does not fit into 24 columns", |boards| panel(boards)["gridPos"]["h"] = json!(0)),
        ("lies over", |boards| panel(boards)["gridPos"]["h"] = json!(9)),
        ("has no place", |boards| panel(boards)["gridPos"] = Value::Null),
        ("does not say what it shows", |boards| panel(boards)["description"] = json!("")),
        ("is no unit", |boards| panel(boards)["fieldConfig"]["defaults"]["unit"] = json!("msec")),
        ("is no unit", |boards| {
            panel(boards)["fieldConfig"]["defaults"].as_object_mut().unwrap().remove("unit");
        }),
        ("do not ascend", |boards| {
            let steps = json!([{ "value": null }, { "value": 2 }, { "value": 1 }]);
            panel(boards)["fieldConfig"]["defaults"]["thresholds"]["steps"] = steps;
        }),
        ("do not ascend", |boards| {
            panel(boards)["fieldConfig"]["defaults"]["thresholds"]["steps"] = json!([{ "value": 1 }]);
        }),
        ("its data source is `prometheus-1`", |boards| {
            panel(boards)["datasource"]["uid"] = json!("prometheus-1");
        }),
        ("has no queries", |boards| panel(boards)["targets"] = json!([])),
        ("asks for nothing", |boards| panel(boards)["targets"][0]["expr"] = json!("")),
        ("two queries are called `A`", |boards| panel(boards)["targets"][1]["refId"] = json!("A")),
        ("use `$__rate_interval`", |boards| panel(boards)["targets"][0]["expr"] = json!("rate(up[5m])")),
        ("is no variable", |boards| panel(boards)["targets"][0]["expr"] = json!("up{job=\"$jobs\"}")),
        ("there are two of it", |boards| {
            let list = boards[0].1["templating"]["list"].as_array_mut().unwrap();
            list.push(list[1].clone());
        }),
        ("can be chosen, and changes nothing", |boards| {
            let list = boards[0].1["templating"]["list"].as_array_mut().unwrap();
            let mut more = list[1].clone();
            more["name"] = json!("more");
            list.push(more);
        }),
        ("has no query", |boards| boards[0].1["templating"]["list"][1]["query"] = json!({})),
        ("which is none of these dashboards", |boards| {
            boards[0].1["links"][0]["url"] = json!("/d/loadline-x");
        }),
        ("forgets which time", |boards| boards[0].1["links"][0]["keepTime"] = json!(false)),
        ("asks for nothing", |boards| boards[0].1["annotations"]["list"][2]["expr"] = json!("")),
        ("its data source is ``", |boards| boards[0].1["annotations"]["list"][2]["datasource"] = Value::Null),
    ];
    let right = boards(&holiday());
    for (words, fault) in faults {
        let mut wrong = right.clone();
        fault(&mut wrong);
        let found: Vec<Complaint> = complaints(&wrong);
        assert!(found.iter().any(|complaint| complaint.what.contains(words)), "{words}: {found:?}");
    }
    // Expressions that are none are found by Prometheus' own parser.
    for query in
        ["sum(rate(x[5m])", "rate(x)", "histogram_quantile(0.95)", "up{job=~\"(\"}", "a by (b)", "x[5m] +"]
    {
        let mut wrong = right.clone();
        panel(&mut wrong)["targets"][0]["expr"] = json!(query);
        assert!(!unread(&wrong).is_empty(), "{query}");
    }
}
