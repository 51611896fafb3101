//! A panel: what it asks, in which unit it shows the answer, and which limits are lines in it.

use serde_json::{Value, json};

/// The data source that whoever looks at a dashboard chooses.
pub(super) fn data_source() -> Value {
    json!({ "type": "prometheus", "uid": "${datasource}" })
}

/// How a panel shows what is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Courses over time.
    TimeSeries,
    /// The last value, large.
    Stat,
}

/// A panel of a dashboard.
#[derive(Debug, Clone)]
pub(super) struct Panel {
    kind: Kind,
    title: String,
    about: String,
    unit: &'static str,
    /// Queries, and what each of their series is called.
    targets: Vec<(String, String)>,
    /// Limits that are lines, in the panel's unit, ascending.
    limits: Vec<f64>,
    /// The highest value that there can be.
    most: Option<f64>,
    stacked: bool,
}

impl Panel {
    /// Courses over time. The unit is one of Grafana's: `ms`, `percentunit`, `reqps`.
    pub(super) fn courses(title: impl Into<String>, unit: &'static str, about: impl Into<String>) -> Self {
        Self {
            kind: Kind::TimeSeries,
            title: title.into(),
            about: about.into(),
            unit,
            targets: Vec::new(),
            limits: Vec::new(),
            most: None,
            stacked: false,
        }
    }

    /// The last value, large.
    pub(super) fn stat(title: impl Into<String>, unit: &'static str, about: impl Into<String>) -> Self {
        Self { kind: Kind::Stat, ..Self::courses(title, unit, about) }
    }

    /// Asks for this; a legend has labels in double braces.
    pub(super) fn asks(mut self, query: impl Into<String>, legend: impl Into<String>) -> Self {
        self.targets.push((query.into(), legend.into()));
        self
    }

    /// Lines at these limits.
    pub(super) fn limits(mut self, limits: impl IntoIterator<Item = f64>) -> Self {
        self.limits.extend(limits);
        self.limits.sort_by(f64::total_cmp);
        self.limits.dedup();
        self
    }

    /// Nothing is above this.
    pub(super) fn most(mut self, most: f64) -> Self {
        self.most = Some(most);
        self
    }

    /// Courses on top of each other: together they are something.
    pub(super) fn stacked(mut self) -> Self {
        self.stacked = true;
        self
    }

    /// As Grafana has it, with its number and its place: column, row, width and height.
    pub(super) fn value(&self, id: usize, [x, y, w, h]: [u64; 4]) -> Value {
        let targets: Vec<Value> = self
            .targets
            .iter()
            .zip('A'..='Z')
            .map(|((query, legend), name)| {
                json!({
                    "datasource": data_source(),
                    "editorMode": "code",
                    "expr": query,
                    "legendFormat": legend,
                    "range": true,
                    "refId": name.to_string(),
                })
            })
            .collect();
        json!({
            "id": id,
            "type": match self.kind { Kind::TimeSeries => "timeseries", Kind::Stat => "stat" },
            "title": self.title,
            "description": self.about,
            "datasource": data_source(),
            "gridPos": { "h": h, "w": w, "x": x, "y": y },
            "fieldConfig": { "defaults": self.field(), "overrides": [] },
            "options": self.options(),
            "targets": targets,
        })
    }

    fn field(&self) -> Value {
        // Green below all limits, orange above the first, red above the last.
        let mut steps = vec![json!({ "color": "green", "value": null })];
        for (index, limit) in self.limits.iter().enumerate() {
            let color = if index + 1 == self.limits.len() { "red" } else { "orange" };
            steps.push(json!({ "color": color, "value": limit }));
        }
        let mut field = json!({
            "unit": self.unit,
            "min": 0,
            "color": { "mode": if self.kind == Kind::Stat { "thresholds" } else { "palette-classic" } },
            "thresholds": { "mode": "absolute", "steps": steps },
        });
        if let Some(most) = self.most {
            field["max"] = json!(most);
        }
        if self.kind == Kind::TimeSeries {
            field["custom"] = json!({
                "drawStyle": "line",
                "lineWidth": 1,
                "fillOpacity": if self.stacked { 30 } else { 0 },
                "showPoints": "never",
                "spanNulls": false,
                "stacking": { "group": "A", "mode": if self.stacked { "normal" } else { "none" } },
                "thresholdsStyle": { "mode": if self.limits.is_empty() { "off" } else { "line" } },
            });
        }
        field
    }

    fn options(&self) -> Value {
        match self.kind {
            Kind::TimeSeries => json!({
                "legend": { "calcs": ["lastNotNull", "max"], "displayMode": "table", "placement": "bottom", "showLegend": true },
                "tooltip": { "mode": "multi", "sort": "desc" },
            }),
            Kind::Stat => json!({
                "colorMode": "value",
                "graphMode": "area",
                "justifyMode": "auto",
                "orientation": "auto",
                "reduceOptions": { "calcs": ["lastNotNull"], "fields": "", "values": false },
                "textMode": "auto",
            }),
        }
    }
}
