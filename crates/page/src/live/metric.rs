//! A metric whose values become more: which cuts it has, and where the values of a series go.

use std::collections::HashMap;

use loadline_measure::{Description, Metric as Defined, MetricKind, Series, Sink, TagSet};
use loadline_verdict::Router;

use crate::cut::{ENDPOINT, parts};
use crate::document::Metric;
use crate::figures::{columns, few_columns};
use crate::make::WHOLE_ONLY;

use super::addition::Addition;
use super::grown_cut::GrownCut;
use super::grown_row::GrownRow;
use super::ladder::Ladder;

/// Cuts of a metric whose rows have a course.
const DRAWN_CUTS: usize = 4;

/// One metric.
pub(super) struct GrownMetric {
    name: String,
    kind: MetricKind,
    pub(super) description: Description,
    /// Whether its rows are in a table, drawn or not.
    is_listed: bool,
    all: GrownRow,
    cuts: Vec<GrownCut>,
    /// The cuts that are told, in the order of the document.
    told: Vec<usize>,
    /// Where the values of a series go, beside `all`: cut and row.
    places: HashMap<Series, Vec<(usize, usize)>>,
    has_new_series: bool,
}

impl GrownMetric {
    pub(super) fn new(
        metric: &Defined,
        description: Description,
        is_listed: bool,
        ladder: &mut Ladder,
    ) -> Self {
        Self {
            name: metric.name.clone(),
            kind: metric.kind,
            description,
            is_listed,
            all: GrownRow::new("", Some(ladder.add_row(columns(metric.kind)))),
            cuts: Vec::new(),
            told: Vec::new(),
            places: HashMap::new(),
            has_new_series: false,
        }
    }

    /// The place of all its values in the ladder.
    pub(super) fn course(&self) -> Option<usize> {
        self.all.course
    }

    pub(super) fn knows(&self, series: Series) -> bool {
        self.places.contains_key(&series)
    }

    /// Takes up a series: a row for each of its tags.
    pub(super) fn learn(&mut self, series: Series, tags: &TagSet, router: &Router<'_>, ladder: &mut Ladder) {
        self.has_new_series = true;
        let mut places = Vec::new();
        for (by, value) in parts(tags, router) {
            let at = self.cut(by);
            let cut = &mut self.cuts[at];
            if let Some(row) = cut.row(value, few_columns(self.kind), ladder) {
                cut.rows[row].series.push(series);
                places.push((at, row));
            }
        }
        self.places.insert(series, places);
    }

    fn cut(&mut self, by: &str) -> usize {
        if let Some(at) = self.cuts.iter().position(|cut| cut.by == by) {
            return at;
        }
        let drawn = self.cuts.iter().filter(|cut| cut.is_drawn).count();
        let is_drawn = drawn < DRAWN_CUTS && !WHOLE_ONLY.contains(&self.description.panel.as_str());
        self.cuts.push(GrownCut::new(by, is_drawn, self.is_listed));
        self.cuts.len() - 1
    }

    /// Adds values of a series. The places in the ladder that they go to are handed to `into`.
    pub(super) fn add(&mut self, series: Series, sink: &Sink, mut into: impl FnMut(usize)) {
        self.all.add(sink);
        self.all.course.into_iter().for_each(&mut into);
        for (cut, row) in self.places.get(&series).into_iter().flatten() {
            let row = &mut self.cuts[*cut].rows[*row];
            row.add(sink);
            row.course.into_iter().for_each(&mut into);
        }
    }

    /// The metric as it is now, after so many seconds.
    pub(super) fn whole(&self, ladder: &Ladder, seconds: f64) -> Metric {
        Metric {
            name: self.name.clone(),
            title: self.description.title.clone(),
            kind: self.kind.name(),
            unit: self.description.unit.clone(),
            all: self.all.whole(ladder, seconds),
            cuts: self.told.iter().map(|cut| self.cuts[*cut].whole(ladder, seconds)).collect(),
        }
    }

    /// Decides which cuts are told: those that tell something apart which no other does. One that is told stays. How
    /// many were told before.
    pub(super) fn choose_cuts(&mut self) -> usize {
        let before = self.told.len();
        if !std::mem::take(&mut self.has_new_series) {
            return before;
        }
        for at in 0..self.cuts.len() {
            let cut = &self.cuts[at];
            let tells_nothing = cut.values() < 2 && cut.by != ENDPOINT;
            let parts = cut.parts();
            let is_known = || self.told.iter().any(|told| self.cuts[*told].parts() == parts);
            if !(self.told.contains(&at) || tells_nothing || is_known()) {
                self.told.push(at);
            }
        }
        before
    }

    /// Everything of it is told by now.
    pub(super) fn is_told(&mut self) {
        self.all.is_told();
        self.cuts.iter_mut().for_each(GrownCut::is_told);
    }

    /// What a second adds to it, at its place in the document.
    pub(super) fn tell(&mut self, metric: usize, second: u64, ladder: &Ladder, addition: &mut Addition) {
        let before = self.choose_cuts();
        addition.grown.extend(self.all.grown(ladder, second, (metric, -1, 0)));
        for (place, at) in self.told.iter().enumerate() {
            let cut = &mut self.cuts[*at];
            if place < before {
                cut.tell((metric, place), second, ladder, addition);
            } else {
                addition.cuts.push((metric, cut.whole(ladder, (second + 1) as f64)));
                cut.is_told();
            }
        }
    }
}
