//! A cut whose rows become more.

use std::collections::{HashMap, HashSet};

use loadline_measure::Series;

use crate::cut::MOST_ROWS;
use crate::document::Cut;

use super::addition::Addition;
use super::grown_row::GrownRow;
use super::ladder::{Columns, Ladder};

/// Rows of a cut that have a course: the first that appear, because which will have most samples is not known yet.
const DRAWN: usize = 12;
/// Numbers of a step in all rows together.
const MOST_NUMBERS: usize = 1_500;

/// A metric's values by a tag, or by endpoint.
pub(super) struct GrownCut {
    pub(super) by: String,
    /// Its rows are drawn, as far as there is room.
    pub(super) is_drawn: bool,
    /// All its rows are in a table, drawn or not.
    is_listed: bool,
    pub(super) rows: Vec<GrownRow>,
    by_value: HashMap<String, usize>,
    left_out: HashSet<String>,
    /// How many rows, and how many values left out, are told.
    told: (usize, usize),
}

impl GrownCut {
    pub(super) fn new(by: &str, is_drawn: bool, is_listed: bool) -> Self {
        Self {
            by: by.to_owned(),
            is_drawn,
            is_listed,
            rows: Vec::new(),
            by_value: HashMap::new(),
            left_out: HashSet::new(),
            told: (0, 0),
        }
    }

    /// How many values it tells apart.
    pub(super) fn values(&self) -> usize {
        self.rows.len() + self.left_out.len()
    }

    /// The row of a value, unless there are too many.
    pub(super) fn row(&mut self, value: &str, columns: Columns, ladder: &mut Ladder) -> Option<usize> {
        if let Some(at) = self.by_value.get(value) {
            return Some(*at);
        }
        let has_room = ladder.width() + columns.len() <= MOST_NUMBERS;
        let is_drawn = self.is_drawn && self.rows.len() < DRAWN && has_room;
        if !is_drawn && (!self.is_listed || self.rows.len() >= MOST_ROWS) {
            self.left_out.insert(value.to_owned());
            return None;
        }
        self.by_value.insert(value.to_owned(), self.rows.len());
        self.rows.push(GrownRow::new(value, is_drawn.then(|| ladder.add_row(columns))));
        Some(self.rows.len() - 1)
    }

    /// What it tells apart, whatever the values are called.
    pub(super) fn parts(&self) -> Vec<&[Series]> {
        let mut parts: Vec<&[Series]> = self.rows.iter().map(|row| &row.series[..]).collect();
        parts.sort_unstable();
        parts
    }

    /// As it is now, after so many seconds.
    pub(super) fn whole(&self, ladder: &Ladder, seconds: f64) -> Cut {
        Cut {
            by: self.by.clone(),
            rows: self.rows.iter().map(|row| row.whole(ladder, seconds)).collect(),
            left_out: self.left_out.len() as u64,
        }
    }

    /// Everything of it is told by now.
    pub(super) fn is_told(&mut self) {
        self.told = (self.rows.len(), self.left_out.len());
        self.rows.iter_mut().for_each(GrownRow::is_told);
    }

    /// What a second adds to it, at its place in the document.
    pub(super) fn tell(
        &mut self,
        (metric, cut): (usize, usize),
        second: u64,
        ladder: &Ladder,
        addition: &mut Addition,
    ) {
        let told = self.told.0;
        for row in &mut self.rows[told..] {
            addition.rows.push((metric, cut, row.whole(ladder, (second + 1) as f64)));
            row.is_told();
        }
        for (at, row) in self.rows.iter_mut().enumerate() {
            addition.grown.extend(row.grown(ladder, second, (metric, cut as i64, at)));
        }
        if self.told.1 < self.left_out.len() {
            addition.left_out.push((metric, cut, self.left_out.len() as u64));
        }
        self.told = (self.rows.len(), self.left_out.len());
    }
}
