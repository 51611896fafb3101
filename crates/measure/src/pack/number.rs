//! Floating-point numbers as the integers most of them come from.
//!
//! A latency is a whole number of nanoseconds, divided on its way to milliseconds, and a size is a whole number. The
//! integer is what is stored, as the distance from a prediction, and how many representable numbers the division was
//! off. Whatever is no such number is stored with all its bits: nothing is ever rounded.

use super::columns::{Column, ColumnReader, fold, unfold};
use crate::frame::Damage;

/// Nanoseconds in a millisecond.
const GRID: f64 = 1e6;
/// Integers up to here are exact in floating point, with room for differences.
const LARGEST: f64 = (1u64 << 51) as f64;
/// A sum of many is off by a few; what is off by more is no whole number of nanoseconds.
const FARTHEST: u64 = 1 << 12;

const ALL_BITS: u64 = 0;
const INFINITE: u64 = 1;
const NEGATIVE_INFINITE: u64 = 2;
const WHOLE: u64 = 3;
const ON_GRID: u64 = 4;

/// Where a number's integer part goes, and what is known of its distance from the prediction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Distance {
    /// It may lie on either side.
    Either,
    /// Never below it.
    Above,
}

/// Writes a number: its form in one column, the distance from what was predicted in another.
pub(super) fn push(form: &mut Column, part: &mut Column, value: f64, predicted: f64, distance: Distance) {
    let mut put = |whole: i64, predicted: i64| match distance {
        Distance::Either => part.push_signed(whole - predicted),
        Distance::Above => part.push((whole - predicted) as u64),
    };
    let whole = value as i64;
    if value.abs() <= LARGEST && (whole as f64).to_bits() == value.to_bits() {
        form.push(WHOLE);
        put(whole, rounded(predicted));
        return;
    }
    let steps = rounded(value * GRID);
    let off = (value.to_bits() as i64).wrapping_sub((steps as f64 / GRID).to_bits() as i64);
    if (value * GRID).abs() < LARGEST && off.unsigned_abs() < FARTHEST {
        form.push(ON_GRID + fold(off));
        put(steps, rounded(predicted * GRID));
    } else if value == f64::INFINITY {
        form.push(INFINITE);
    } else if value == f64::NEG_INFINITY {
        form.push(NEGATIVE_INFINITE);
    } else {
        form.push(ALL_BITS);
        part.push(value.to_bits());
    }
}

/// Reads what [`push`] wrote for the same prediction.
pub(super) fn next(
    form: &mut ColumnReader,
    part: &mut ColumnReader,
    predicted: f64,
    distance: Distance,
) -> Result<f64, Damage> {
    let mut take = |predicted: i64| -> Result<i64, Damage> {
        let apart = match distance {
            Distance::Either => part.next_signed()?,
            Distance::Above => part.next()? as i64,
        };
        Ok(predicted.wrapping_add(apart))
    };
    match form.next()? {
        ALL_BITS => Ok(f64::from_bits(part.next()?)),
        INFINITE => Ok(f64::INFINITY),
        NEGATIVE_INFINITE => Ok(f64::NEG_INFINITY),
        WHOLE => Ok(take(rounded(predicted))? as f64),
        on_grid => {
            let off = unfold(on_grid - ON_GRID);
            let steps = take(rounded(predicted * GRID))?;
            Ok(f64::from_bits(((steps as f64 / GRID).to_bits() as i64).wrapping_add(off) as u64))
        }
    }
}

/// The nearest integer in reach: the same on both sides, whatever was predicted.
fn rounded(value: f64) -> i64 {
    value.clamp(-LARGEST, LARGEST).round() as i64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(value: f64, predicted: f64, distance: Distance) {
        let (mut form, mut part) = (Column::default(), Column::default());
        push(&mut form, &mut part, value, predicted, distance);
        let reader = |column: Column| {
            let (tokens, bits) = column.finish().unwrap();
            ColumnReader::new(&tokens, bits, 1 << 20).unwrap()
        };
        let read = next(&mut reader(form), &mut reader(part), predicted, distance).unwrap();
        assert_eq!(read.to_bits(), value.to_bits(), "{value} from {predicted}");
    }

    #[test]
    fn numbers_of_every_kind_come_back() {
        let numbers = [
            0.0,
            -0.0,
            1.0,
            -17.0,
            0.1,
            12.345_678,
            1e-9,
            5e-324,
            1e15,
            1e16,
            2f64.powi(51),
            f64::MAX,
            f64::MIN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
        ];
        for value in numbers {
            for predicted in numbers {
                check(value, predicted, Distance::Either);
                if predicted <= value {
                    check(value, predicted, Distance::Above);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn any_number_comes_back(bits: u64, predicted: u64) {
            check(f64::from_bits(bits), f64::from_bits(predicted), Distance::Either);
        }

        #[test]
        fn durations_come_back(ns in 0..10_000_000_000_000u64, other in 0..10_000_000_000_000u64) {
            let seconds = std::time::Duration::from_nanos(ns).as_secs_f64();
            check(seconds * 1000.0, other as f64 / 1e6, Distance::Either);
            check(ns.max(other) as f64 / 1e6, ns.min(other) as f64 / 1e6, Distance::Above);
        }
    }
}
