//! Latency against load, drawn with characters: what was carried, what broke, and the line between.

use loadline_units as units;

use super::amount::amount;

/// Rows of the picture, without its axis.
const ROWS: usize = 10;
/// Columns of the latencies beside it.
const LABELS: usize = 9;

/// A step in the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Its load.
    pub load: f64,
    /// Its latency, in milliseconds.
    pub latency_ms: f64,
    /// Whether it was carried.
    pub carried: bool,
}

/// The picture in lines of at most this many columns, none where there is too little to draw. Latencies are apart by
/// ratios, because a queue's grow by them; loads by differences. `line` is the load that is carried.
pub fn chart(points: &[Point], line: f64, width: usize) -> Vec<String> {
    let points: Vec<&Point> =
        points.iter().filter(|point| point.latency_ms > 0.0 && point.load > 0.0).collect();
    let columns = width.saturating_sub(LABELS + 2);
    let fold = |of: &dyn Fn(&Point) -> f64, pick: fn(f64, f64) -> f64, start: f64| {
        points.iter().map(|point| of(point)).fold(start, pick)
    };
    let (lowest, highest) =
        (fold(&|p| p.latency_ms, f64::min, f64::MAX), fold(&|p| p.latency_ms, f64::max, 0.0));
    let most = fold(&|p| p.load, f64::max, 0.0).max(line * 1.1);
    if points.len() < 2 || columns < 20 || most <= 0.0 {
        return Vec::new();
    }
    let (low, high) = (lowest.ln(), (highest * 1.05).max(lowest * 1.5).ln());
    let column =
        |load: f64| ((load / most) * (columns - 1) as f64).round().clamp(0.0, (columns - 1) as f64) as usize;
    let row = |latency: f64| {
        let height = (latency.ln() - low) / (high - low) * (ROWS - 1) as f64;
        ROWS - 1 - (height.round().clamp(0.0, (ROWS - 1) as f64) as usize)
    };
    let mut picture = vec![vec![' '; columns]; ROWS];
    if line > 0.0 {
        for cells in &mut picture {
            cells[column(line)] = '│';
        }
    }
    for point in points {
        picture[row(point.latency_ms)][column(point.load)] = if point.carried { '●' } else { '×' };
    }
    let label = |row: usize| {
        let height = (ROWS - 1 - row) as f64 / (ROWS - 1) as f64;
        units::time((low + height * (high - low)).exp())
    };
    let mut lines: Vec<String> = picture
        .iter()
        .enumerate()
        .map(|(number, cells)| {
            let text = if number % 3 == 0 { label(number) } else { String::new() };
            let drawn: String = cells.iter().collect();
            format!("{text:>LABELS$} ┤{}", drawn.trim_end())
        })
        .collect();
    lines.push(format!("{:>LABELS$} └{}", "", "─".repeat(columns)));
    lines.push(axis(column(line), &amount(line), &amount(most), columns));
    lines
}

/// The loads below: nothing, the line, and the most.
fn axis(at: usize, line: &str, most: &str, columns: usize) -> String {
    let mut text = vec![' '; columns];
    let mut put = |from: usize, word: &str| {
        for (place, character) in (from..).zip(word.chars()) {
            if let Some(cell) = text.get_mut(place) {
                *cell = character;
            }
        }
    };
    put(0, "0");
    let last = columns.saturating_sub(most.chars().count());
    put(last, most);
    let from = at.saturating_sub(line.chars().count() / 2);
    if from > 1 && from + line.chars().count() < last {
        put(from, line);
    }
    let text: String = text.into_iter().collect();
    format!("{:>LABELS$}  {}", "p95", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points() -> Vec<Point> {
        [
            (50.0, 12.0, true),
            (100.0, 14.0, true),
            (200.0, 40.0, true),
            (240.0, 300.0, false),
            (400.0, 4000.0, false),
        ]
        .map(|(load, latency_ms, carried)| Point { load, latency_ms, carried })
        .to_vec()
    }

    #[test]
    fn it_fits_into_every_width_and_shows_the_line() {
        for width in [60, 80, 120] {
            let lines = chart(&points(), 210.0, width);
            assert_eq!(lines.len(), ROWS + 2);
            assert!(lines.iter().all(|line| line.chars().count() <= width), "{lines:#?}");
            assert_eq!(lines.iter().filter(|line| line.contains('│')).count(), ROWS);
            assert!(lines[ROWS + 1].contains("210") && lines[ROWS + 1].ends_with("400"), "{lines:#?}");
            let marks = |mark| lines.iter().flat_map(|line| line.chars()).filter(|one| *one == mark).count();
            assert_eq!((marks('●'), marks('×')), (3, 2));
        }
    }

    #[test]
    fn too_little_is_not_drawn() {
        assert!(chart(&points()[..1], 210.0, 80).is_empty());
        assert!(chart(&points(), 210.0, 20).is_empty());
    }
}
