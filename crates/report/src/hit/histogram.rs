//! A distribution of latencies drawn with blocks.
//!
//! Latencies span decades, and linear steps would put everything but the slowest request into one row. The steps are
//! round numbers that grow by about the same factor, as fine as the rows allow: the shape of the bulk is seen, and so
//! is the tail.

use loadline_measure::Trend;
use loadline_units as units;

use crate::text::{Line, Role};

/// Round numbers within a decade, the finest steps first.
const STEPS: [&[f64]; 5] = [
    &[
        1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0, 2.2, 2.5, 2.8, 3.2, 3.6, 4.0, 4.5, 5.0, 5.6, 6.4, 7.2,
        8.0, 9.0,
    ],
    &[1.0, 1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 4.0, 5.0, 6.0, 7.0, 8.5],
    &[1.0, 1.5, 2.0, 3.0, 5.0, 7.0],
    &[1.0, 2.0, 5.0],
    &[1.0],
];
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const MAX_BAR: usize = 60;

/// One row: everything up to a bound, and above the bound before.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Row {
    up_to_ms: f64,
    count: u64,
}

/// The histogram of latencies in milliseconds, in at most `rows` lines of at most `width` columns; no lines without
/// values.
pub fn latency_histogram(trend: &Trend, width: usize, rows: usize) -> Vec<Line> {
    let rows = counted(trend, rows.max(2));
    let most = rows.iter().map(|row| row.count).max().unwrap_or(0);
    let total: u64 = rows.iter().map(|row| row.count).sum();
    let labels: Vec<String> = rows.iter().map(|row| format!("≤ {}", units::time(row.up_to_ms))).collect();
    let label_width = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let count_width = most.to_string().len();
    // Indent, gaps, and a share such as `100.00%`.
    let fixed = 2 + label_width + 2 + 2 + count_width + 2 + 7;
    let bar_width = width.saturating_sub(fixed).min(MAX_BAR);
    let line = |(row, label): (&Row, &String)| {
        let mut line = Line::indented(2 + label_width - label.chars().count()).with(Role::Dim, label);
        line.push(Role::Text, "  ");
        line.push(Role::Active, &bar(row.count, most, bar_width));
        line.pad_to(fixed - 2 - count_width - 2 - 7 + bar_width);
        let share = units::percent(row.count as f64 / total as f64);
        line.push(Role::Text, &format!("  {:>count_width$}", row.count));
        line.push(Role::Dim, &format!("  {share:>7}"));
        line.truncated(width)
    };
    rows.iter().zip(&labels).map(line).collect()
}

/// A value above nothing is never drawn as nothing.
fn bar(count: u64, most: u64, width: usize) -> String {
    if count == 0 || width == 0 {
        return String::new();
    }
    let eighths = (count as f64 / most as f64 * width as f64 * 8.0).round().max(1.0) as usize;
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

/// The rows, from the lowest value to the highest, without gaps.
fn counted(trend: &Trend, most: usize) -> Vec<Row> {
    let (Some(min), Some(max)) = (trend.min(), trend.max()) else { return Vec::new() };
    // Values below a nanosecond are measured by no clock.
    let (min, max) = (min.max(1e-6), max.max(1e-6));
    let fitting = STEPS.iter().map(|steps| bounds(steps, min, max)).find(|bounds| bounds.len() <= most);
    // Of more decades than rows only the highest are shown apart.
    let bounds = fitting.unwrap_or_else(|| {
        let all = bounds(&[1.0], min, max);
        all[all.len() - most..].to_vec()
    });
    let mut rows: Vec<Row> = bounds.into_iter().map(|up_to_ms| Row { up_to_ms, count: 0 }).collect();
    for (value, count) in trend.histogram().values() {
        // What stands for a bucket may lie a little above the highest value.
        let at = rows.partition_point(|row| row.up_to_ms < value).min(rows.len() - 1);
        rows[at].count += count;
    }
    rows
}

/// Round numbers from the first that is not below `min` to the first that is not below `max`.
fn bounds(steps: &[f64], min: f64, max: f64) -> Vec<f64> {
    let mut bounds = Vec::new();
    let mut decade = min.log10().floor() as i32;
    loop {
        for step in steps {
            // A power of ten of a whole number is exact where multiplying fractions is not.
            let bound = (step * 10.0) * 10f64.powi(decade) / 10.0;
            if bound >= min {
                bounds.push(bound);
            }
            if bound >= max {
                return bounds;
            }
        }
        decade += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn steps_are_as_fine_as_the_rows_allow() {
        let bounds = |values: &[f64], rows| -> Vec<(f64, u64)> {
            counted(&Trend::of(values, &[]), rows).iter().map(|row| (row.up_to_ms, row.count)).collect()
        };
        assert_eq!(bounds(&[], 10), []);
        assert_eq!(bounds(&[3.0], 10), [(3.2, 1)]);
        assert_eq!(bounds(&[1.0, 1.9, 2.0, 4.5], 4), [(1.0, 1), (2.0, 2), (5.0, 1)]);
        let wide = bounds(&[0.001, 1.0, 1000.0], 3);
        assert_eq!(wide.iter().map(|row| row.1).sum::<u64>(), 3);
    }

    proptest! {
        #[test]
        fn every_value_is_in_a_row_and_no_line_is_too_wide(
            values in prop::collection::vec(0.0..100_000.0, 1..3000),
            rows in 2_usize..20,
            width in 20_usize..140,
        ) {
            let trend = Trend::of(&values, &[]);
            let counted = counted(&trend, rows);
            prop_assert!(counted.len() <= rows);
            prop_assert_eq!(counted.iter().map(|row| row.count).sum::<u64>(), values.len() as u64);
            for line in latency_histogram(&trend, width, rows) {
                prop_assert!(line.width() <= width);
            }
        }
    }
}
