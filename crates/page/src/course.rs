//! One pass over a run's seconds, which gives every row its course.

use std::collections::{BTreeMap, HashMap};

use loadline_measure::{Run, Series, Sink, Window};

use crate::figures::at_step;
use crate::steps::Steps;

/// A row to be drawn: which series, and which columns.
pub(crate) struct Wanted {
    pub(crate) series: Vec<Series>,
    pub(crate) columns: &'static [&'static str],
}

/// The course of a row: a number for each step, by column.
pub(crate) type Course = BTreeMap<&'static str, Vec<Option<f64>>>;

/// What one pass finds.
pub(crate) struct Courses {
    /// In the order in which they were wanted.
    pub(crate) rows: Vec<Course>,
    /// The values of one of them in each step.
    pub(crate) kept: Vec<(u64, Sink)>,
}

/// The courses of rows; the values of the row at `keep` are kept.
pub(crate) fn courses(run: &Run, steps: Steps, wanted: &[Wanted], keep: Option<usize>) -> Courses {
    let mut of_series: HashMap<Series, Vec<usize>> = HashMap::new();
    for (row, one) in wanted.iter().enumerate() {
        for series in &one.series {
            of_series.entry(*series).or_default().push(row);
        }
    }
    let empty = || vec![None; usize::try_from(steps.count).unwrap_or_default()];
    let mut found = Courses {
        rows: wanted
            .iter()
            .map(|one| one.columns.iter().map(|column| (*column, empty())).collect())
            .collect(),
        kept: Vec::new(),
    };
    let mut open: Option<(u64, Window)> = None;
    let mut close = |step: u64, window: &Window| {
        let mut sums: BTreeMap<usize, Sink> = BTreeMap::new();
        for (series, sink) in window.iter() {
            for row in of_series.get(&series).into_iter().flatten() {
                sums.entry(*row).and_modify(|sum| sum.merge(sink)).or_insert_with(|| sink.clone());
            }
        }
        // The last step may be shorter than the others.
        let end = ((step + 1) * steps.seconds) as f64;
        let seconds = (run.duration.as_secs_f64().min(end) - (step * steps.seconds) as f64).max(0.001);
        for (row, sink) in sums {
            for column in wanted[row].columns {
                let place = found.rows[row].get_mut(column).and_then(|all| all.get_mut(step as usize));
                if let Some(place) = place {
                    *place = at_step(&sink, column, seconds);
                }
            }
            if keep == Some(row) {
                found.kept.push((step, sink));
            }
        }
    };
    for (second, window) in run.seconds() {
        let step = steps.at(second);
        match &mut open {
            Some((known, sum)) if *known == step => sum.merge(window),
            _ => {
                if let Some((known, sum)) = open.take() {
                    close(known, &sum);
                }
                open = Some((step, window));
            }
        }
    }
    if let Some((step, window)) = open {
        close(step, &window);
    }
    found
}
