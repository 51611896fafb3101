//! Where panels are: rows with a heading, panels side by side in them, none over another.

use serde_json::{Value, json};

use super::panel::Panel;

/// Columns of a dashboard.
const COLUMNS: u64 = 24;
/// How high a panel is, in Grafana's rows of 30 pixels.
const HEIGHT: u64 = 8;

/// Panels under a heading.
#[derive(Debug, Clone)]
pub(super) struct Section {
    pub(super) title: String,
    /// So many side by side: 1, 2, 3 or 4.
    pub(super) across: u64,
    pub(super) panels: Vec<Panel>,
}

impl Section {
    /// Panels side by side under a heading.
    pub(super) fn new(title: impl Into<String>, across: u64, panels: Vec<Panel>) -> Self {
        Self { title: title.into(), across, panels }
    }
}

/// All of them, as a dashboard has them: numbered, and each with its place.
pub(super) fn placed(sections: &[Section]) -> Vec<Value> {
    let mut all = Vec::new();
    let mut top = 0;
    for section in sections.iter().filter(|section| !section.panels.is_empty()) {
        let id = all.len() + 1;
        all.push(json!({
            "id": id,
            "type": "row",
            "title": section.title,
            "collapsed": false,
            "gridPos": { "h": 1, "w": COLUMNS, "x": 0, "y": top },
            "panels": [],
        }));
        top += 1;
        let width = COLUMNS / section.across;
        for row in section.panels.chunks(section.across as usize) {
            for (column, panel) in row.iter().enumerate() {
                let id = all.len() + 1;
                all.push(panel.value(id, [column as u64 * width, top, width, HEIGHT]));
            }
            top += HEIGHT;
        }
    }
    all
}
