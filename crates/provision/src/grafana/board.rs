//! A dashboard: what can be chosen, what is marked, where it leads, and its panels.

use serde_json::{Value, json};

use super::layout::{Section, placed};
use super::panel::data_source;

/// All dashboards, in the order in which they lead to each other: path, address and title.
pub(super) const BOARDS: [Board; 5] = [
    Board { path: "grafana/load-test.json", uid: "loadline-load-test", title: "Load test" },
    Board { path: "grafana/service.json", uid: "loadline-service", title: "Service" },
    Board { path: "grafana/database.json", uid: "loadline-database", title: "Database" },
    Board { path: "grafana/edge.json", uid: "loadline-edge", title: "Edge" },
    Board { path: "grafana/scaling.json", uid: "loadline-scaling", title: "Scaling" },
];

/// A dashboard as a file.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    /// Where it goes, below the folder of all.
    pub(crate) path: &'static str,
    pub(crate) text: String,
}

/// What is to be known of a dashboard elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Board {
    pub(super) path: &'static str,
    pub(super) uid: &'static str,
    pub(super) title: &'static str,
}

/// A variable that is filled with the values of a label.
#[derive(Debug, Clone)]
pub(super) struct Variable {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    /// `label_values(metric, label)`.
    pub(super) query: String,
}

/// Something that is marked on all panels.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    pub(super) name: &'static str,
    pub(super) color: &'static str,
    pub(super) query: String,
    /// Whether values are the times that are marked.
    pub(super) is_time: bool,
    pub(super) title: &'static str,
}

/// A dashboard of these.
pub(super) fn written(
    board: Board,
    about: &str,
    others: &[Board],
    variables: &[Variable],
    marks: &[Mark],
    sections: &[Section],
) -> Written {
    let links: Vec<Value> =
        others.iter().filter(|other| **other != board).map(|other| link(*other)).collect();
    let document = json!({
        "uid": board.uid,
        "title": format!("Loadline: {}", board.title),
        "description": format!("{about} Made by `loadline dashboards` from loadline.toml: change that, and make it again."),
        "tags": ["loadline"],
        "schemaVersion": 41,
        "version": 1,
        "editable": true,
        "graphTooltip": 1,
        "timezone": "browser",
        "time": { "from": "now-1h", "to": "now" },
        "refresh": "30s",
        "templating": { "list": choices(variables) },
        "annotations": { "list": annotations(marks) },
        "links": links,
        "panels": placed(sections),
    });
    Written { path: board.path, text: format!("{document:#}\n") }
}

fn link(board: Board) -> Value {
    json!({
        "asDropdown": false,
        "icon": "dashboard",
        "includeVars": true,
        "keepTime": true,
        "tags": [],
        "targetBlank": false,
        "title": board.title,
        "tooltip": "",
        "type": "link",
        "url": format!("/d/{}", board.uid),
    })
}

fn choices(variables: &[Variable]) -> Vec<Value> {
    let source = json!({
        "name": "datasource",
        "label": "Source",
        "type": "datasource",
        "query": "prometheus",
        "hide": 0,
        "includeAll": false,
        "multi": false,
        "options": [],
        "refresh": 1,
        "regex": "",
        "skipUrlSync": false,
    });
    let choice = |variable: &Variable| {
        json!({
            "name": variable.name,
            "label": variable.label,
            "type": "query",
            "datasource": data_source(),
            "definition": variable.query,
            "query": { "query": variable.query, "refId": "Variable" },
            "current": { "selected": true, "text": ["All"], "value": ["$__all"] },
            "allValue": ".*",
            "hide": 0,
            "includeAll": true,
            "multi": true,
            "options": [],
            "refresh": 2,
            "regex": "",
            "skipUrlSync": false,
            "sort": 1,
        })
    };
    std::iter::once(source).chain(variables.iter().map(choice)).collect()
}

/// What Grafana itself was told of runs and deploys, and what the metrics tell.
fn annotations(marks: &[Mark]) -> Vec<Value> {
    let own = json!({ "type": "grafana", "uid": "-- Grafana --" });
    let told = |name: &str, color: &str, tag: &str| {
        json!({
            "datasource": own,
            "enable": true,
            "hide": false,
            "iconColor": color,
            "name": name,
            "target": { "limit": 100, "matchAny": false, "tags": ["loadline", tag], "type": "tags" },
        })
    };
    let found = |mark: &Mark| {
        json!({
            "datasource": data_source(),
            "enable": true,
            "expr": mark.query,
            "hide": false,
            "iconColor": mark.color,
            "name": mark.name,
            "step": "60s",
            "titleFormat": mark.title,
            "useValueForTime": if mark.is_time { "on" } else { "" },
        })
    };
    let told = [told("Runs", "blue", "run"), told("Deploys", "purple", "deploy")];
    told.into_iter().chain(marks.iter().map(found)).collect()
}
