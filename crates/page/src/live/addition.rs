//! What one second adds to a document, field by field. The page takes it up; see `web/src/live.ts`.

use serde::Serialize;

use crate::document::{Check, Cut, Event, Failure, Metric, Panel, Row};

use super::judgement::Judgement;

/// What changes for whoever has the document of before.
#[derive(Debug, Clone)]
pub enum News {
    /// Everything: steps are longer than before.
    Anew,
    /// Something was added.
    Added(Box<Addition>),
}

/// What was added. Places are those of the document; what is empty is left out.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Addition {
    /// How long the run has gone on, in milliseconds.
    pub duration_ms: f64,
    /// Steps of every course, the one that goes on included.
    pub steps: u64,
    /// Metrics that are new, behind those that are known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Metric>,
    /// All panels, where metrics are new.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub panels: Vec<Panel>,
    /// Cuts that are new, each behind those of its metric.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cuts: Vec<(usize, Cut)>,
    /// Rows that are new, each behind those of its cut: metric, cut, row.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<(usize, usize, Row)>,
    /// Values that a cut has no row for: metric, cut, how many.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<(usize, usize, u64)>,
    /// Rows that have grown: metric, cut (or −1 for all values together), row, samples, figures, and the numbers of the
    /// last step; both in the alphabetical order of their names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grown: Vec<Grown>,
    /// The last step of the heat map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heat: Option<HeatStep>,
    /// Checks that are new.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub new_checks: Vec<Check>,
    /// Checks that were made: place, passes, fails, second of the first failure.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<(usize, u64, u64, Option<u64>)>,
    /// Kinds of failures that are new.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub new_failures: Vec<Failure>,
    /// Failures that happened again: place, count, second of the first and of the last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<(usize, u64, u64, u64)>,
    /// Kinds of failures that are not listed.
    pub failures_left_out: u64,
    /// All that happened to the run and is planned for it, and how much more there was, where something happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<(Vec<Event>, u64)>,
    /// How the run is judged, where it was judged anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judged: Option<Judgement>,
}

/// A row that has grown, in the order of [`Addition::grown`].
pub(super) type Grown = (usize, i64, usize, u64, Vec<Option<f64>>, Vec<Option<f64>>);

/// One step of the heat map, which takes the place of what was known of it.
#[derive(Debug, Clone, Serialize)]
pub struct HeatStep {
    /// Which.
    pub step: u64,
    /// Level and count.
    pub cells: Vec<(u64, u64)>,
    /// The heat map's metric.
    pub metric: usize,
}
