//! A log's statements, counted while it is read.

use std::collections::HashMap;

use loadline_measure::{RAW_LIMIT, Trend};

use super::listing::{Listing, Others};
use super::pair::RowByRow;
use super::sequence::{Execution, Sequences};
use super::statement::{Percentiles, Statement};
use crate::cost::OWN_MARK;
use crate::log::{Call, CallKind};
use crate::shape::{Class, Shape, ShapeId};

/// Shapes that are told apart; executions of any more are counted together.
const SHAPES: usize = 10_000;
/// Texts whose shape is remembered, and how long such a text is at the most: programs send the same texts again and
/// again.
const TEXTS: usize = 4_096;
const LONGEST_TEXT: usize = 2_048;

/// Counts the calls of a log, but for those of our own statements, which carry a mark.
///
/// ```
/// use loadline_pg::log::LogReader;
/// use loadline_pg::slow::{LogTally, by_time};
///
/// let log = "\
/// [7] LOG:  duration: 2.0 ms  statement: select a from t where b = 1
/// [7] LOG:  duration: 4.0 ms  statement: select a from t where b = 2
/// ";
/// let mut tally = LogTally::new();
/// let mut reader = LogReader::new();
/// reader.push(log.as_bytes(), &mut |call| tally.take(&call));
/// reader.finish(&mut |call| tally.take(&call));
/// let listing = tally.listing();
/// let top = by_time(&listing, 1)[0];
/// assert_eq!(top.text, "select a from t where b = $1");
/// assert_eq!((top.calls, top.mean_ms(), top.deviation_ms), (2, Some(3.0), Some(1.0)));
/// // Nothing read, nothing listed.
/// assert!(LogTally::new().listing().statements.is_empty());
/// ```
#[derive(Debug, Default)]
pub struct LogTally {
    shapes: HashMap<ShapeId, u32>,
    texts: HashMap<String, u32>,
    rows: Vec<Row>,
    others: Others,
    own: Others,
    sequences: Sequences,
}

#[derive(Debug)]
struct Row {
    id: ShapeId,
    text: String,
    is_cut: bool,
    class: Class,
    calls: u64,
    timed: u64,
    time_ms: f64,
    /// The sum of squared distances from the mean, and the mean of the executions alone (Welford's method).
    distances: f64,
    mean_ms: f64,
    measured: u64,
    rows: f64,
    rows_known: u64,
    preparation_ms: f64,
    /// Times that are not in the trend yet.
    recent: Vec<f64>,
    trend: Trend,
}

impl LogTally {
    /// One that has counted nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts a call.
    pub fn take(&mut self, call: &Call<'_>) {
        if call.text.contains(OWN_MARK) {
            self.own.calls += u64::from(call.kind == CallKind::Run);
            self.own.time_ms += call.ms.unwrap_or_default();
            return;
        }
        let Some(statement) = self.statement(call) else {
            if call.kind == CallKind::Run {
                self.others.calls += 1;
            }
            if call.kind != CallKind::Preparation {
                self.others.time_ms += call.ms.unwrap_or_default();
            }
            return;
        };
        let row = &mut self.rows[statement as usize];
        row.take(call);
        if let Some(session) = call.session.filter(|_| call.kind == CallKind::Run) {
            let Call { ended_at_ms, ms, rows, .. } = *call;
            let class = row.class;
            self.sequences.take(Execution { session, statement, class, ended_at_ms, ms, rows });
        }
    }

    /// What was left out because it is ours.
    pub fn own(&self) -> Others {
        self.own
    }

    /// Everything that was counted.
    pub fn listing(mut self) -> Listing {
        self.sequences.finish();
        let calls = |statement: u32| self.rows[statement as usize].calls;
        let row_by_row = self
            .sequences
            .found(calls)
            .into_iter()
            .map(|found| RowByRow {
                parent: found.parent as usize,
                child: found.child as usize,
                times: found.times,
                executions: found.executions,
                range: Some(found.range),
                evidence: found.evidence,
            })
            .collect();
        let statements = self.rows.into_iter().map(Row::statement).collect();
        Listing { statements, others: self.others, seconds: None, row_by_row }
    }

    /// Which statement it is of; nothing when there are too many.
    fn statement(&mut self, call: &Call<'_>) -> Option<u32> {
        if let Some(known) = self.texts.get(call.text).filter(|_| !call.is_cut) {
            return Some(*known);
        }
        let shape = Shape::of(call.text);
        let is_cut = shape.is_cut || call.is_cut;
        let statement = match self.shapes.get(&shape.id) {
            Some(known) => *known,
            None if self.rows.len() >= SHAPES => return None,
            None => {
                let number = self.rows.len() as u32;
                self.shapes.insert(shape.id, number);
                self.rows.push(Row::new(shape, is_cut));
                number
            }
        };
        if call.text.len() <= LONGEST_TEXT && !call.is_cut {
            if self.texts.len() >= TEXTS {
                self.texts.clear();
            }
            self.texts.insert(call.text.to_owned(), statement);
        }
        Some(statement)
    }
}

impl Row {
    fn new(shape: Shape, is_cut: bool) -> Self {
        Self {
            class: Class::of(&shape.text),
            id: shape.id,
            text: shape.text,
            is_cut,
            calls: 0,
            timed: 0,
            time_ms: 0.0,
            distances: 0.0,
            mean_ms: 0.0,
            measured: 0,
            rows: 0.0,
            rows_known: 0,
            preparation_ms: 0.0,
            recent: Vec::new(),
            trend: Trend::default(),
        }
    }

    fn take(&mut self, call: &Call<'_>) {
        match call.kind {
            CallKind::Preparation => self.preparation_ms += call.ms.unwrap_or_default(),
            // A part of an execution that was counted: its time is, too, but it is none of its own.
            CallKind::Fetch => self.time_ms += call.ms.unwrap_or_default(),
            CallKind::Run => {
                self.calls += 1;
                if let Some(rows) = call.rows {
                    self.rows += rows;
                    self.rows_known += 1;
                }
                if let Some(ms) = call.ms {
                    self.timed += 1;
                    self.time_ms += ms;
                    self.measure(ms);
                }
            }
        }
    }

    fn measure(&mut self, ms: f64) {
        self.measured += 1;
        let distance = ms - self.mean_ms;
        self.mean_ms += distance / self.measured as f64;
        self.distances += distance * (ms - self.mean_ms);
        self.recent.push(ms);
        if self.recent.len() >= RAW_LIMIT {
            self.trend.merge(&Trend::of(&self.recent, &[]));
            self.recent.clear();
        }
    }

    fn statement(mut self) -> Statement {
        self.trend.merge(&Trend::of(&self.recent, &[]));
        let quantile = |q| self.trend.quantile(q).unwrap_or_default();
        let percentiles = (self.measured > 0).then(|| Percentiles {
            p50: quantile(0.5),
            p95: quantile(0.95),
            p99: quantile(0.99),
            max: self.trend.max().unwrap_or_default(),
        });
        Statement {
            id: self.id.to_string(),
            is_cut: self.is_cut,
            calls: self.calls,
            timed: self.timed,
            time_ms: self.time_ms,
            deviation_ms: (self.measured > 0).then(|| (self.distances / self.measured as f64).sqrt()),
            percentiles,
            rows_per_call: (self.rows_known > 0).then(|| self.rows / self.rows_known as f64),
            preparation_ms: self.preparation_ms,
            text: self.text,
            ..Statement::default()
        }
    }
}
