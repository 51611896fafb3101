//! A row whose values become more.

use loadline_measure::{Series, Sink};

use crate::document::Row;
use crate::figures::figures;

use super::addition::Grown;
use super::ladder::Ladder;

/// Rows without a course are told again every so many seconds.
const SELDOM_S: u64 = 5;

/// All values of a metric, or those that a tag tells apart.
pub(super) struct GrownRow {
    value: String,
    total: Option<Sink>,
    /// Its place in the ladder, if it has a course.
    pub(super) course: Option<usize>,
    /// What it is made of, to tell cuts that say the same.
    pub(super) series: Vec<Series>,
    /// There is something to tell of it.
    has_grown: bool,
}

impl GrownRow {
    pub(super) fn new(value: &str, course: Option<usize>) -> Self {
        Self { value: value.to_owned(), total: None, course, series: Vec::new(), has_grown: false }
    }

    pub(super) fn add(&mut self, sink: &Sink) {
        match &mut self.total {
            Some(total) => total.merge(sink),
            None => self.total = Some(sink.clone()),
        }
        self.has_grown = true;
    }

    /// The whole row, after so many seconds.
    pub(super) fn whole(&self, ladder: &Ladder, seconds: f64) -> Row {
        Row {
            value: self.value.clone(),
            samples: self.total.as_ref().map_or(0, Sink::count),
            figures: self.total.as_ref().map(|sink| figures(sink, seconds)).unwrap_or_default(),
            course: self.course.map(|row| ladder.course(row)).unwrap_or_default(),
        }
    }

    /// What is to be told of it now, if anything; rows that nobody sees drawn take turns. `place` is its place in the
    /// document.
    pub(super) fn grown(
        &mut self,
        ladder: &Ladder,
        second: u64,
        place: (usize, i64, usize),
    ) -> Option<Grown> {
        let is_due = self.course.is_some() || (second + place.2 as u64).is_multiple_of(SELDOM_S);
        if !(self.has_grown && is_due) {
            return None;
        }
        self.has_grown = false;
        let total = self.total.as_ref()?;
        let figures = figures(total, (second + 1) as f64).into_values().collect();
        let (metric, cut, row) = place;
        Some((metric, cut, row, total.count(), figures, self.last_step(ladder)))
    }

    /// Nothing of it is left to tell.
    pub(super) fn is_told(&mut self) {
        self.has_grown = false;
    }

    /// In the alphabetical order of the columns, which is the one that documents have.
    fn last_step(&self, ladder: &Ladder) -> Vec<Option<f64>> {
        let Some(course) = self.course else { return Vec::new() };
        let Some(numbers) = ladder.open(course) else { return Vec::new() };
        let mut named: Vec<(&str, Option<f64>)> =
            ladder.columns(course).iter().copied().zip(numbers).collect();
        named.sort_unstable_by_key(|(column, _)| *column);
        named.into_iter().map(|(_, number)| number).collect()
    }
}
