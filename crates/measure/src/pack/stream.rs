//! The columns of a block, written or read by the same code.
//!
//! What goes over a record states each number it comes to. Writing, the number goes into its column and comes back;
//! reading, what was stated is ignored and the column's number comes back. So there is one description of the format,
//! and the predictions on both sides cannot drift apart.

use super::columns::{Column, ColumnReader};
use super::number::{self, Distance};
use crate::frame::Damage;

/// What a column holds, for one number of a record each.
#[derive(Clone, Copy)]
pub(super) enum Whole {
    Second,
    Metric,
    Tags,
    Form,
    Count,
    Passes,
    Time,
    Sequence,
    Zero,
    Negative,
    First,
    Gap,
    Repeat,
    LimitCount,
    Below,
    Equal,
    Above,
}

/// What a pair of columns holds: how numbers are written, and their distance from what was predicted.
#[derive(Clone, Copy)]
pub(super) enum Real {
    Sum,
    Low,
    High,
    Last,
    Total,
    LowestRaw,
    NextRaw,
    Limit,
    Nearest,
}

const WHOLES: usize = Whole::Above as usize + 1;
const REALS: usize = Real::Nearest as usize + 1;
const COLUMNS: usize = WHOLES + 2 * REALS;

/// Both directions; see the file's header.
pub(super) trait Stream {
    fn natural(&mut self, column: Whole, value: u64) -> Result<u64, Damage>;
    fn integer(&mut self, column: Whole, value: i64) -> Result<i64, Damage>;
    fn real(&mut self, column: Real, value: f64, predicted: f64, at: Distance) -> Result<f64, Damage>;
}

pub(super) struct Writing(Vec<Column>);

impl Writing {
    pub(super) fn new() -> Self {
        Self((0..COLUMNS).map(|_| Column::default()).collect())
    }

    pub(super) fn finish(self) -> std::io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
        self.0.into_iter().map(Column::finish).collect()
    }
}

impl Stream for Writing {
    fn natural(&mut self, column: Whole, value: u64) -> Result<u64, Damage> {
        self.0[column as usize].push(value);
        Ok(value)
    }

    fn integer(&mut self, column: Whole, value: i64) -> Result<i64, Damage> {
        self.0[column as usize].push_signed(value);
        Ok(value)
    }

    fn real(&mut self, column: Real, value: f64, predicted: f64, at: Distance) -> Result<f64, Damage> {
        let [form, part] = pair(&mut self.0, column);
        number::push(form, part, value, predicted, at);
        Ok(value)
    }
}

pub(super) struct Reading(Vec<ColumnReader>);

impl Reading {
    /// The columns of a block, which have at most so many numbers together.
    pub(super) fn new(columns: Vec<(Vec<u8>, Vec<u8>)>, mut most: u64) -> Result<Self, Damage> {
        if columns.len() != COLUMNS {
            return Err("a block has other columns than it should");
        }
        let readers = columns.into_iter().map(|(tokens, bits)| -> Result<ColumnReader, Damage> {
            let reader = ColumnReader::new(&tokens, bits, most)?;
            most -= reader.len();
            Ok(reader)
        });
        Ok(Self(readers.collect::<Result<_, _>>()?))
    }
}

impl Stream for Reading {
    fn natural(&mut self, column: Whole, _: u64) -> Result<u64, Damage> {
        self.0[column as usize].next()
    }

    fn integer(&mut self, column: Whole, _: i64) -> Result<i64, Damage> {
        self.0[column as usize].next_signed()
    }

    fn real(&mut self, column: Real, _: f64, predicted: f64, at: Distance) -> Result<f64, Damage> {
        let [form, part] = pair(&mut self.0, column);
        number::next(form, part, predicted, at)
    }
}

fn pair<C>(columns: &mut [C], column: Real) -> [&mut C; 2] {
    let first = WHOLES + 2 * column as usize;
    let [form, part] = &mut columns[first..first + 2] else { unreachable!("two columns for each") };
    [form, part]
}
