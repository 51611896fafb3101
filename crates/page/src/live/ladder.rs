//! Courses that stay short however long a run goes on, and exact.
//!
//! A chart shows so many steps. When there are more seconds, a step has to become longer, and what was two steps has to
//! become one: percentiles of both together, which cannot be told from the percentiles of each. So the courses are kept
//! at several lengths of a step at once. A step that is over is added, with all its values, to the step of twice its
//! length around it, and so on; when one course has too many steps, the next is already there. That costs about one
//! more merge for each row and second, and less than as much memory again.

use std::collections::BTreeMap;

use loadline_measure::{Histogram, Sink, Trend};

use crate::course::Course;
use crate::figures::at_step;

use super::sizes::level;

/// The columns of a row.
pub(crate) type Columns = &'static [&'static str];

/// Courses of rows, at steps of one second, two, four, and so on.
pub(crate) struct Ladder {
    /// The steps that are shown come first.
    rungs: Vec<Rung>,
    most: u64,
    rows: Vec<Columns>,
    /// The row whose values are counted by size.
    spread: Option<usize>,
    newest: u64,
}

/// Courses at one length of a step.
struct Rung {
    /// In one step.
    seconds: u64,
    /// The step that goes on, and what came in it.
    open: Option<(u64, BTreeMap<usize, Sink>)>,
    /// Row, column, step; not a number where there is no value. A row may end early.
    courses: Vec<Vec<Vec<f64>>>,
    /// Step, level, count.
    cells: Vec<(u64, u64, u64)>,
}

impl Rung {
    fn new(seconds: u64) -> Self {
        Self { seconds, open: None, courses: Vec::new(), cells: Vec::new() }
    }
}

impl Ladder {
    /// Courses of at most so many steps.
    pub(crate) fn new(most: u64) -> Self {
        Self { rungs: vec![Rung::new(1)], most: most.max(1), rows: Vec::new(), spread: None, newest: 0 }
    }

    /// Another row; its place.
    pub(crate) fn add_row(&mut self, columns: Columns) -> usize {
        self.rows.push(columns);
        self.rows.len() - 1
    }

    /// From now on the values of this row are counted by size as well.
    pub(crate) fn count_sizes_of(&mut self, row: usize) {
        self.spread = Some(row);
    }

    /// The columns of a row.
    pub(crate) fn columns(&self, row: usize) -> Columns {
        self.rows[row]
    }

    /// Numbers in one step of all rows.
    pub(crate) fn width(&self) -> usize {
        self.rows.iter().map(|columns| columns.len()).sum()
    }

    /// Seconds in a step.
    pub(crate) fn step_s(&self) -> u64 {
        self.rungs[0].seconds
    }

    /// Steps so far.
    pub(crate) fn steps(&self) -> u64 {
        self.newest / self.step_s() + 1
    }

    /// Adds what was recorded in a second. What comes late is counted in the step that goes on. Whether steps are
    /// longer from here on.
    pub(crate) fn take<'s>(
        &mut self,
        second: u64,
        values: impl IntoIterator<Item = (usize, &'s Sink)>,
    ) -> bool {
        self.newest = self.newest.max(second);
        let before = self.step_s();
        while self.newest / self.step_s() >= self.most {
            self.close(0);
            if self.rungs.len() == 1 {
                self.rungs.push(Rung::new(self.step_s() * 2));
            }
            self.rungs.remove(0);
        }
        let values = values.into_iter().map(|(row, sink)| (row, sink.clone()));
        self.add(0, self.newest / self.step_s(), values);
        self.step_s() != before
    }

    fn add(&mut self, rung: usize, step: u64, values: impl IntoIterator<Item = (usize, Sink)>) {
        if self.rungs[rung].open.as_ref().is_some_and(|(open, _)| *open != step) {
            self.close(rung);
        }
        let (_, sums) = self.rungs[rung].open.get_or_insert_with(|| (step, BTreeMap::new()));
        for (row, sink) in values {
            match sums.get_mut(&row) {
                Some(sum) => sum.merge(&sink),
                None => {
                    sums.insert(row, sink);
                }
            }
        }
    }

    /// The step that goes on is over: into the courses, and up.
    fn close(&mut self, rung: usize) {
        let Rung { seconds, open, courses, cells } = &mut self.rungs[rung];
        let Some((step, sums)) = open.take() else { return };
        let (at, seconds) = (step as usize, *seconds);
        for (row, sink) in &sums {
            let columns = self.rows[*row];
            if courses.len() <= *row {
                courses.resize_with(row + 1, Vec::new);
            }
            let course = &mut courses[*row];
            course.resize_with(columns.len(), Vec::new);
            for (column, numbers) in columns.iter().zip(course) {
                numbers.resize(at, f64::NAN);
                numbers.push(at_step(sink, column, seconds as f64).unwrap_or(f64::NAN));
            }
        }
        if let Some(sink) = self.spread.and_then(|row| sums.get(&row)) {
            cells.extend(by_size(sink).map(|(level, count)| (step, level, count)));
        }
        if self.rungs.len() == rung + 1 {
            self.rungs.push(Rung::new(seconds * 2));
        }
        self.add(rung + 1, step / 2, sums);
    }

    /// The course of a row, the step that goes on included.
    pub(crate) fn course(&self, row: usize) -> Course {
        let known = self.rungs[0].courses.get(row);
        let open = self.open(row);
        let columns = self.rows[row].iter().enumerate().map(|(at, column)| {
            let numbers = known.and_then(|columns| columns.get(at));
            let finite = |value: &f64| value.is_finite().then_some(*value);
            let mut all: Vec<Option<f64>> = numbers.into_iter().flatten().map(finite).collect();
            all.resize(self.steps() as usize, None);
            if let (Some(last), Some(open)) = (all.last_mut(), &open) {
                *last = open[at];
            }
            (*column, all)
        });
        columns.collect()
    }

    /// The numbers of a row in the step that goes on, if it has any there.
    pub(crate) fn open(&self, row: usize) -> Option<Vec<Option<f64>>> {
        let (step, sums) = self.rungs[0].open.as_ref()?;
        let sink = sums.get(&row)?;
        // It may have begun later than now, and then there is a second of it at least.
        let seconds = (self.newest + 1 - step * self.step_s()) as f64;
        Some(self.rows[row].iter().map(|column| at_step(sink, column, seconds)).collect())
    }

    /// Counts by size in the step that goes on.
    pub(crate) fn open_sizes(&self) -> Option<(u64, Vec<(u64, u64)>)> {
        let (step, sums) = self.rungs[0].open.as_ref()?;
        Some((*step, by_size(sums.get(&self.spread?)?).collect()))
    }

    /// Counts by step and size, the step that goes on included.
    pub(crate) fn cells(&self) -> Vec<(u64, u64, u64)> {
        let open = self.open_sizes();
        let open = open
            .iter()
            .flat_map(|(step, levels)| levels.iter().map(move |(level, count)| (*step, *level, *count)));
        self.rungs[0].cells.iter().copied().chain(open).collect()
    }
}

fn by_size(sink: &Sink) -> impl Iterator<Item = (u64, u64)> {
    let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
    let histogram = sink.as_trend().map(Trend::histogram);
    for (value, count) in histogram.iter().flat_map(Histogram::values) {
        *counts.entry(level(value)).or_default() += count;
    }
    counts.into_iter()
}

#[cfg(test)]
mod tests {
    use loadline_measure::Trend;
    use proptest::prelude::*;

    use super::*;

    const COLUMNS: Columns = &["n", "p50", "max"];

    fn trend(values: &[f64]) -> Sink {
        Sink::Trend(Trend::of(values, &[]))
    }

    proptest! {
        /// However long it goes on, each step has what all its seconds together come to, and nothing is lost.
        #[test]
        fn steps_are_what_their_seconds_come_to(
            seconds in proptest::collection::vec(proptest::collection::vec(0.1_f64..1_000.0, 0..4), 1..200),
            most in 1_u64..20,
        ) {
            let mut ladder = Ladder::new(most);
            let row = ladder.add_row(COLUMNS);
            ladder.count_sizes_of(row);
            for (second, values) in seconds.iter().enumerate() {
                let sink = trend(values);
                ladder.take(second as u64, (!values.is_empty()).then_some((row, &sink)));
            }
            let step_s = ladder.step_s() as usize;
            prop_assert!(ladder.steps() <= most && step_s.is_power_of_two());
            prop_assert_eq!(ladder.steps() as usize, seconds.len().div_ceil(step_s));
            let course = ladder.course(row);
            for (step, part) in seconds.chunks(step_s).enumerate() {
                let values: Vec<f64> = part.iter().flatten().copied().collect();
                for column in COLUMNS {
                    let expected =
                        if values.is_empty() { None } else { at_step(&trend(&values), column, step_s as f64) };
                    prop_assert_eq!(course[column][step], expected);
                }
            }
            let counted: u64 = ladder.cells().iter().map(|(_, _, count)| count).sum();
            prop_assert_eq!(counted, seconds.iter().flatten().count() as u64);
        }
    }

    #[test]
    fn what_comes_late_is_not_lost() {
        let mut ladder = Ladder::new(10);
        let row = ladder.add_row(COLUMNS);
        let one = trend(&[1.0]);
        for second in [3, 3, 1] {
            ladder.take(second, [(row, &one)]);
        }
        assert_eq!(ladder.course(row)["n"], [None, None, None, Some(3.0)]);
    }
}
