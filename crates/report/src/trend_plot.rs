//! A figure over many runs as a small plot: each run, its level, the band of noise around it, and marks below.

use loadline_verdict::Level;

use crate::history::moment;
use crate::text::{Line, Role};

/// Rows of the plot.
const ROWS: usize = 9;
/// A single run has so many columns at most.
const STRETCH: usize = 3;
/// An axis begins at zero when the lowest value is below this share of the highest.
const FROM_ZERO: f64 = 0.4;
/// Columns of a date.
const DATE: usize = "2026-11-28".len();

/// What is drawn; all of one length, in the order of time.
pub(crate) struct Plot<'a> {
    pub(crate) values: &'a [f64],
    pub(crate) levels: &'a [Level],
    pub(crate) started_unix_ms: &'a [i64],
    /// Runs far off their level, which do not decide how high the plot is.
    pub(crate) outliers: &'a [usize],
    /// Signs below runs.
    pub(crate) marks: &'a [(usize, char, Role)],
}

/// The plot for a terminal of `width` columns, the oldest run first. More runs than columns share columns, which then
/// show their median. `figure` writes a value with its unit.
pub(crate) fn plot_lines(plot: &Plot<'_>, figure: &dyn Fn(f64) -> String, width: usize) -> Vec<Line> {
    let count = plot.values.len();
    let Some((bottom, top)) = range(plot) else { return Vec::new() };
    let labels = [figure(top), figure(f64::midpoint(top, bottom)), figure(bottom)];
    let margin = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let room = width.saturating_sub(margin + 5).max(8);
    let (columns, stretch) = if count > room { (room, 1) } else { (count, (room / count).clamp(1, STRETCH)) };
    let column_of = |run: usize| run * columns / count * stretch;
    let across = columns * stretch;
    let row_of = |value: f64| {
        let share = if top > bottom { (value - bottom) / (top - bottom) } else { 0.5 };
        (share * (ROWS - 1) as f64).round().clamp(-1.0, ROWS as f64)
    };
    let mut grid = vec![vec![(' ', Role::Text); across]; ROWS];
    for column in 0..columns {
        let runs =
            column * count / columns..((column + 1) * count / columns).max(column * count / columns + 1);
        let level = plot.levels[runs.start + (runs.len() - 1) / 2];
        for at in column * stretch..(column + 1) * stretch {
            draw_level(&mut grid, at, level, &row_of);
        }
        let mut values: Vec<f64> =
            plot.values[runs.clone()].iter().copied().filter(|value| value.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        let Some(value) = values.get(values.len() / 2) else { continue };
        let far = runs.clone().all(|run| plot.outliers.contains(&run));
        let row = row_of(*value);
        let (sign, role) = match row {
            row if row < 0.0 => ('▼', Role::Warning),
            row if row > (ROWS - 1) as f64 => ('▲', Role::Warning),
            _ if far => ('○', Role::Warning),
            _ => ('●', Role::Active),
        };
        grid[row.clamp(0.0, (ROWS - 1) as f64) as usize][column * stretch] = (sign, role);
    }
    let mut lines = Vec::new();
    for (row, cells) in grid.iter().enumerate().rev() {
        let label = match row {
            0 => &labels[2],
            row if row == ROWS - 1 => &labels[0],
            row if row == ROWS / 2 => &labels[1],
            _ => "",
        };
        let mut line = Line::indented(2).with(Role::Dim, &format!("{label:>margin$} ┤"));
        for (sign, role) in cells {
            line.push(*role, &sign.to_string());
        }
        lines.push(line);
    }
    lines.push(Line::indented(2).with(Role::Dim, &format!("{:margin$} └{}", "", "─".repeat(across))));
    if !plot.marks.is_empty() {
        let mut below = vec![(' ', Role::Text); across];
        for (run, sign, role) in plot.marks {
            below[column_of(*run)] = (*sign, *role);
        }
        let mut line = Line::indented(2 + margin + 2);
        for (sign, role) in &below {
            line.push(*role, &sign.to_string());
        }
        lines.push(line);
    }
    lines.push(Line::indented(2 + margin + 2).with(Role::Dim, &dates(plot.started_unix_ms, across)));
    if bottom != 0.0 {
        let words = format!("the axis begins at {}, not at 0", labels[2]);
        lines.push(Line::indented(2).with(Role::Dim, &words).truncated(width));
    }
    lines
}

/// From where to where the axis goes: all runs but outliers, and all levels, with a little more; from zero where that
/// is near. Nothing without a value.
fn range(plot: &Plot<'_>) -> Option<(f64, f64)> {
    let near =
        plot.values.iter().enumerate().filter(|(run, _)| !plot.outliers.contains(run)).map(|(_, v)| *v);
    let of_levels = plot.levels.iter().flat_map(|level| [level.low, level.high]);
    let all = near.chain(of_levels).filter(|value| value.is_finite());
    let (low, high) =
        all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return None;
    }
    let more = (high - low) * 0.05;
    let near_zero = low <= FROM_ZERO * high || plot.values.len() == 1;
    if low >= 0.0 && near_zero {
        // Of nothing but zeros, too.
        return Some((0.0, if high > 0.0 { high + more } else { 1.0 }));
    }
    Some(if more > 0.0 {
        (low - more, high + more)
    } else {
        (low - low.abs() * 0.1, high + high.abs() * 0.1)
    })
}

fn draw_level(grid: &mut [Vec<(char, Role)>], at: usize, level: Level, row_of: &dyn Fn(f64) -> f64) {
    if !level.level.is_finite() {
        return;
    }
    let inside = |row: f64| row.clamp(0.0, (ROWS - 1) as f64) as usize;
    for row in &mut grid[inside(row_of(level.low))..=inside(row_of(level.high))] {
        row[at] = ('░', Role::Dim);
    }
    grid[inside(row_of(level.level))][at] = ('─', Role::Dim);
}

/// When the first run was, and the last; between them, where there is room, the one in the middle.
fn dates(started_unix_ms: &[i64], across: usize) -> String {
    let (Some(first), Some(last)) = (started_unix_ms.first(), started_unix_ms.last()) else {
        return String::new();
    };
    let date = |unix_ms: i64| moment(unix_ms).chars().take(DATE).collect::<String>();
    let (one, other) = (moment(*first), moment(*last));
    let (first, last) = (date(*first), date(*last));
    if first == last {
        // Of one day, the times of day.
        let time = other.get(DATE..).unwrap_or_default().trim();
        return if one == other { one } else { format!("{one} to {time}") };
    }
    if across < 2 * DATE + 2 {
        return format!("{first} to {last}");
    }
    let gap = across - 2 * DATE;
    if gap < DATE + 6 {
        return format!("{first}{}{last}", " ".repeat(gap));
    }
    let middle = date(started_unix_ms[started_unix_ms.len() / 2]);
    let left = (gap - DATE) / 2;
    format!("{first}{}{middle}{}{last}", " ".repeat(left), " ".repeat(gap - DATE - left))
}

#[cfg(test)]
mod tests {
    use loadline_measure::FigureScale;
    use loadline_verdict::course;

    use super::*;
    use crate::text::{Theme, render};

    const DAY_MS: i64 = 86_400_000;

    fn text(values: &[f64], marks: &[(usize, char, Role)], width: usize) -> String {
        let started: Vec<i64> =
            (0..values.len()).map(|run| 1_785_542_400_000 + run as i64 * DAY_MS).collect();
        let runs: Vec<(i64, f64)> = started.iter().copied().zip(values.iter().copied()).collect();
        let course = course(&runs, &FigureScale::LATENCY);
        let plot = Plot {
            values,
            levels: &course.levels,
            started_unix_ms: &started,
            outliers: &course.outliers,
            marks,
        };
        render(&plot_lines(&plot, &|value| format!("{value:.1}ms"), width), &Theme::plain())
    }

    fn stepped(count: usize) -> Vec<f64> {
        (0..count).map(|n| if n < count / 2 { 10.0 } else { 14.0 } + (n % 3) as f64 * 0.3).collect()
    }

    #[test]
    fn a_step_is_seen_with_its_levels_and_an_outlier_squashes_nothing() {
        let mut values = stepped(60);
        values[44] = 900.0;
        insta::assert_snapshot!("trend", text(&values, &[(30, '^', Role::Warning)], 80));
    }

    #[test]
    fn every_width_holds() {
        for count in [1, 2, 9, 40, 1000] {
            for width in [20, 60, 80, 120] {
                let text = text(&stepped(count), &[(count - 1, '^', Role::Warning)], width);
                assert!(text.lines().all(|line| line.chars().count() <= width.max(38)), "{text}");
                assert!(text.contains('●') && text.contains("2026-08-01"), "{text}");
            }
        }
        assert!(
            plot_lines(
                &Plot { values: &[], levels: &[], started_unix_ms: &[], outliers: &[], marks: &[] },
                &|_| String::new(),
                60
            )
            .is_empty()
        );
    }

    #[test]
    fn an_axis_begins_at_zero_or_says_where() {
        assert!(text(&stepped(60), &[], 80).contains("not at 0"));
        let growing: Vec<f64> = (1..60).map(f64::from).collect();
        let text = text(&growing, &[], 80);
        assert!(text.contains("0.0ms ┤") && !text.contains("not at 0"), "{text}");
    }
}
