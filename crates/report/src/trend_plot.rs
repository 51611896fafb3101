//! A figure over many runs, as a small plot of block characters, with the points where it changed.

use loadline_units as units;
use loadline_verdict::ChangePoint;

use crate::text::{Line, Role};

/// One run's figure.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TrendPoint {
    /// The run, for the words below.
    pub(crate) label: String,
    /// The figure.
    pub(crate) value: f64,
}

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Rows of the plot.
const ROWS: usize = 4;

/// The plot for a terminal of `width` columns, the oldest run first. More runs than columns share columns, which then
/// show their mean. `figure` writes a value with its unit.
pub(crate) fn trend_lines(
    title: &str,
    points: &[TrendPoint],
    changes: &[ChangePoint],
    figure: &dyn Fn(f64) -> String,
    width: usize,
) -> Vec<Line> {
    let mut lines = vec![Line::indented(2).with(Role::Heading, title)];
    let Some(last) = points.last() else { return lines };
    let (low, high) = points.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), point| {
        (low.min(point.value), high.max(point.value))
    });
    let (top, bottom) = (figure(high), figure(low));
    let margin = top.chars().count().max(bottom.chars().count());
    let room = width.saturating_sub(margin + 5).max(8);
    let columns = points.len().min(room);
    let column_of = |index: usize| index * columns / points.len();
    let mut sums = vec![(0.0, 0_u32); columns];
    for (index, point) in points.iter().enumerate() {
        let (sum, count) = &mut sums[column_of(index)];
        *sum += point.value;
        *count += 1;
    }
    let changed: Vec<usize> = changes.iter().map(|change| column_of(change.at)).collect();
    let steps = ROWS * BLOCKS.len();
    let height = |(sum, count): &(f64, u32)| {
        let share = if high > low { (sum / f64::from(*count) - low) / (high - low) } else { 0.5 };
        1 + (share * (steps - 1) as f64).round() as usize
    };
    for row in (0..ROWS).rev() {
        let label = match row {
            _ if row == ROWS - 1 => &top,
            0 => &bottom,
            _ => "",
        };
        let mut line = Line::indented(2).with(Role::Dim, &format!("{label:>margin$} │"));
        let mut text = String::new();
        for column in &sums {
            let filled = height(column).saturating_sub(row * BLOCKS.len()).min(BLOCKS.len());
            text.push(if filled == 0 { ' ' } else { BLOCKS[filled - 1] });
        }
        line.push(Role::Active, &text);
        lines.push(line);
    }
    if !changed.is_empty() {
        let carets: String =
            (0..columns).map(|column| if changed.contains(&column) { '^' } else { ' ' }).collect();
        let mut line = Line::indented(2).with(Role::Dim, &format!("{:margin$}  ", ""));
        line.push(Role::Warning, carets.trim_end());
        lines.push(line);
    }
    lines.push(
        Line::indented(2)
            .with(Role::Dim, "last: ")
            .with(Role::Value, &figure(last.value))
            .with(Role::Dim, &format!(", {}", last.label)),
    );
    for change in changes {
        let text = format!(
            "changed by {}, from {} to {}, with {}",
            units::percent_change(change.after / change.before - 1.0),
            figure(change.before),
            figure(change.after),
            points[change.at].label
        );
        lines.push(Line::indented(2).with(Role::Warning, "^ ").with(Role::Text, &text));
    }
    if changes.is_empty() {
        lines.push(Line::indented(2).with(Role::Dim, "no change point"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Theme, render};

    fn points(count: usize) -> Vec<TrendPoint> {
        (0..count)
            .map(|n| TrendPoint {
                label: format!("run {n}"),
                value: if n < count / 2 { 10.0 } else { 14.0 } + (n % 3) as f64,
            })
            .collect()
    }

    #[test]
    fn a_step_is_seen_and_marked() {
        let change = ChangePoint { at: 30, before: 11.0, after: 15.0, p: 1e-9 };
        let lines =
            trend_lines("search p95, 60 runs", &points(60), &[change], &|value| format!("{value:.1}ms"), 80);
        insta::assert_snapshot!("trend", render(&lines, &Theme::plain()));
    }

    #[test]
    fn many_runs_share_columns_and_few_stay_few() {
        let text =
            render(&trend_lines("x", &points(1000), &[], &|value| format!("{value}"), 60), &Theme::plain());
        assert!(text.lines().all(|line| line.chars().count() <= 60), "{text}");
        assert!(text.contains("no change point"));
        let one = trend_lines("x", &points(1), &[], &|value| format!("{value}"), 60);
        // A single run is in the middle: two full rows.
        assert_eq!(render(&one, &Theme::plain()).matches('█').count(), 2);
        assert_eq!(trend_lines("x", &[], &[], &|_| String::new(), 60).len(), 1);
    }
}
